import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItems } from '#items'
import type { NewEvent } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { answerInvitation, runActMailbox } from '#sync'
import { openWorld, type Person, planned, type World } from './meetings/world.ts'

/** A process that died. */
class Crash extends Error {}

const SYSTEMS = ['graph', 'ews', 'cyrus'] as const
const DAY = 86_400_000
const HOUR = 3_600_000
const local = (at: Date | number): string => new Date(at).toISOString().slice(0, 19)
/** Of four days. It ends by a date: Cyrus enters no answers to single occurrences of one that is counted. */
const daily = (start: Date): NonNullable<NewEvent['series']> => {
  const end = { until: local(start.getTime() + 3 * DAY).slice(0, 10) }
  return { recurrence: { frequency: 'daily', interval: 1, end }, cancelled: [], exceptions: [] }
}

let world: World
let days = 10
const found = async (who: Person, subject: string) =>
  (await world.events(who)).find(({ fields }) => fields.subject === subject)
beforeAll(async () => {
  world = await openWorld()
}, 120_000)
afterAll(() => world?.close())

/** Where the calendar's own server tells organizers what was answered. */
describe.each(SYSTEMS)('answers given in the CRM to invitations over %s', (place) => {
  let anna: Person
  let ben: Person
  beforeAll(async () => {
    ;[anna, ben] = await Promise.all([world.hire(place, `${place}1`), world.hire(place, `${place}2`)])
  }, 60_000)

  /** Anna's meeting lies in the calendar of Ben, who has the same record. */
  async function invite(subject: string, address: { address?: string } = { address: ben.address }) {
    const scheduledstart = new Date(world.clock.now().getTime() + ++days * DAY)
    const scheduledend = new Date(scheduledstart.getTime() + 3_600_000)
    const party = { role: PARTICIPATION.required, party: { table: 'systemuser', id: ben.id }, ...address }
    const record = await world.appoint(anna, { subject, scheduledstart, scheduledend }, [party])
    await world.quiet([anna], [ben])
    return record
  }
  const answer = (record: Reference, said: 'accepted' | 'tentative' | 'declined', comment?: string) =>
    answerInvitation(
      world.regarding,
      { kind: 'user', id: ben.id },
      { record, answer: said, ...(comment !== undefined && { comment }) },
    )
  const replies = async () => (await world.told([anna, ben])).filter(({ method }) => method === 'reply').length
  const failures = async () => {
    const all = await explainItems(world.regarding, SYSTEM, { mailboxIds: [ben.mailboxId], outcomes: ['failed'] })
    return all.map(({ code, text }) => `${code} ${text}`)
  }
  /** One cycle of Ben's; it dies at an effect. */
  async function cycle(dies?: string): Promise<void> {
    const before = (effect: string) => {
      if (effect === dies) throw new Crash(effect)
    }
    const cycled = runActMailbox({ ...world.regarding, before }, ben.mailboxId, { guard: () => Promise.resolve() })
    const died = await cycled.then(
      () => false,
      (error: unknown) => {
        if (error instanceof Crash) return true
        throw error
      },
    )
    if (died !== (dies !== undefined)) throw new Error(`There was no “${dies}”.`)
  }

  it('AP-57, AP-50: it is in the calendar, reaches the organizer once by the server, and comes back to the record', async () => {
    const subject = `Answered over ${place}`
    const record = await invite(subject)
    expect(await found(ben, subject)).toMatchObject({ role: 'attendee', answer: 'none' })
    const before = await replies()
    await answer(record, 'tentative', 'Perhaps.')
    await cycle()
    expect(await found(ben, subject)).toMatchObject({ answer: 'tentative', organizer: { address: anna.address } })
    expect(await replies()).toBe(before + 1)
    await world.quiet([anna], [ben])
    expect((await found(anna, subject))?.fields.attendees).toMatchObject([{ answer: 'tentative' }])
    expect(await replies()).toBe(before + 1)
    expect(await world.meetings({ subject })).toHaveLength(1)
    expect(await failures()).toEqual([])
  }, 60_000)

  it('AP-50: whoever had accepted has not, once the meeting is moved in the CRM, until they answer to the new time', async () => {
    const subject = `Moved over ${place}`
    const record = await invite(subject, {}) // as people invite in the CRM: by the user alone
    const responses = async () => {
      const parties = await world.parties(record)
      return parties.filter((row) => row['partyid'] === ben.id).map((row) => row['exchangeentryresponse'] ?? 0)
    }
    await answer(record, 'accepted')
    await cycle()
    await world.quiet([anna], [ben])
    expect(await responses()).toEqual([3])
    const start = new Date(world.clock.now().getTime() + ++days * DAY)
    const times = { scheduledstart: start, scheduledend: new Date(start.getTime() + HOUR) }
    await world.regarding.records.as({ kind: 'user', id: anna.id }).update(record.table, record.id, times)
    await world.quiet([anna], [ben])
    expect(await responses()).toEqual([0])
    expect((await found(anna, subject))?.fields.attendees).toMatchObject([{ answer: 'none' }])
    expect(await found(ben, subject)).toMatchObject({ answer: 'none', fields: { time: { start: local(start) } } })
    await answer(record, 'tentative')
    await cycle()
    await world.quiet([anna], [ben])
    expect(await responses()).toEqual([2])
    expect((await found(anna, subject))?.fields.attendees).toMatchObject([{ answer: 'tentative' }])
    expect(await failures()).toEqual([])
  }, 60_000)

  it('AP-50: an answer counts for the record that is invited, also where its address leads to another one', async () => {
    const subject = `Another record over ${place}`
    const as = world.regarding.records.as({ kind: 'user', id: anna.id })
    const named = (lastname: string) => as.create('contact', { lastname, emailaddress1: ben.address })
    const [before, invited, after] = [await named('Ben before'), await named('Ben invited'), await named('Ben after')]
    const scheduledstart = new Date(world.clock.now().getTime() + ++days * DAY)
    const scheduledend = new Date(scheduledstart.getTime() + HOUR)
    const party = { role: PARTICIPATION.required, party: { table: 'contact', id: invited } }
    const record = await world.appoint(anna, { subject, scheduledstart, scheduledend }, [party])
    const respond = async (said: 'accepted' | 'declined') => {
      const invitation = await found(ben, subject)
      if (!invitation) throw new Error('Ben is not invited.')
      await world.at(ben, (items) => items.respond(invitation.ref, said, { tell: true }))
      await world.quiet([anna], [ben])
      const parties = await world.parties(record)
      return parties.map((row) => [row['partyid'], row['exchangeentryresponse'] ?? 0])
    }
    await world.quiet([anna], [ben])
    expect(await respond('accepted')).toContainEqual([invited, 3])
    expect(await respond('declined')).toContainEqual([invited, 4])
    expect(await failures()).toEqual([])
    for (const id of [before, invited, after]) await as.delete('contact', id) // Elsewhere the address is the user's.
  }, 60_000)

  it.each([
    ['accepted', 'give answer'],
    ['accepted', 'answer given'],
    ['tentative', 'answer given'],
    ['declined', 'answer given'],
  ] as const)('AP-57, law 2: one that was %s is told once, where the process dies before “%s”', async (said, dies) => {
    const subject = `${said} over ${place}, and died before ${dies}`
    const record = await invite(subject)
    const before = await replies()
    await answer(record, said)
    await cycle(dies)
    await world.clock.advance(120_000)
    await cycle()
    expect(await replies()).toBe(before + 1)
    await world.quiet([anna], [ben])
    expect(await replies()).toBe(before + 1)
    expect((await found(anna, subject))?.fields.attendees).toMatchObject([{ answer: said }])
    expect(await failures()).toEqual([])
    expect(await world.meetings({ subject })).toHaveLength(1)
  })

  it.each(['accepted', 'declined'] as const)(
    'AP-70, law 2: one occurrence that was %s is told once, where the process dies before it is saved',
    async (said) => {
      const subject = `Daily over ${place}, one ${said}`
      const start = new Date(world.clock.now().getTime() + (days += 10) * DAY)
      const time = { allDay: false, start: local(start), end: local(start.getTime() + HOUR), zone: 'UTC' }
      const plain = planned(subject, start, [ben.address], ['$Tracked'])
      const series = daily(start)
      await world.at(anna, (items, folder) =>
        items.create(folder, { ...plain, fields: { ...plain.fields, time }, series }, world.regarding.newId(), {
          notify: 'all',
        }),
      )
      await world.quiet([anna], [ben])
      const second = (await world.meetings({ subject }))
        .filter((row) => row['seriesid'])
        .find((row) => row['recurrenceid'] === local(start.getTime() + DAY))
      const before = await replies()
      await answer({ table: 'appointment', id: String(second?.['activityid']) }, said)
      await cycle('answer given')
      await world.clock.advance(120_000)
      await cycle()
      expect(await replies()).toBe(before + 1)
      expect(await failures()).toEqual([])
      await world.quiet([anna], [ben])
      expect(await replies()).toBe(before + 1)
      const theirs = await found(anna, subject)
      expect(theirs?.fields.attendees).toMatchObject([{ answer: 'none' }])
    },
  )

  it('AP-50, AP-70: whoever had accepted a series has not accepted the one meeting of it that is moved in the CRM', async () => {
    const subject = `Daily over ${place}, one moved`
    const start = new Date(world.clock.now().getTime() + (days += 10) * DAY)
    const time = { allDay: false, start: local(start), end: local(start.getTime() + HOUR), zone: 'UTC' }
    const plain = planned(subject, start, [ben.address], ['$Tracked'])
    // Cyrus enters what is answered to one meeting only where the series does not end by a count.
    const recurrence = { frequency: 'daily', interval: 1, end: { until: local(start.getTime() + 3 * DAY) } } as const
    await world.at(anna, (items, folder) =>
      items.create(
        folder,
        {
          ...plain,
          fields: { ...plain.fields, time },
          series: { recurrence, cancelled: [], exceptions: [] },
        },
        world.regarding.newId(),
        { notify: 'all' },
      ),
    )
    await world.quiet([anna], [ben])
    const instances = (await world.meetings({ subject })).filter((row) => row['seriesid'])
    const idAt = (at: number) => String(instances.find((row) => row['recurrenceid'] === local(at))?.['activityid'])
    const said = async (at: number) => {
      const parties = await world.parties({ table: 'appointment', id: idAt(at) })
      return parties.find((row) => row['partyid'] === ben.id)?.['exchangeentryresponse'] ?? 0
    }
    const respond = async (answer: 'accepted' | 'tentative', options: { originalStart?: string } = {}) => {
      const item = await found(ben, subject)
      await world.at(ben, (items) =>
        items.respond((item as NonNullable<typeof item>).ref, answer, { tell: true, ...options }),
      )
      await world.quiet([anna], [ben])
    }
    await respond('accepted')
    const [first, second] = [start.getTime(), start.getTime() + DAY]
    expect([await said(first), await said(second)]).toEqual([3, 3])
    const later = new Date(second + 2 * HOUR)
    const times = { scheduledstart: later, scheduledend: new Date(later.getTime() + HOUR) }
    await world.regarding.records.as({ kind: 'user', id: anna.id }).update('appointment', idAt(second), times)
    await world.quiet([anna], [ben])
    expect([await said(first), await said(second)]).toEqual([3, 0])
    await respond('tentative', { originalStart: local(second) })
    expect([await said(first), await said(second)]).toEqual([3, 2])
    expect(await failures()).toEqual([])
  }, 60_000)

  it('AP-70: an occurrence that its attendee answers otherwise, and like the series again, is so in the CRM', async () => {
    const subject = `Daily over ${place}, one reconsidered`
    const start = new Date(world.clock.now().getTime() + (days += 10) * DAY)
    const time = { allDay: false, start: local(start), end: local(start.getTime() + HOUR), zone: 'UTC' }
    const plain = planned(subject, start, [ben.address], ['$Tracked'])
    const series = daily(start)
    await world.at(anna, (items, folder) =>
      items.create(folder, { ...plain, fields: { ...plain.fields, time }, series }, world.regarding.newId(), {
        notify: 'all',
      }),
    )
    await world.quiet([anna], [ben])
    const originalStart = local(start.getTime() + DAY)
    const instance = (await world.meetings({ subject })).find((row) => row['recurrenceid'] === originalStart)
    const answered = async (said: 'accepted' | 'tentative', options: { originalStart?: string }) => {
      const item = await found(ben, subject)
      await world.at(ben, (items) =>
        items.respond((item as NonNullable<typeof item>).ref, said, { tell: true, ...options }),
      )
      await world.quiet([anna], [ben])
      const parties = await world.parties({ table: 'appointment', id: String(instance?.['activityid']) })
      return parties.find((row) => row['partyid'] === ben.id)?.['exchangeentryresponse']
    }
    expect(await answered('accepted', {})).toBe(3)
    expect(await answered('tentative', { originalStart })).toBe(2)
    expect(await answered('accepted', { originalStart })).toBe(3)
  }, 60_000)
})
