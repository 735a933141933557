import { describe, expect, onTestFinished, test } from 'vitest'
import { allWindowsZones, allZones, type CustomZone, isSameZone } from '#calendar'
import type { Item, ItemMailbox, ItemPatch } from '#mailbox'
import { addEvent, type CalendarEvent, newUid } from '#sandbox'
import { readZone, writtenZone } from '../../../src/mailbox/graph/items/zones.ts'
import { contact, event, sample, weekly } from '../conformance/items/samples.ts'
import { ItemCopy, mainFolder, QUIET, readEvent, readOne } from '../conformance/items/use.ts'
import { expectFailure } from '../conformance/use.ts'
import { startGround } from './support/bench.ts'
import { countRequests } from './support/counting.ts'

const CUSTOM: CustomZone = {
  name: 'Moon base',
  offset: 5 * 3600 + 1800,
  transitions: [{ at: Date.UTC(2026, 2, 1), offset: 3 * 3600 }],
}
const times = (zone: string | CustomZone) => ({
  time: { allDay: false, start: '2026-07-01T10:00:00', end: '2026-07-01T11:00:00', zone },
})
const ann = { address: 'ann@adatum.example', name: 'Ann', role: 'required', answer: 'none' } as const

const at = (hour: number) => ({ local: `2026-03-09T${hour}:00:00`, zone: 'W. Europe Standard Time' })

describe('time zones over Graph', () => {
  test('AP-60: every place and every zone of Windows goes to Exchange and comes back the same', () => {
    const changed = allZones().filter((zone) => {
      const { name, note } = writtenZone(zone)
      return !isSameZone(readZone(name, note ?? undefined).zone, zone)
    })
    expect(changed).toEqual([])
    const there = allWindowsZones().map((name) => readZone(name, undefined))
    expect(there.filter(({ unknown }) => unknown)).toEqual([])
    expect(there.map(({ zone }) => writtenZone(zone).name)).toEqual(allWindowsZones())
    expect(readZone('tzone://Microsoft/Custom', undefined)).toEqual({ zone: 'UTC', unknown: true })
  })

  test('AP-60: places, and zones that somebody made, are read as they were written, until somebody changes the zone', async () => {
    const { items, user, id } = await use()
    for (const zone of ['Europe/Vienna', 'Antarctica/Troll', 'Asia/Kathmandu', CUSTOM]) {
      const made = await items.create(id, event('Far away', times(zone)), `zone-${JSON.stringify(zone).length}`, QUIET)
      expect((await readEvent(items, made)).fields.time).toEqual(times(zone).time)
      const stored = user.mailbox.item(made.id.replaceAll('-', '/').replaceAll('_', '+')) as CalendarEvent
      const start = { local: '2026-07-01T10:00:00', zone: 'Tokyo Standard Time' }
      user.mailbox.update<CalendarEvent>(stored.id, { start, end: start })
      expect((await readEvent(items, made)).fields.time).toMatchObject({ start: start.local, zone: 'Asia/Tokyo' })
    }
  })

  test('AP-75: what Graph cannot say is refused by name, and nothing is made', async () => {
    const { items, user, id } = await use()
    const { series } = weekly('Series')
    const refused = async (change: object, fields: object, said: RegExp) => {
      const item = { ...event('Refused', fields), series: { ...series, ...change } } as never
      await expectFailure(() => items.create(id, item, 'refused', QUIET), 'unsupported')
      await expect(items.create(id, item, 'refused', QUIET)).rejects.toThrow(said)
    }
    await refused({ added: ['2026-05-01T10:00:00'] }, {}, /additional dates/)
    await refused({ recurrence: { frequency: 'hourly', interval: 1 } }, {}, /hourly/)
    await refused({}, { time: { ...event('x').fields.time, zone: CUSTOM } }, /Moon base/)
    expect(user.mailbox.items(user.mailbox.wellKnown('calendar').id)).toEqual([])
  })
})

