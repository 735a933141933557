import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Attendee, CalendarItem, ItemRef } from '#mailbox'
import { systemClock } from '#time'
import { openDav } from '../../../src/mailbox/dav/index.ts'
import { type Cyrus, startCyrus } from '../../support/cyrus.ts'
import { contact, event, weekly } from '../conformance/items/samples.ts'
import { ItemCopy, mainFolder, QUIET, readEvent, retitle, use } from '../conformance/items/use.ts'
import { expectFailure, failure } from '../conformance/use.ts'
import { type DavBench, davBench } from './support/bench.ts'
import { cyrusServer } from './support/cyrusServer.ts'

let cyrus: Cyrus

beforeAll(async () => {
  cyrus = await startCyrus()
}, 60_000)
afterAll(() => cyrus?.stop())

const ALL = { notify: 'all' } as const

describe('meetings that the server tells of (RFC 6638)', () => {
  test('AP-35, AP-57: all are told by the server; the answer comes back; what is called off is told', async () => {
    const [anna, ben] = await both()
    const made = await create(anna, 'Lunch', ALL, [ben])
    const invited = await only(ben)
    expect(await readEvent(ben.items, invited)).toMatchObject({
      role: 'attendee',
      answer: 'none',
      organizer: { address: anna.address },
      fields: { subject: 'Lunch' },
      uid: (await readEvent(anna.items, made)).uid,
    })
    const answered = await ben.items.respond(invited, 'accepted', { tell: true, comment: 'Gladly' })
    expect((await readEvent(ben.items, answered)).answer).toBe('accepted')
    const now = await only(anna)
    expect((await readEvent(anna.items, now)).fields.attendees).toMatchObject([
      { address: ben.address, answer: 'accepted' },
    ])
    await anna.items.remove(now, ALL)
    expect(await isCalledOff(ben)).toBe(true)
  })

  test('AP-36, law 8: whom nobody shall tell is told of nothing, neither by creating nor changing nor deleting', async () => {
    const [anna, ben] = await both()
    let ref = await create(anna, 'Secret', QUIET, [ben])
    ref = await anna.items.update(ref, retitle('event', 'Still secret'), QUIET)
    expect(await held(ben)).toEqual([])
    await anna.items.remove(ref, QUIET)
    expect(await held(ben)).toEqual([])
  })

  test('AP-36, law 8: marks and reminders of a meeting that the server tells of are written silently, other changes refused', async () => {
    const [anna, ben] = await both()
    const made = await create(anna, 'Lunch', ALL, [ben])
    const before = await only(ben)
    const marked = await anna.items.update(
      made,
      { kind: 'event', marks: { state: 'tracked' }, set: { reminder: 5 } },
      QUIET,
    )
    expect(await only(ben)).toEqual(before)
    await expectFailure(() => anna.items.update(marked, retitle('event', 'Dinner'), QUIET), 'unsupported')
    await expectFailure(() => anna.items.remove(marked, QUIET), 'unsupported')
    const told = await anna.items.update(marked, retitle('event', 'Dinner'), ALL)
    expect((await readEvent(ben.items, await only(ben))).fields.subject).toBe('Dinner')
    expect((await readEvent(anna.items, told)).marks.state).toBe('tracked')
  })

  test('AP-8, AP-11: the marks of whoever invites are not those of the invited, who has her own', async () => {
    const [anna, ben] = await both()
    const { id } = await mainFolder(anna.items, 'event')
    const attendees: Attendee[] = [{ address: ben.address, role: 'required', answer: 'none' }]
    const meeting = { ...event('Lunch', { attendees }), marks: { state: 'tracked' } }
    const made = await anna.items.create(id, meeting, 'hers', ALL)
    const invited = await only(ben)
    expect((await readEvent(ben.items, invited)).marks).toEqual({})
    expect(await ben.items.find({ key: 'hers' })).toEqual([])
    const marked = await ben.items.update(invited, { kind: 'event', marks: { key: 'his', state: 'pending' } }, QUIET)
    expect((await readEvent(ben.items, marked)).marks).toEqual({ key: 'his', state: 'pending' })
    expect(await ben.items.find({ key: 'his' })).toEqual([marked])
    expect((await readEvent(anna.items, made)).marks).toEqual({ key: 'hers', state: 'tracked' })
  })

  test('AP-8: what an appointment is about in the CRM stands in no text that the invited can read', async () => {
    const [anna, ben] = await both()
    const { id, path } = await mainFolder(anna.items, 'event')
    const attendees: Attendee[] = [{ address: ben.address, role: 'required', answer: 'none' }]
    for (const mark of ['organization', 'recordType', 'recordId', 'regardingType', 'regardingId', 'regardingName']) {
      const told = { ...event('Told', { attendees }), marks: { [mark]: 'secret' } }
      await expectFailure(() => anna.items.create(id, told, `told-${mark}`, ALL), 'unsupported')
    }
    const made = await create(anna, 'Lunch', ALL, [ben])
    // An earlier version wrote them: the next change takes them off.
    const { name, text } = await anna.other.textOf(path, 'Lunch')
    const old = text.replace(/(X-REGARDING-KEY[^\n]*\n)/, '$1X-REGARDING-REGARDING-NAME:secret\r\n')
    await anna.other.put(path, name, old)
    const [ref] = await anna.items.find({ key: 'meeting-Lunch' })
    expect((await readEvent(anna.items, ref as ItemRef)).marks).toEqual({ key: 'meeting-Lunch' })
    await anna.items.update(ref as ItemRef, retitle('event', 'Dinner'), ALL)
    for (const one of [await anna.other.textOf(path, 'Dinner'), await ben.other.textOf(path, 'Dinner')]) {
      expect(one.text).toContain('X-REGARDING-KEY')
      expect(one.text).not.toContain('secret')
    }
    expect(made.folder).toBe(id)
  })

  test('AP-57: an answer that shall not be told stays in the own calendar', async () => {
    const [anna, ben] = await both()
    await create(anna, 'Lunch', ALL, [ben])
    const before = await only(anna)
    const answered = await ben.items.respond(await only(ben), 'declined', { tell: false })
    expect((await readEvent(ben.items, answered)).answer).toBe('declined')
    expect(await only(anna)).toEqual(before)
  })

  test('AP-57, AP-70: one occurrence of a series is answered by itself', async () => {
    const [anna, ben] = await both()
    const attendees: Attendee[] = [{ address: ben.address, role: 'required', answer: 'none' }]
    const { id } = await mainFolder(anna.items, 'event')
    await anna.items.create(id, weekly('Stand-up', { attendees }), 'series', ALL)
    const originalStart = '2026-03-16T10:00:00'
    const all = await ben.items.respond(await only(ben), 'accepted', { tell: true })
    const one = await ben.items.respond(all, 'declined', { tell: true, originalStart })
    const { answer, series } = await readEvent(ben.items, one)
    expect(answer).toBe('accepted')
    const declined = [{ address: ben.address, answer: 'declined' }]
    expect(series).toMatchObject({ exceptions: [{ originalStart, fields: { attendees: declined } }] })
    const told = await readEvent(anna.items, await only(anna))
    expect(told.fields.attendees).toMatchObject([{ answer: 'accepted' }])
  })

  test.each([
    { what: 'is entered by the server where it ends by a date', end: { until: '2026-05-11' }, entered: ['tentative'] },
    // Cyrus 3.6 finds no occurrence of a counted series but the first; the answer lies in its inbox alone.
    { what: 'is told by the server alone where it is counted', end: { count: 10 }, entered: [] },
  ])('AP-70: an answer to one occurrence of a series $what', async ({ end, entered }) => {
    const [anna, ben] = await both()
    const attendees: Attendee[] = [{ address: ben.address, role: 'required', answer: 'none' }]
    const { id, path } = await mainFolder(anna.items, 'event')
    const item = weekly('Stand-up', { attendees })
    const series = { cancelled: [], exceptions: [], recurrence: { frequency: 'weekly' as const, interval: 1, end } }
    await anna.items.create(id, { ...item, series }, 'series', ALL)
    const answer = { tell: true, originalStart: '2026-03-16T10:00:00' }
    await ben.items.respond(await only(ben), 'tentative', answer)
    expect((await ben.other.textOf(path, 'Stand-up')).text).toMatch(/^ORGANIZER;SCHEDULE-STATUS=1\.2:/m)
    expect(await toldTo(anna, /^RECURRENCE-ID[^:]*:(\w+)/m, /PARTSTAT=(\w+)/)).toEqual([
      'REPLY 20260316T100000 TENTATIVE',
    ])
    const { series: hers } = await readEvent(anna.items, await only(anna))
    const { exceptions } = hers && 'exceptions' in hers ? hers : { exceptions: [] }
    expect(exceptions.map(({ fields }) => fields.attendees?.[0]?.answer)).toEqual(entered)
  })

  test.each([
    { what: 'never moved', times: 0, last: 'CANCEL 1' },
    { what: 'moved twice', times: 2, last: 'CANCEL 3' },
  ])(
    'AP-36, AP-57: no word about a meeting that is $what and called off counts less than the one before (RFC 5546 §2.1.4)',
    async ({ times, last }) => {
      const [anna, ben] = await both()
      let ref = await create(anna, 'Lunch', ALL, [ben])
      const told = async () => (await toldTo(ben, /^SEQUENCE:(\d+)/m)).at(-1)
      expect(await told()).toBe('REQUEST 1')
      for (let time = 1; time <= times; time++) {
        const { fields } = await readEvent(anna.items, ref)
        const day = (at: string) => at.replace(/^[\d-]{10}/, `2027-03-0${time}`)
        const moved = { ...fields.time, start: day(fields.time.start), end: day(fields.time.end) }
        ref = await anna.items.update(ref, { kind: 'event', set: { time: moved } }, ALL)
        expect(await told()).toBe(`REQUEST ${time + 1}`)
      }
      ref = await anna.items.update(ref, { kind: 'event', set: { reminder: 5 } }, QUIET)
      expect(await told()).toBe(`REQUEST ${times + 1}`)
      await anna.items.remove(ref, ALL)
      expect(await told()).toBe(last)
    },
  )

  test('AP-85: an attachment that the server keeps (RFC 8607) is read from there, and stays when the item changes', async () => {
    const [anna] = await both()
    const { id, path } = await mainFolder(anna.items, 'event')
    await anna.items.create(id, event('Plan'), 'plan', QUIET)
    const { name } = await anna.other.textOf(path, 'Plan')
    const headers = { 'content-type': 'text/plain', 'content-disposition': 'attachment;filename=plan.txt' }
    const added = await anna.other.ask(
      'POST',
      `${anna.other.pathOf(path)}${name}?action=attachment-add`,
      headers,
      'The plan',
    )
    expect(added.status).toBeLessThan(300)
    const [ref] = await anna.items.find({ key: 'plan' })
    const next = await anna.items.update(ref as ItemRef, retitle('event', 'New plan'), QUIET)
    const [attached] = (await readEvent(anna.items, next)).attachments
    expect(attached).toMatchObject({ name: 'plan.txt', type: 'text/plain', size: 8 })
    // It is where the server was asked for: another origin than the proxy's, to which no credentials go.
    expect((await failure(() => anna.items.attachment(next, attached?.id ?? ''))).kind).toBe('permanent')
    const direct = await openDav({ ...anna.settings, url: `http://127.0.0.1:${cyrus.port}/` }, { clock: systemClock })
    onTestFinished(() => direct.close())
    expect(Buffer.from(await direct.items.attachment(next, attached?.id ?? '')).toString()).toBe('The plan')
  })

  test('B-60: a UID that the calendar has is not given a second time', async () => {
    const [anna] = await both()
    const { id } = await mainFolder(anna.items, 'event')
    const ref = await anna.items.create(id, { ...event('First'), uid: 'same@example.org' }, 'first', QUIET)
    await expectFailure(
      () => anna.items.create(id, { ...event('Second'), uid: 'same@example.org' }, 'second', QUIET),
      'permanent',
    )
    expect(await anna.items.find({ uid: 'same@example.org' })).toEqual([ref])
  })
})

