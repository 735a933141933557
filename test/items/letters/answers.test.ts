import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reference, SYSTEM } from '#records'
import { answerInvitation } from '#sync'
import { openPostOffice, type PostOffice } from './postOffice.ts'

const DAY = 86_400_000

describe('answers given in the CRM to invitations, with Postfix, Dovecot and Radicale', () => {
  let post: PostOffice
  beforeAll(async () => {
    post = await openPostOffice()
  }, 120_000)
  afterAll(() => post?.close())

  let meetings = 0
  let replies = 0
  /** Anna's meeting lies in the calendar of Ben, who has the same record. */
  async function invite(more: Record<string, unknown> = {}, days = 30) {
    const start = new Date(post.clock.now().getTime() + days * DAY)
    start.setUTCHours(9, 0, 0, 0)
    const end = new Date(start.getTime() + 3_600_000)
    const values = { subject: `Meeting ${++meetings}`, scheduledstart: start, scheduledend: end, ...more }
    const record = await post.appoint(values, [post.ben], 'interval' in more)
    await post.cycle(post.anna)
    await post.inbox(post.ben, meetings)
    await post.clock.advance(60_000)
    await post.cycle(post.ben)
    return { record, subject: values.subject, start }
  }
  const answer = (record: Reference, said: 'accepted' | 'tentative' | 'declined', comment?: string, who = post.ben) =>
    answerInvitation(
      post.regarding,
      { kind: 'user', id: who.id },
      { record, answer: said, ...(comment && { comment }) },
    )
  const found = async (subject: string, who = post.ben) =>
    (await post.events(who)).find(({ fields }) => fields.subject === subject)
  const instances = async (series: Reference) => {
    const { rows } = await post.regarding.records.as(SYSTEM).query({
      table: 'appointment',
      columns: ['activityid', 'recurrenceid'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'seriesid', operator: 'eq', values: [series.id] }],
      },
      order: [{ column: 'recurrenceid' }],
    })
    return rows.map((row) => ({
      table: 'appointment',
      id: String(row['activityid']),
      start: String(row['recurrenceid']),
    }))
  }

  it('AP-57, AP-50: it is in the calendar, reaches the organizer by mail, and comes back to the record', async () => {
    const { record, subject } = await invite()
    expect(await found(subject)).toMatchObject({ role: 'attendee', answer: 'none' })
    await answer(record, 'tentative', 'Perhaps, from the train.')
    await post.cycle(post.ben)
    expect(await found(subject)).toMatchObject({ answer: 'tentative', organizer: { address: post.anna.address } })
    const [reply = ''] = await post.inbox(post.anna, ++replies)
    const lines = reply.replaceAll(/\r\n[ \t]/g, '').split('\r\n')
    const invited = (await found(subject, post.anna))?.uid
    expect(lines).toContain('METHOD:REPLY')
    expect(lines).toContain(`UID:${invited}`)
    expect(lines).toContain('COMMENT:Perhaps\\, from the train.')
    expect(lines.filter((line) => line.startsWith('ATTENDEE'))).toEqual([
      expect.stringMatching(new RegExp(`PARTSTAT=TENTATIVE.*:mailto:${post.ben.address}$`)),
    ])
    await post.clock.advance(60_000)
    await post.cycle(post.anna)
    expect((await found(subject, post.anna))?.fields.attendees).toMatchObject([{ answer: 'tentative' }])
    expect(await post.answers(record)).toEqual({ [post.ben.address]: 2 })
    // It is told once, and nobody is invited anew.
    for (const who of [post.ben, post.anna]) await post.cycle(who)
    expect(await post.inbox(post.anna, replies)).toHaveLength(replies)
    expect(await post.inbox(post.ben, meetings)).toHaveLength(meetings)
  }, 60_000)

  it('AP-57: what is answered in the calendar is its program’s to tell', async () => {
    const { subject } = await invite()
    const item = await found(subject)
    const mailbox = await post.ben.open()
    await mailbox.items?.texts?.rewrite(item?.ref ?? { folder: '', id: '', version: '' }, (text) =>
      text.replace('PARTSTAT=NEEDS-ACTION', 'PARTSTAT=DECLINED'),
    )
    await mailbox.close()
    for (let turn = 0; turn < 2; turn++) await post.cycle(post.ben)
    expect(await found(subject)).toMatchObject({ answer: 'declined' })
    expect(await post.inbox(post.anna, replies)).toHaveLength(replies)
  }, 60_000)

  it('AP-70: one instance is answered by itself', async () => {
    const pattern = { recurrencepatterntype: 0, interval: 1, patternendtype: 2, occurrences: 4 }
    const { record, subject } = await invite(pattern)
    const [, second] = await instances(record)
    await answer(second as Reference, 'declined')
    await post.cycle(post.ben)
    const exceptions = [{ originalStart: second?.start, answer: 'declined' }]
    expect(await found(subject)).toMatchObject({ answer: 'none', series: { exceptions } })
    expect((await post.inbox(post.anna, ++replies)).at(-1)).toMatch(/RECURRENCE-ID[^]*PARTSTAT=DECLINED/)
    await post.clock.advance(60_000)
    await post.cycle(post.anna)
    const theirs = await found(subject, post.anna)
    expect(theirs?.fields.attendees).toMatchObject([{ answer: 'none' }])
    expect(theirs?.series).toMatchObject({
      exceptions: [{ originalStart: second?.start, fields: { attendees: [{ answer: 'declined' }] } }],
    })
  }, 60_000)

  it('AP-57, law 2: the organizer is told once, wherever the process dies', async () => {
    const { record, subject } = await invite()
    const said = ['accepted', 'declined', 'tentative'] as const
    let [first, last] = [0, Number.POSITIVE_INFINITY]
    for (let at = last, turn = 0; at >= first; at = Math.min(at, last) - 1, turn++) {
      const one = said[turn % 3] ?? 'accepted'
      await answer(record, one)
      const effects = await post.cycle(post.ben, at)
      if (at === Number.POSITIVE_INFINITY) {
        ;[first, last] = [effects.indexOf('give answer'), effects.indexOf('letter done done') + 1]
      } else {
        await post.clock.advance(120_000)
        await post.cycle(post.ben)
      }
      const after = at > last ? undefined : effects.at(-1)
      const isUnsure =
        after !== undefined && /^(begin letter done|begin letter|send letter|send letter done)$/.test(after)
      const mayBeUnsent = isUnsure && after.startsWith('begin letter')
      if (!mayBeUnsent) replies++
      expect({ after, count: (await post.inbox(post.anna, replies)).length }).toEqual({ after, count: replies })
      expect(await found(subject)).toMatchObject({ answer: one })
      const isTold = (await post.told(post.ben)).some(({ code }) => code === 'InvitationUncertain')
      expect({ after, isTold: isTold || !isUnsure }).toEqual({ after, isTold: true })
    }
    expect(last - first).toBeGreaterThan(8)
  }, 120_000)

  it('AP-57: nobody answers for others, one’s own meeting, or what is not synchronized', async () => {
    const { record } = await invite()
    await expect(answer(record, 'accepted', undefined, post.anna)).rejects.toThrow('The meeting is your own')
    const nowhere = { table: 'appointment', id: '00000000-0000-4000-8000-0000000000ff' }
    await expect(answer(nowhere, 'accepted')).rejects.toThrow('that you may read')
    await expect(answer({ table: 'task', id: nowhere.id }, 'accepted')).rejects.toThrow('nothing else')
    expect(await post.inbox(post.anna, replies)).toHaveLength(replies)
  }, 60_000)

  it('AP-57: an answer that comes too late is told, with what to do', async () => {
    const { record, subject } = await invite()
    await post.remove(post.ben, (await found(subject))?.uid ?? '')
    await answer(record, 'accepted')
    // It may have been moved: that is known once the calendar was looked at.
    for (let round = 0; round < 3; round++) {
      await post.cycle(post.ben)
      await post.clock.advance(60_000)
    }
    expect(await post.told(post.ben)).toContainEqual(
      expect.objectContaining({
        code: 'AnswerNotGiven',
        text: expect.stringContaining('does not have the meeting any more'),
      }),
    )
    expect(await post.inbox(post.anna, replies)).toHaveLength(replies)
  }, 60_000)
})