describe('meetings over Graph', () => {
  test('law 8, AP-36: what Exchange would tell attendees is refused when nobody may be told; the owner’s own is written', async () => {
    const { items, user, id } = await use()
    const sent = () => user.mailbox.items(user.mailbox.wellKnown('sentitems').id).length
    const made = await items.create(id, event('Meeting', { attendees: [ann] }), 'meeting', { notify: 'all' })
    expect(sent()).toBe(1)
    const { ref } = await readEvent(items, made)
    for (const notify of ['none', 'changed'] as const) {
      await expectFailure(
        () => items.update(ref, { kind: 'event', set: { location: 'Attic' } }, { notify }),
        'unsupported',
      )
      await expectFailure(() => items.remove(ref, { notify }), 'unsupported')
    }
    const mine: ItemPatch = {
      kind: 'event',
      set: { categories: ['$Tracked'], reminder: 5 },
      marks: { state: 'tracked' },
    }
    const marked = await items.update(ref, mine, QUIET)
    expect(sent()).toBe(1)
    expect((await readEvent(items, marked)).fields).toMatchObject({ reminder: 5, categories: ['$Tracked'] })
    const single = await items.create(id, event('Alone'), 'alone', QUIET)
    await expectFailure(() => items.update(single, { kind: 'event', set: { attendees: [ann] } }, QUIET), 'unsupported')
    await items.update(single, { kind: 'event', set: { attendees: [ann] } }, { notify: 'all' })
    expect(sent()).toBe(2)
  })

  test('AP-57: one occurrence of an invitation is answered by itself, also without telling; what is declined goes', async () => {
    const { items, user, sandbox, id } = await use()
    const { world } = sandbox
    const boss = world.addUser({ address: 'boss@contoso.example', name: 'Boss' })
    const recurrence = { pattern: { type: 'daily', interval: 1 }, start: '2026-03-09', count: 3 } as const
    await addEvent({ world, user: boss, notify: true }, boss.mailbox.wellKnown('calendar').id, {
      kind: 'event',
      uid: newUid(world),
      sequence: 0,
      subject: 'Daily',
      body: { type: 'text', content: '' },
      location: '',
      start: at(10),
      end: at(11),
      allDay: false,
      showAs: 'busy',
      sensitivity: 'normal',
      importance: 'normal',
      reminder: undefined,
      answer: 'organizer',
      cancelled: false,
      organizer: { name: 'Boss', address: boss.address },
      attendees: [{ name: 'Sales', address: user.address, type: 'required', answer: 'none' }],
      mine: true,
      responseRequested: true,
      exceptions: [],
      online: false,
      attachments: [],
      recurrence,
    })
    const copy = new ItemCopy(items, id)
    await copy.follow()
    const [ref] = copy.refs.values()
    if (!ref) throw new Error('There is no invitation')
    const originalStart = '2026-03-10T10:00:00'
    const answered = await items.respond(ref, 'accepted', { tell: false, originalStart })
    const { series } = await readEvent(items, answered)
    expect(series).toMatchObject({ exceptions: [{ originalStart, answer: 'accepted' }] })
    expect(user.mailbox.items(user.mailbox.wellKnown('sentitems').id)).toEqual([])
    await items.respond(answered, 'declined', { tell: true, comment: 'Sorry' })
    expect(await items.get(id, [ref.id])).toEqual([])
    expect(user.mailbox.items(user.mailbox.wellKnown('sentitems').id)).toHaveLength(1)
  })
})

