import { describe, expect, it } from 'vitest'
import { play, type Step } from './play.ts'

const rest = (count: number): Step[] => Array.from({ length: count }, () => ['rest'])

/** What random worlds found once, as short as it shrinks. */
describe('orders of events that went wrong once', () => {
  it('CT-30: a contact whose deletion was interrupted is not lost by whom the CRM then says to own it', () => {
    const world = play({}, [['createRecord'], ['cycle'], ['passOn', 0, 1], ['crash'], ['changeAccess']])
    expect(world.mailbox(0).items.size).toBe(1)
  })

  it('AP-5, AP-80: what was deleted and comes back while its item is being deleted is in the mailbox again', () => {
    const world = play({}, [['createRecord', 56], ['cycle'], ['deleteRecord'], ['crash', 0, 1], ['comeBack']])
    expect(world.mailbox(0).items.size).toBe(1)
    expect(world.mailbox(0).links.length).toBe(1)
  })

  it('AP-71, B-70: an occurrence that is called off in Outlook, while the CRM gives its series other times, is kept as a conflict', () => {
    const world = play({}, [
      ...rest(25),
      ['createRecord', 8, 25],
      ...rest(2),
      ['cycle', 10],
      ...rest(3),
      ['turnRecord'],
      ['turnRecord'],
      ['turnRecord'],
      ['editOccurrenceInOutlook', 0, 1],
      ...rest(2),
      ['editRecord', 0, 2],
      ...rest(8),
      ['turnRecord'],
    ])
    const [record] = world.records.values()
    expect(record?.row['deletedexceptionslist'] ?? null).toBeNull()
  })

  it('AP-9, AP-80: the copy of a service activity that is untracked and moved is found again after a crash between the two', () => {
    const script: Step[] = [
      ['createRecord', 4],
      ['cycle'],
      ['categorize'],
      ['moveItem'],
      ['crash', 0, 1],
      ['cycle'],
      ['editRecord'],
    ]
    expect(play({}, script).mailbox(0).items.size).toBe(1)
  })

  it('AP-50: what somebody has answered counts also where the same change invites her', () => {
    const script: Step[] = [
      ['createRecord', 42, 8, 47],
      ['cycle', 47],
      ['answerInvitation', 0, 0, 5],
      ['passOn'],
      ['cycle', 29],
      ['comeBack', 0, 5],
    ]
    expect(() => play({ deleteBrake: { count: 1, percent: 0 }, invitationBudget: 0 }, script)).not.toThrow()
  })

  it('AP-95, AP-72: a meeting that is tracked again, after its record was changed, is the same on both sides', () => {
    const script: Step[] = [
      ['createRecord', 2, 2],
      ['timePasses', 2],
      ['cycle', 2],
      ['untrack', 0, 2],
      ['cycle', 2],
      ['categorize', 0, 2],
      ['editRecord'],
    ]
    const world = play({ updatePastMeetings: true }, script)
    const [item] = world.mailbox(2).items.values()
    const [record] = world.records.values()
    expect(item?.kind === 'event' && item.fields.subject).toBe(record?.row['subject'])
  })

  it('AP-71, AP-72: a meeting that begins to repeat untracked is linked again, and nobody is told of it', () => {
    const script: Step[] = [
      ['createRecord', 27, 0, 5],
      ['cycle'],
      ['untrack'],
      ['turnItem'],
      ['cycle'],
      ['comeBack'],
      ['cycle'],
    ]
    const [record] = play({}, script).records.values()
    expect(record?.table).toBe('recurringappointmentmaster')
  })

  it('AP-2, AP-71: a series that ceases to repeat in a folder that is read only gives its record another table, and nothing is written to it', () => {
    const script: Step[] = [
      ['createItem', 55, 0, 3],
      ['lockFolder'],
      ['categorize'],
      ['cycle'],
      ['moveItem', 0, 0, 3],
      ['turnItem'],
      ['crash'],
    ]
    const [record] = play({}, script).records.values()
    expect(record?.table).toBe('appointment')
  })

  it('B-4, AP-71: an invitation that was moved and repeats by now is known where it is, though its record does not follow yet', () => {
    const script: Step[] = [
      ['createItem', 34, 0, 7],
      ['changeAccess', 0, 0, 21],
      ['createItem', 22, 0, 1],
      ['createItem', 2, 0, 4],
      ['cycle'],
      ['cycle', 23],
      ['moveItem', 0, 56],
      ['turnItem'],
    ]
    const { items, links } = play({}, script).mailbox(2)
    expect(links.every(({ itemId }) => items.has(itemId ?? ''))).toBe(true)
  })

  it('AP-81: a copy of a service activity that is linked again writes nothing to it', () => {
    const script: Step[] = [
      ['createRecord', 54, 0, 59],
      ['crash', 5, 43],
      ['cycle', 17],
      ['changeFilters', 0, 26, 8],
      ['createRecord'],
      ['cycle', 47],
      ['comeBack', 0, 47],
    ]
    const [service] = play({ ignoreCopies: false, invitationBudget: 0 }, script).records.values()
    expect(service?.row['globalobjectid'] ?? null).toBeNull()
  })

  it('AP-94: what was changed in Outlook while the link slept is as the record says when it comes back', () => {
    const script: Step[] = [
      ['createRecord'],
      ['cycle'],
      ['changeFilters', 1, 0, 2],
      ['cycle'],
      ['editItem'],
      ['cycle'],
      ['changeFilters', 1],
      ['cycle'],
    ]
    const world = play({}, script)
    const [item] = world.mailbox(0).items.values()
    expect(item?.kind === 'contact' && item.fields.lastName).toBe('T1.0')
  })

  it('AP-95, AP-11, B-60: what was untracked in a folder that is read only stays so where it is moved to, without its marks', () => {
    const script: Step[] = [
      ['lockFolder', 16],
      ['createItem', 0, 0, 3],
      ['cycle'],
      ['untrack', 0, 0, 31],
      ['moveItem', 0, 0, 1],
      ['cycle'],
      ['moveItem'],
    ]
    const world = play({ ignoreCopies: false }, script)
    const { items, links } = world.mailbox(0)
    expect(world.records.size).toBe(1)
    expect([...items.values()].map(({ marks }) => marks)).toEqual([{}])
    expect(links.map(({ state, itemId }) => [state, itemId])).toEqual([['ignored', [...items.keys()][0]]])
  })

  it('AP-95, AP-3: a task that was untracked in a folder that is read only is tracked again by its category taken off and put on', () => {
    const untracked: Step[] = [
      ['createItem', 1, 0, 1],
      ['cycle'],
      ['moveItem', 0, 0, 1],
      ['cycle'],
      ['lockFolder', 2],
      ['untrack', 0, 0, 1],
      ['cycle'],
      ['editItem'],
      ['cycle'],
    ]
    const states = (more: Step[]) =>
      play({}, [...untracked, ...more])
        .mailbox(0)
        .links.map(({ state }) => state)
    expect(states([])).toEqual(['ignored'])
    expect(states([['categorize'], ['cycle'], ['categorize'], ['cycle']])).toEqual(['linked'])
  })

  it('AP-81, AP-3: what a copy of a service activity said otherwise when it was linked again is overwritten by its next change, of whatever', () => {
    const script: Step[] = [
      ['createRecord', 4],
      ['cycle'],
      ['categorize'],
      ['cycle'],
      ['editItem'],
      ['categorize'],
      ['cycle'],
      ['editRecord', 0, 1, 1],
      ['cycle'],
    ]
    const world = play({}, script)
    const [item] = world.mailbox(0).items.values()
    const [record] = world.records.values()
    expect(item?.kind === 'event' && [item.fields.subject, item.fields.location]).toEqual([
      record?.row['subject'],
      record?.row['location'],
    ])
  })

  it('AP-50: an answer that its organizer never hears of is in the CRM, and two calendars that say otherwise come to rest', () => {
    const script: Step[] = [['createItem', 2, 0, 6], ['answerInvitation', 0, 28], ['cycle'], ['categorize', 0, 1]]
    const [record] = play({}, script).records.values()
    expect(record?.parties.map(({ response }) => response)).toContain(3)
  })

  it('AP-57: an answer given in the CRM to an invitation that was moved meanwhile is told the organizer', () => {
    const script: Step[] = [
      ['createItem', 2, 0, 2],
      ['cycle'],
      ['cycle', 1],
      ['moveItem', 0, 1],
      ['answerInCrm', 0, 1, 5],
    ]
    const [letter] = play({}, script).mailbox(1).letters
    expect(letter).toMatchObject({ asked: { answer: 'declined' }, state: 'done', told: 1 })
  })

  it('AP-57: what its owner answered in the calendar and told nobody is told once it is answered so in the CRM', () => {
    const script: Step[] = [
      ['createItem', 2, 0, 2],
      ['cycle'],
      ['cycle', 1],
      ['answerInvitation', 0, 1, 4],
      ['answerInCrm', 0, 1, 1],
    ]
    const [letter] = play({}, script).mailbox(1).letters
    expect(letter).toMatchObject({ asked: { answer: 'tentative' }, state: 'done', told: 1 })
  })

  it('AP-70: two calendars that tell the answer to an occurrence otherwise come to rest', () => {
    const script: Step[] = [
      ['createItem', 3, 0, 2],
      ['cycle'],
      ['cycle', 1],
      ['answerOccurrence', 0, 4, 1],
      ['editOccurrenceInOutlook', 0, 6, 1],
      ['cycle'],
      ['answerOccurrence', 0, 4, 8],
    ]
    const world = play({}, script)
    const [record] = world.records.values()
    expect([...world.apartOf(record?.id ?? '').values()].map((one) => [...one.values()])).toEqual([[], [4], [], []])
  })

  it('AP-70: an occurrence that is answered like its series again is so in the CRM', () => {
    const script: Step[] = [
      ['createItem', 3, 0, 2],
      ['cycle'],
      ['cycle', 1],
      ['answerInvitation', 0, 1, 3],
      ['answerOccurrence', 0, 4, 5],
      ['cycle', 1],
      ['answerOccurrence', 0, 4, 3],
    ]
    const world = play({}, script)
    const [record] = world.records.values()
    expect(record?.parties.map(({ response }) => response)).toContain(3)
    expect([...world.apartOf(record?.id ?? '').values()].map((one) => [...one.values()])).toEqual([[], [], [], []])
  })

  it('AP-70: an answer to an occurrence stays where the organizer’s calendar has the meeting anew, unanswered', () => {
    const script: Step[] = [
      ...rest(1),
      ['createItem', 11, 0, 46],
      ...rest(1),
      ['answerOccurrence', 0, 4, 0],
      ...rest(1),
      ['cycle', 0, 0, 0],
      ...rest(3),
      ['copyItem', 0, 4, 0],
      ...rest(1),
      ['cycle', 16, 0, 0],
      ...rest(1),
      ['deleteItem', 0, 0, 0],
      ...rest(5),
      ['timePasses', 0, 0, 0],
      ['crash', 16, 2, 0],
      ...rest(1),
      ['deleteRecord', 0, 0, 0],
      ...rest(4),
      ['cycle', 0, 0, 0],
      ...rest(3),
      ['foreignItem', 0, 0, 0],
      ['categorize', 0, 16, 0],
      ...rest(3),
      ['timePasses', 0, 0, 0],
      ['cycle', 16, 0, 0],
      ...rest(2),
      ['timePasses', 0, 0, 0],
      ...rest(5),
      ['cycle', 0, 0, 0],
      ['cycle', 10, 0, 0],
      ['answer', 0, 0, 0],
      ['crash', 0, 33, 0],
    ]
    const world = play({ ignoreCopies: false, invitationBudget: 0, deleteBrake: { count: 1, percent: 0 } }, script)
    const [record] = [...world.records.values()].filter(({ table }) => table === 'recurringappointmentmaster')
    expect([...(world.apartOf(record?.id ?? '').values() ?? [])].flatMap((one) => [...one])).toEqual([['user-1', 3]])
  })

  it('AP-71, AP-74, AP-85: what is attached to a series that ceases to repeat in the CRM goes along with that', () => {
    const settings = { updatePastMeetings: true, appointmentAttachments: true }
    const script: Step[] = [['createRecord', 13], ['cycle'], ['turnRecord'], ['attachInCrm', 0, 0, 4]]
    const [item] = play(settings, script).mailbox(0).items.values()
    expect(item?.attachments).toMatchObject([{ name: 'a.txt' }])
  })

  it('AP-24, AP-85: a file that both sides have replaced is not taken off the record where a crash comes while it is copied', () => {
    const script: Step[] = [
      ['createRecord', 2],
      ['attachInCrm', 0, 0, 1],
      ['cycle'],
      ['attachInOutlook', 0, 0, 1],
      ['attachInCrm', 0, 0, 1],
      ['crash', 0, 1],
    ]
    const world = play({ appointmentAttachments: true }, script)
    const contents = [...world.mailbox(0).items.values(), ...world.records.values()].flatMap(({ attachments = [] }) =>
      attachments.map(({ id }) => world.contents.get(id)?.at(0)),
    )
    expect(contents).toEqual(['R', 'R'])
  })

  it('AP-24, AP-85: a file that the record lost or got just before a crash is no change of the CRM', () => {
    const script: Step[] = [
      ['createRecord', 2],
      ['attachInCrm', 0, 0, 1],
      ['cycle'],
      ['attachInOutlook', 0, 0, 0],
      ['attachInCrm', 1, 0, 1],
      ['crash', 0, 0],
      ['attachInOutlook', 0, 0, 1],
      ['attachInCrm', 1, 0, 0],
    ]
    const world = play({ appointmentAttachments: true }, script)
    const contents = [...world.mailbox(0).items.values(), ...world.records.values()].flatMap(({ attachments = [] }) =>
      attachments.map(({ id, name }) => `${name} ${world.contents.get(id)?.at(0)}`),
    )
    expect(contents).toEqual(['a.txt I', 'a.txt I'])
  })

  it('AP-24, AP-85: a file that is attached to the record anew stays, though a crash came as the former one was taken off the item', () => {
    const script: Step[] = [
      ['createRecord', 2],
      ['attachInCrm', 1, 0, 1],
      ['cycle'],
      ['attachInCrm', 1, 0, 0],
      ['crash', 0, 1],
      ['attachInCrm', 1, 0, 1],
      ['editItem', 0, 0, 1],
    ]
    const [item] = play({ appointmentAttachments: true }, script).mailbox(0).items.values()
    expect(item?.attachments).toMatchObject([{ name: 'b.txt' }])
  })

  it('AP-85, SE-13: where the record has its way, of the files of the item none is copied over itself', () => {
    const script: Step[] = [
      ['changeAccess', 0, 0, 1],
      ['createRecord', 2],
      ['attachInCrm', 1, 0, 1],
      ['cycle'],
      ['attachInOutlook', 0, 0, 1],
      ['editRecord'],
      ['cycle'],
    ]
    const [item] = play({ appointmentAttachments: true }, script).mailbox(0).items.values()
    expect(item?.attachments).toMatchObject([{ name: 'b.txt' }])
  })

  it('AP-43, AP-57: a meeting that a guest has tracked, and that another organizes before its organizer’s mailbox links it, is called off there', () => {
    const script: Step[] = [
      ['createItem', 14, 8, 5],
      ['categorize'],
      ['cycle'],
      ['passOn'],
      ['editItem', 0, 2],
      ['cycle', 2],
    ]
    const { mailboxes } = play({ ignoreCopies: false }, script)
    const organized = mailboxes.flatMap(({ items }) => [...items.values()].filter((item) => item.kind === 'event'))
    expect(organized).toEqual([])
  })
})