describe('texts that a server keeps as they are', () => {
  test('AP-20, FD-23: vCards 3 and 4 stay byte for byte but for what is changed: photos, groups, folds, unknown properties', async () => {
    const [anna] = await both()
    const { id, path } = await mainFolder(anna.items, 'contact')
    for (const version of ['3.0', '4.0']) {
      const photo = Buffer.alloc(3_000, version).toString('base64')
      const lines = [
        'BEGIN:VCARD',
        `VERSION:${version}`,
        `UID:card-${version}`,
        `FN:Card ${version}`,
        'N:Card;;;;',
        'item1.EMAIL;TYPE=home:a@adatum.example',
        'item1.X-ABLabel:_$!<Home>!$_',
        version === '3.0' ? `PHOTO;ENCODING=b;TYPE=JPEG:${photo}` : `PHOTO:data:image/jpeg;base64,${photo}`,
        'X-SOCIALPROFILE;type=moon:xmpp:ada',
        'NOTE:Umlauts äöü\\, and a fold that is',
        '  odd',
        'END:VCARD',
      ]
      const text = `${lines.join('\r\n')}\r\n`
      expect((await anna.other.put(path, `card-${version}.vcf`, text)).status).toBe(201)
      const [ref] = await anna.items.find({ uid: `card-${version}` })
      await anna.items.update(ref as ItemRef, { kind: 'contact', set: { jobTitle: 'CEO' } }, QUIET)
      // Else Cyrus tells every card as vCard 3, without photos that are addresses.
      const accept = { accept: `text/vcard;version=${version}` }
      const after = (await anna.other.ask('GET', `${anna.other.pathOf(path)}card-${version}.vcf`, accept)).text
      // Cyrus folds anew what it is given.
      expect(unfolded(after).filter((line) => !/^(TITLE|REV)/.test(line))).toEqual(unfolded(text))
      expect(after).toContain('TITLE:CEO')
    }
    const plain = await anna.items.create(id, contact('Plain'), 'plain', QUIET)
    expect(plain.id).toBe('regarding-plain.vcf')
  })

  test('AP-60: a zone of somebody’s own is written with the item, and left alone when the item changes', async () => {
    const [anna] = await both()
    const { id, path } = await mainFolder(anna.items, 'event')
    const zone = { name: 'Own Zone', offset: 3_600, transitions: [{ at: Date.UTC(2026, 2, 20), offset: 9_000 }] }
    const time = { allDay: false, start: '2026-03-19T10:00:00', end: '2026-03-19T11:00:00', zone }
    const made = await anna.items.create(id, event('Own', { time }), 'own-zone', QUIET)
    const definition = async () =>
      /BEGIN:VTIMEZONE[\s\S]*END:VTIMEZONE/.exec((await anna.other.textOf(path, 'Own')).text)?.[0]
    const before = await definition()
    expect(before).toContain('TZOFFSETTO:+0230')
    const ref = await anna.items.update(made, { kind: 'event', set: { location: 'Here' } }, QUIET)
    expect(await definition()).toBe(before)
    expect((await readEvent(anna.items, ref)).fields.time).toMatchObject({ start: time.start, end: time.end })
  })
})