describe('items over Graph', () => {
  test('AP-3: an item that is listed and then denied says why, and the others are read', async () => {
    const { items, sandbox } = await use()
    for (const [kind, operation] of [
      ['event', 'GET /events/{id}'],
      ['contact', 'GET /contacts/{id}'],
      ['task', 'GET /todo/lists/{id}/tasks/{id}'],
    ] as const) {
      const { id } = await mainFolder(items, kind)
      for (const title of ['One', 'Two']) await items.create(id, sample(kind, title), `${kind}-${title}`, QUIET)
      const copy = new ItemCopy(items, id)
      await copy.follow()
      const fault = { kind: 'error', status: 403, code: 'ErrorAccessDenied' } as const
      sandbox.faults.inject({ fault, operation, nth: 1 })
      const read = await items.get(id, [...copy.refs.keys()])
      expect(read.map((one) => one.kind)).toEqual(['unreadable', kind])
      expect(read.map(({ ref }) => ref)).toEqual([...copy.refs.values()])
      expect(read[0]).toMatchObject({ error: { kind: 'denied' } })
    }
  })

  test('SC-56, B-44: a series whose exceptions are denied or stumbled over says why, and so one whose exceptions are not there', async () => {
    const { items, sandbox, id } = await use()
    const series = weekly('Series')
    const exceptions = [{ originalStart: '2026-03-16T10:00:00', fields: { location: 'Garden' } }]
    const whole = { ...series, ...(series.series && { series: { ...series.series, exceptions } }) }
    const made = await items.create(id, whole, 'series', QUIET)
    for (const [status, code] of [
      [403, 'ErrorAccessDenied'],
      [500, 'ErrorInternalServerError'],
      [404, 'ErrorItemNotFound'],
    ] as const) {
      sandbox.faults.inject({ fault: { kind: 'error', status, code }, operation: 'GET /events/{id}', nth: 2 })
      expect((await items.get(id, [made.id])).map(({ kind }) => kind)).toEqual(['unreadable'])
    }
    expect((await readEvent(items, made)).series).toMatchObject({ exceptions })
  })

  test('FD-23: email addresses keep their places, and phones of Outlook that Graph has no name for are kept', async () => {
    const { items } = await use()
    const { id } = await mainFolder(items, 'contact')
    const fields = {
      displayName: 'Gap',
      email2: 'b@x.example',
      email3: 'C@x.example',
      pager: '12',
      businessFax: '13',
      mailingAddress: 'other',
      anniversary: '2001-05-01',
    } as const
    const made = await items.create(id, { kind: 'contact', fields }, 'gap', QUIET)
    expect((await readOne(items, made)).fields).toEqual(fields)
    const ref = await items.update(
      made,
      { kind: 'contact', set: { email1: 'a@x.example' }, clear: ['email2', 'pager'] },
      QUIET,
    )
    const { email2: _2, pager: _p, ...kept } = fields
    expect((await readOne(items, ref)).fields).toEqual({ ...kept, email1: 'a@x.example' })
  })

  test('B-13: sixty items are listed in few requests, read 20 in each, written in one; a quiet folder costs one', async () => {
    const { items, sandbox, user } = await use()
    const requests = countRequests(sandbox)
    const { id } = await mainFolder(items, 'contact')
    for (let value = 0; value < 60; value++)
      user.mailbox.add(user.mailbox.wellKnown('contacts').id, {
        kind: 'contact',
        displayName: `N ${value}`,
        children: [],
        emails: [],
        businessPhones: [],
        homePhones: [],
        imAddresses: [],
        attachments: [],
      } as never)
    requests.reset()
    const copy = new ItemCopy(items, id)
    await copy.follow({ pageSize: 100 })
    expect(requests.reset()).toHaveLength(1)
    const read = await items.get(id, [...copy.refs.keys()])
    // The names of categories are asked for once.
    expect(requests.reset().length).toBeLessThanOrEqual(4)
    await copy.follow()
    expect(requests.reset()).toHaveLength(1)
    await items.update((read[0] as Item).ref, { kind: 'contact', set: { company: 'Adatum' } }, QUIET)
    expect(requests.reset()).toHaveLength(1)
    await items.create(id, contact('New'), 'new', QUIET)
    expect(requests.reset()).toHaveLength(2)
  })
})

async function use() {
  const ground = await startGround()
  const mailbox = await ground.open()
  onTestFinished(async () => {
    await mailbox.close()
    await ground.sandbox.close()
  })
  const items = mailbox.items as ItemMailbox
  const { id } = await mainFolder(items, 'event')
  return { ...ground, mailbox, items, id }
}
