import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { openPostOffice, type PostOffice } from './postOffice.ts'

/** What a mail program makes of an invitation that is answered. */
function replyTo(
  request: string,
  attendee: string,
  answer: string,
  more: { stamp?: string; sequence?: number; lines?: string[]; uid?: string } = {},
): string {
  const line = (name: string) =>
    request
      .replace(/\r\n[ \t]/g, '')
      .split(/\r\n/)
      .filter((one) => new RegExp(`^${name}[;:]`).test(one) && !one.includes('1970'))
      .at(-1) ?? ''
  const { stamp = '20260105T100000Z', sequence = Number(line('SEQUENCE').slice(9)), lines = [], uid } = more
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Elsewhere//Mail//EN',
    'METHOD:REPLY',
    'BEGIN:VEVENT',
    uid === undefined ? line('UID') : `UID:${uid}`,
    line('ORGANIZER'),
    ...(lines.some((one) => one.startsWith('RECURRENCE-ID')) ? [] : [line('DTSTART')]),
    `SEQUENCE:${sequence}`,
    `DTSTAMP:${stamp}`,
    `ATTENDEE;PARTSTAT=${answer}:mailto:${attendee}`,
    ...lines,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n')
}

describe('answers that come by mail, with Postfix, Dovecot and Radicale', () => {
  let post: PostOffice
  beforeAll(async () => {
    post = await openPostOffice()
  }, 120_000)
  afterAll(() => post?.close())

  let asked = 0
  let answered = 0
  /** Anna appoints a meeting; whoever is a guest has the invitation in the Inbox. */
  async function invite(guests = [post.carl]) {
    const start = new Date(post.clock.now().getTime() + 30 * 86_400_000)
    const end = new Date(start.getTime() + 3_600_000)
    const values = { subject: `Meeting ${++asked}`, scheduledstart: start, scheduledend: end }
    const record = await post.appoint(values, guests)
    await post.cycle(post.anna)
    const request = (await post.inbox(post.carl, asked)).find((text) => text.includes(values.subject)) ?? ''
    expect(request).toContain('METHOD:REQUEST')
    return { record, request, subject: values.subject }
  }
  async function reply(
    ...sent: Parameters<PostOffice['post']> extends [infer From, unknown, ...infer Rest] ? [From, ...Rest] : never
  ) {
    const [from, ...rest] = sent
    await post.post(from, post.anna, ...rest)
    await post.inbox(post.anna, ++answered)
    await post.clock.advance(60_000)
    return post.cycle(post.anna)
  }
  const answersOf = async (subject: string) =>
    (await post.events(post.anna))
      .find(({ fields }) => fields.subject === subject)
      ?.fields.attendees?.map(({ answer }) => answer)

  it('AP-50: an answer reaches the organizer’s calendar and the record, and what comes later counts', async () => {
    const { record, request, subject } = await invite()
    await reply(post.carl, replyTo(request, post.carl.address, 'TENTATIVE', { stamp: '20260105T100000Z' }))
    expect(await answersOf(subject)).toEqual(['tentative'])
    expect(await post.answers(record)).toEqual({ [post.carl.address]: 2 })
    await reply(post.carl, replyTo(request, post.carl.address, 'DECLINED', { stamp: '20260105T120000Z' }))
    expect(await post.answers(record)).toEqual({ [post.carl.address]: 4 })
    // RFC 5546 §2.1.5: it was sent before, and delayed on its way.
    await reply(post.carl, replyTo(request, post.carl.address, 'ACCEPTED', { stamp: '20260105T110000Z' }))
    expect(await answersOf(subject)).toEqual(['declined'])
    expect(await post.answers(record)).toEqual({ [post.carl.address]: 4 })
    expect(await post.told(post.anna)).toContainEqual(
      expect.objectContaining({ outcome: 'ignored', text: `a later answer of ${post.carl.address} is known` }),
    )
    // Nobody is told of an answer, and nobody is invited twice.
    await post.cycle(post.anna)
    expect(await post.inbox(post.carl, asked)).toHaveLength(asked)
  }, 60_000)

  it('AP-50: who is not invited is not added, nobody answers for others, and an answer to what is none of ours stays', async () => {
    const { record, request, subject } = await invite()
    const stranger = 'eve@outside.example'
    await reply(post.carl, replyTo(request, stranger, 'ACCEPTED'), { author: stranger })
    await reply(post.carl, replyTo(request, post.carl.address, 'ACCEPTED'), { author: stranger })
    await reply(post.carl, replyTo(request, post.carl.address, 'ACCEPTED', { uid: 'not-ours@outside.example' }))
    expect(await answersOf(subject)).toEqual(['none'])
    expect(await post.answers(record)).toEqual({})
    const failures = (await post.told(post.anna)).filter(({ code }) => code === 'AnswerNotTaken')
    expect(failures.map(({ text }) => text).sort()).toEqual([
      expect.stringMatching(`^An answer in the name of ${post.carl.address} came from ${stranger} and was not taken.`),
      expect.stringMatching(`^${stranger} answered \\(accepted\\) and is not invited`),
    ])
  }, 60_000)

  it('AP-50: who answers for somebody of the same house is believed, and a stranger who says so is not', async () => {
    const { record, request, subject } = await invite()
    const { address } = post.carl
    const sentBy = (answer: string, who: string) =>
      replyTo(request, address, answer).replace('ATTENDEE;', `ATTENDEE;SENT-BY="mailto:${who}";`)
    const assistant = `sam@${address.split('@')[1]}`
    await reply(post.carl, sentBy('DECLINED', 'eve@outside.example'), { author: 'eve@outside.example' })
    expect(await answersOf(subject)).toEqual(['none'])
    await reply(post.carl, sentBy('ACCEPTED', assistant), { author: assistant })
    expect(await answersOf(subject)).toEqual(['accepted'])
    expect(await post.answers(record)).toEqual({ [address]: 3 })
  }, 60_000)

  it('AP-50: hostile answers harm nothing, and are told with cause and remedy', async () => {
    const { request, subject } = await invite()
    const fine = replyTo(request, post.carl.address, 'ACCEPTED')
    const other = fine.replace(/^[^]*(BEGIN:VEVENT[^]*END:VEVENT\r\n)[^]*$/, '$1').replace(/^UID:.*$/m, 'UID:other')
    const crowd = Array.from({ length: 8_000 }, (_, n) => `ATTENDEE:mailto:crowd${n}@outside.example`)
    const hostile: [string, { method?: string }, RegExp][] = [
      [fine, { method: 'CANCEL' }, /./],
      [fine.replace('METHOD:REPLY', 'METHOD:CANCEL'), { method: 'REPLY' }, /header says REPLY, and its text CANCEL/],
      [fine.replace('END:VCALENDAR', `${other}END:VCALENDAR`), {}, /different UIDs/],
      [replyTo(request, post.carl.address, 'ACCEPTED', { lines: crowd }), {}, /8001 attendees; 5000 are read/],
      [fine.slice(0, -40), {}, /does not end/],
      ['BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n', {}, /no appointment/],
    ]
    for (const [text, more] of hostile) await reply(post.carl, text, { method: 'REPLY', ...more })
    expect(await answersOf(subject)).toEqual(['none'])
    const told = (await post.told(post.anna)).map(({ text }) => text).join('\n')
    for (const [, , why] of hostile) expect(told).toMatch(why)
  }, 60_000)

  it('AP-50, law 2: an answer is taken once, wherever the process dies', async () => {
    const { record, request, subject } = await invite()
    const said = ['ACCEPTED', 'DECLINED', 'TENTATIVE']
    const codes = [3, 4, 2]
    let last = Number.POSITIVE_INFINITY
    for (let at = last, turn = 0; at >= 0; at = Math.min(at, last) - 1, turn++) {
      const stamp = `20260106T10${turn}000Z`
      await post.post(post.carl, post.anna, replyTo(request, post.carl.address, said[turn % 3] ?? '', { stamp }))
      await post.inbox(post.anna, ++answered)
      await post.clock.advance(60_000)
      const effects = await post.cycle(post.anna, at)
      if (at === Number.POSITIVE_INFINITY) {
        last = effects.indexOf('save mail read done') + 1
        if (last !== 4) throw new Error(`The cycle has other effects by now: ${effects.join()}`)
      } else await post.cycle(post.anna)
      expect(await post.answers(record)).toEqual({ [post.carl.address]: codes[turn % 3] })
    }
    expect(await answersOf(subject)).toHaveLength(1)
    expect(await post.inbox(post.carl, asked)).toHaveLength(asked)
  }, 60_000)

  it('AP-70: an answer to one occurrence is that occurrence’s alone', async () => {
    const start = new Date(post.clock.now().getTime() + 30 * 86_400_000)
    start.setUTCHours(9, 0, 0, 0)
    const values = {
      subject: `Series ${++asked}`,
      scheduledstart: start,
      scheduledend: new Date(start.getTime() + 3_600_000),
      recurrencepatterntype: 0,
      interval: 1,
      patternendtype: 2,
      occurrences: 5,
    }
    const record = await post.appoint(values, [post.carl], true)
    const answers = async () => {
      const { rows } = await post.regarding.records.as(SYSTEM).query({
        table: 'appointment',
        columns: ['activityid'],
        filter: {
          kind: 'filter',
          type: 'and',
          items: [{ kind: 'condition', column: 'seriesid', operator: 'eq', values: [record.id] }],
        },
        order: [{ column: 'recurrenceid' }],
      })
      const all = rows.map((row) => post.answers({ table: 'appointment', id: String(row['activityid']) }))
      return (await Promise.all(all)).map((one) => one[post.carl.address])
    }
    await post.cycle(post.anna)
    const request = (await post.inbox(post.carl, asked)).find((text) => text.includes(values.subject)) ?? ''
    const series = () =>
      post.events(post.anna).then((all) => all.find(({ fields }) => fields.subject === values.subject)?.series)
    const day = (n: number) =>
      `RECURRENCE-ID:${new Date(start.getTime() + n * 86_400_000).toISOString().replace(/[-:]|\.000/g, '')}`
    await reply(post.carl, replyTo(request, post.carl.address, 'DECLINED', { lines: [day(1)] }))
    await reply(post.carl, replyTo(request, post.carl.address, 'DECLINED', { lines: [day(50)] })) // never takes place
    expect(await series()).toMatchObject({
      cancelled: [],
      exceptions: [{ fields: { attendees: [{ address: post.carl.address, answer: 'declined' }] } }],
    })
    const none = undefined
    expect(await answers()).toEqual([none, 4, none, none, none])
    await reply(post.carl, replyTo(request, post.carl.address, 'ACCEPTED', { stamp: '20260107T100000Z' }))
    expect(await answers()).toEqual([3, 4, 3, 3, 3])
    await post.cycle(post.anna)
    expect(await post.inbox(post.carl, asked)).toHaveLength(asked)
  }, 60_000)
})
