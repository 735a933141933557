import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addBlockRule } from '#incoming'
import { SYSTEM } from '#records'
import { createHints } from '#schedule'
import { syncItems } from '#sync'
import { systemClock } from '#time'
import { createWatches } from '../../../src/sync/watches.ts'
import { addUser } from '../../incoming/support/company.ts'
import { openPostOffice, type PostOffice } from './postOffice.ts'

/** What the receiving server found about the author. */
const said = (result: string) =>
  `Authentication-Results: mx.test.example; dmarc=${result} header.from=outside.example\r\n`

/** Written by somebody else in the organizer’s name. */
const sentBy = (letter: string, who: string) => letter.replace('ORGANIZER:', `ORGANIZER;SENT-BY="mailto:${who}":`)

describe('invitations that come by mail, with Postfix, Dovecot and Radicale', () => {
  let post: PostOffice
  beforeAll(async () => {
    post = await openPostOffice()
  }, 120_000)
  afterAll(() => post?.close())

  let came = 0
  let meetings = 0

  /** A meeting of Carl's, as his mail program tells of it. */
  function meeting(uid = `meeting-${++meetings}@outside.example`) {
    return (method: string, more: Record<string, string> = {}, lines: string[] = []) => {
      const said: Record<string, string> = {
        ORGANIZER: `mailto:${post.carl.address}`,
        SEQUENCE: '0',
        DTSTAMP: '20260105T100000Z',
        DTSTART: '20280202T090000Z',
        DTEND: '20280202T100000Z',
        SUMMARY: uid,
        ...more,
      }
      const attendee = `ATTENDEE;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:${post.ben.address}`
      const body = [
        `UID:${uid}`,
        ...Object.entries(said).map(([name, value]) => `${name}:${value}`),
        attendee,
        ...lines,
      ]
      const event = ['BEGIN:VEVENT', ...body, 'END:VEVENT']
      return ['BEGIN:VCALENDAR', 'VERSION:2.0', `METHOD:${method}`, ...event, 'END:VCALENDAR', ''].join('\r\n')
    }
  }
  async function comes(text: string, author = post.carl.address, header = '') {
    await post.post(post.carl, post.ben, text, { author, header })
    await post.inbox(post.ben, ++came)
    await post.clock.advance(60_000)
  }
  const found = async (subject: string) => (await post.events(post.ben)).filter(({ uid }) => uid === subject)
  const told = async () => (await post.told(post.ben)).filter(({ code }) => code === 'InvitationNotTaken')

  it('AP-57: an invitation is in the calendar, unanswered; its update and cancellation follow', async () => {
    const text = meeting()
    const uid = `meeting-${meetings}@outside.example`
    const hostile = ['BEGIN:VALARM', 'ACTION:EMAIL', 'TRIGGER:-PT1H', 'END:VALARM', 'X-REGARDING-KEY:stolen']
    await comes(text('REQUEST', {}, hostile))
    await post.cycle(post.ben)
    const [item] = await found(uid)
    expect(item).toMatchObject({
      role: 'attendee',
      answer: 'none',
      marks: {},
      fields: { subject: uid, showAs: 'tentative', time: { start: '2028-02-02T09:00:00' } },
    })
    expect(item?.rest).not.toMatch(/VALARM|METHOD|X-REGARDING-KEY/)
    await comes(text('REQUEST', { SEQUENCE: '1', DTSTAMP: '20260106T100000Z', LOCATION: 'Room 2' }))
    await comes(text('REQUEST', { DTSTAMP: '20260105T110000Z', LOCATION: 'Room 1' })) // delayed on its way
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ fields: { location: 'Room 2' } }])
    await comes(text('CANCEL', { SEQUENCE: '2', DTSTAMP: '20260107T100000Z' }))
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ cancelled: true, fields: { showAs: 'free' } }])
    expect(await told()).toEqual([])
  }, 60_000)

  it('AP-57: a cancellation that tells no SEQUENCE counts by its DTSTAMP', async () => {
    const text = meeting()
    const uid = `meeting-${meetings}@outside.example`
    const unsaid = (stamp: string) => text('CANCEL', { DTSTAMP: stamp }).replace('SEQUENCE:0\r\n', '')
    await comes(text('REQUEST', { SEQUENCE: '1', DTSTAMP: '20260106T100000Z' }))
    await comes(unsaid('20260106T095959Z')) // of what was called off before, and delayed on its way
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ cancelled: false }])
    await comes(unsaid('20260106T100001Z'))
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ cancelled: true, fields: { showAs: 'free' } }])
    expect((await found(uid))[0]?.rest).toContain('SEQUENCE:1')
  }, 60_000)

  it('AP-57: an occurrence that is moved or called off is that one alone', async () => {
    const uid = `meeting-${meetings + 1}@outside.example`
    const text = meeting()
    await comes(text('REQUEST', { RRULE: 'FREQ=DAILY;COUNT=4' }))
    await comes(
      text('REQUEST', {
        'RECURRENCE-ID': '20280203T090000Z',
        DTSTART: '20280203T150000Z',
        DTEND: '20280203T160000Z',
        SEQUENCE: '1',
      }),
    )
    await comes(text('CANCEL', { 'RECURRENCE-ID': '20280204T090000Z', DTSTART: '20280204T090000Z', SEQUENCE: '1' }))
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([
      {
        cancelled: false,
        series: {
          cancelled: ['2028-02-04T09:00:00'],
          exceptions: [{ originalStart: '2028-02-03T09:00:00', fields: { time: { start: '2028-02-03T15:00:00' } } }],
        },
      },
    ])
  }, 60_000)

  it('AP-57: who is not the organizer is not believed', async () => {
    const text = meeting()
    const uid = `meeting-${meetings}@outside.example`
    await comes(text('REQUEST'), 'eve@outside.example')
    await post.cycle(post.ben)
    expect(await found(uid)).toEqual([])
    expect(await told()).toMatchObject([{ text: expect.stringContaining('It came from eve@outside.example') }])
    await comes(text('REQUEST', { DTSTAMP: '20260105T100001Z' }))
    await post.cycle(post.ben)
    await comes(text('CANCEL', { SEQUENCE: '1' }), 'eve@outside.example')
    const taking = text('REQUEST', { SEQUENCE: '5', ORGANIZER: 'mailto:eve@outside.example', LOCATION: 'Elsewhere' })
    await comes(taking, 'eve@outside.example')
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ cancelled: false, organizer: { address: post.carl.address } }])
    expect((await found(uid))[0]?.fields.location).toBeUndefined()
    expect(await told()).toHaveLength(3)
  }, 60_000)

  it('AP-57: who writes for the organizer is believed where the letter says so and she is of the same house', async () => {
    const text = meeting()
    const uid = `meeting-${meetings}@outside.example`
    const house = post.carl.address.split('@')[1] ?? ''
    const before = (await told()).length
    await comes(sentBy(text('REQUEST'), `sam@${house}`), `sam@${house}`)
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ role: 'attendee', organizer: { address: post.carl.address } }])
    // Whoever is invited too knows the UID, and may write what he likes into a letter.
    await comes(sentBy(text('CANCEL', { SEQUENCE: '1' }), 'eve@outside.example'), 'eve@outside.example')
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ cancelled: false }])
    expect((await told()).length).toBe(before + 1)
    await comes(sentBy(text('CANCEL', { SEQUENCE: '1' }), `sam@${house}`), `sam@${house}`)
    await post.cycle(post.ben)
    expect(await found(uid)).toMatchObject([{ cancelled: true }])
  }, 60_000)

  it('AP-57: who writes for an organizer outside the company is not believed, at a provider of everybody or elsewhere', async () => {
    await addUser(post.regarding, 'Will', 'Ott', 'will@gmail.com')
    for (const house of ['partner.example', 'gmail.com']) {
      const text = meeting()
      const uid = `meeting-${meetings}@outside.example`
      const [boss, stranger] = [`boss@${house}`, `eve@${house}`]
      const organizer = { ORGANIZER: `mailto:${boss}` }
      const before = (await told()).length
      await comes(sentBy(text('REQUEST', organizer), stranger), stranger)
      await post.cycle(post.ben)
      expect(await found(uid)).toEqual([])
      expect((await told()).length).toBe(before + 1)
      await comes(sentBy(text('REQUEST', { ...organizer, SEQUENCE: '1' }), `sam@${house}`), boss)
      await post.cycle(post.ben)
      expect(await found(uid)).toMatchObject([{ cancelled: false, organizer: { address: boss } }])
      await comes(sentBy(text('CANCEL', { ...organizer, SEQUENCE: '2' }), stranger), stranger)
      await post.cycle(post.ben)
      expect(await found(uid)).toMatchObject([{ cancelled: false }])
    }
  }, 60_000)

  it('AP-57: what the receiving server says is forged is told, and not entered', async () => {
    const text = meeting()
    await comes(text('REQUEST'), post.carl.address, said('fail (p=none)'))
    await post.cycle(post.ben)
    expect(await found(`meeting-${meetings}@outside.example`)).toEqual([])
    expect((await told()).map((one) => one.text)).toContainEqual(expect.stringContaining('dmarc=fail'))
    await comes(text('REQUEST', { SEQUENCE: '1' }), post.carl.address, said('pass'))
    await post.cycle(post.ben)
    expect(await found(`meeting-${meetings}@outside.example`)).toHaveLength(1)
  }, 60_000)

  it('AP-57, law 2: each is taken once, wherever the process dies; what is deleted stays so', async () => {
    let last = 4
    for (let at = last - 1; at >= 0; at--) {
      const text = meeting()
      const uid = `meeting-${meetings}@outside.example`
      await comes(text('REQUEST'))
      last = (await post.cycle(post.ben, at)).length
      expect(last).toBe(at)
      await post.cycle(post.ben)
      expect(await found(uid)).toHaveLength(1)
      await comes(text('CANCEL', { SEQUENCE: '1' }))
      await post.cycle(post.ben, at)
      await post.cycle(post.ben)
      expect(await found(uid)).toMatchObject([{ cancelled: true }])
    }
    const text = meeting()
    const uid = `meeting-${meetings}@outside.example`
    await comes(text('REQUEST'))
    await post.cycle(post.ben)
    await post.remove(post.ben, uid)
    await comes(text('REQUEST', { DTSTAMP: '20260105T120000Z' }))
    await post.cycle(post.ben)
    expect(await found(uid)).toEqual([])
  }, 60_000)

  it('AP-31, B-60: the invitation of a user lies in another’s calendar by mail, and is the same record', async () => {
    const start = new Date(post.clock.now().getTime() + 30 * 86_400_000)
    const values = { subject: 'Within', scheduledstart: start, scheduledend: new Date(start.getTime() + 3_600_000) }
    await post.appoint(values, [post.ben, post.carl])
    for (let turn = 0; turn < 2; turn++) {
      await post.cycle(post.anna)
      if (turn === 0) await post.inbox(post.ben, ++came)
      await post.clock.advance(60_000)
      await post.cycle(post.ben)
    }
    const [hers] = (await post.events(post.anna)).filter(({ fields }) => fields.subject === 'Within')
    expect(await found(hers?.uid ?? '')).toMatchObject([{ role: 'attendee', answer: 'none', marks: {} }])
    expect(await post.inbox(post.ben, came)).toHaveLength(came)
    expect(await post.inbox(post.carl, 1)).toHaveLength(1)
    expect(
      await post.regarding.records.as(SYSTEM).query({
        table: 'appointment',
        columns: ['subject'],
      }),
    ).toMatchObject({ rows: [{ subject: 'Within' }] })
  }, 60_000)

  it('AP-57: hostile invitations harm nothing, and are told', async () => {
    const uid = `meeting-${meetings + 1}@outside.example`
    const text = meeting()
    const before = (await told()).length
    const hostile = [
      text('REQUEST', { RRULE: 'FREQ=SECONDLY;COUNT=100000' }),
      text('REQUEST', { DTSTART: '99999999T999999Z' }),
      text('REQUEST').replace('DTSTART:', 'DTSTART;TZID=Nowhere/There:'),
      text('REQUEST', { RRULE: 'FREQ=DAILY;INTERVAL=0;BYDAY=99XX' }),
      text('CANCEL', { 'RECURRENCE-ID': 'never' }),
    ]
    for (const one of hostile) await comes(one)
    expect(await post.cycle(post.ben)).toContain('save mail read done')
    expect((await told()).length - before).toBeGreaterThanOrEqual(3)
    expect((await found(uid)).length).toBeLessThanOrEqual(1)
  }, 60_000)

  it('AP-57, SC-56: an invitation that no calendar takes is told, with what to do', async () => {
    const { regarding, ben } = post
    const connect = regarding.connect.bind(regarding)
    const text = meeting()
    await comes(text('REQUEST'))
    regarding.connect = async (...setup) => {
      const mailbox = await connect(...setup)
      const { items } = mailbox
      const folders = items?.folders.bind(items)
      if (items && folders)
        items.folders = async () => (await folders()).map((folder) => ({ ...folder, writable: false }))
      return mailbox
    }
    try {
      await post.cycle(ben)
    } finally {
      regarding.connect = connect
    }
    expect(await found(`meeting-${meetings}@outside.example`)).toEqual([])
    expect((await told()).map((one) => JSON.stringify(one))).toContainEqual(expect.stringContaining('may write to'))
  }, 60_000)

  it('B-10: mail that comes into the Inbox makes the calendar due at once, which lives by its sweep as before', async () => {
    const { regarding, ben, clock } = post
    const { schedule } = regarding
    const due = async () => (await schedule.statusOf(ben.mailboxId)).find(({ workload }) => workload === 'act')?.nextDue
    await syncItems(regarding, ben.mailboxId)
    const errors: unknown[] = []
    const watched: string[] = []
    const hints = createHints({ schedule, clock: systemClock, gatherMilliseconds: 10 })
    const noted = {
      ...hints,
      watched: (keys: readonly { workload: string }[]) => {
        watched.push(...keys.map(({ workload }) => workload))
        return Promise.resolve()
      },
    }
    const watches = createWatches(regarding, noted, { maximum: 5, onError: (error) => errors.push(error) })
    try {
      await watches.ensure(ben.mailboxId)
      expect({ watches: watches.count, errors, watched }).toEqual({ watches: 1, errors: [], watched: [] })
      const sweep = await due()
      expect(sweep?.getTime()).toBeGreaterThan(clock.now().getTime())
      await comes(meeting()('REQUEST'))
      const isEarlier = async () => {
        await clock.advance(100) // what the connection waits for goes by the same clock
        return (await due())?.getTime() !== sweep?.getTime()
      }
      await expect.poll(isEarlier, { timeout: 10_000 }).toBe(true)
      expect((await due())?.getTime()).toBeLessThan(sweep?.getTime() ?? 0)
    } finally {
      await watches.close()
    }
  }, 60_000)

  it('B-80: mail of who is blocked changes nothing', async () => {
    const { regarding, ben, carl } = post
    const own = { kind: 'user', id: ben.id } as const
    await addBlockRule(regarding, own, { scope: 'user', kind: 'address', pattern: carl.address })
    const text = meeting()
    await comes(text('REQUEST'))
    await post.cycle(ben)
    expect(await found(`meeting-${meetings}@outside.example`)).toEqual([])
  }, 60_000)
})