function unfolded(text: string): string[] {
  return text.replace(/\r\n[ \t]/g, '').split('\r\n')
}

async function both(): Promise<[DavBench, DavBench]> {
  return [await someone(), await someone()]
}

async function someone(): Promise<DavBench> {
  return (await use(() => davBench(cyrusServer(cyrus)))) as DavBench
}

async function create(
  who: DavBench,
  subject: string,
  options: { notify: 'all' | 'none' },
  others: DavBench[],
): Promise<ItemRef> {
  const { id } = await mainFolder(who.items, 'event')
  const attendees = others.map(({ address }): Attendee => ({ address, role: 'required', answer: 'none' }))
  return who.items.create(id, event(subject, { attendees }), `meeting-${subject}`, options)
}

async function held({ items }: DavBench): Promise<ItemRef[]> {
  const copy = new ItemCopy(items, (await mainFolder(items, 'event')).id)
  await copy.follow()
  return [...copy.refs.values()]
}

async function only(who: DavBench): Promise<ItemRef> {
  const refs = await held(who)
  expect(refs).toHaveLength(1)
  return refs[0] as ItemRef
}

/** What lies in the inbox for scheduling (RFC 6638 §4.1): its methods with what `what` finds in each. */
async function toldTo({ other, user }: DavBench, ...what: RegExp[]): Promise<string[]> {
  const body = `<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>`
  const headers = { depth: '1', 'content-type': 'application/xml' }
  const { text } = await other.ask('REPORT', `/dav/calendars/user/${user}/Inbox/`, headers, body)
  const messages = [...text.matchAll(/METHOD:[\s\S]*?END:VCALENDAR/g)].map(([one]) => one)
  return messages.map((one) => [/^METHOD:(\w+)/, ...what].map((part) => part.exec(one)?.[1]).join(' '))
}

async function isCalledOff(who: DavBench): Promise<boolean> {
  const read = await Promise.all((await held(who)).map((ref) => readEvent(who.items, ref)))
  return read.every(({ cancelled }: CalendarItem) => cancelled)
}
