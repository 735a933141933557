import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allZones, keepSameTime, occurrences, type Zone, zoneOfEras } from '#calendar'
import type { ItemMailbox, Mailbox, NewEvent } from '#mailbox'
import type { CalendarEvent, User } from '#sandbox'
import { event, ZONE } from '../conformance/items/samples.ts'
import { mainFolder, QUIET, readEvent } from '../conformance/items/use.ts'
import { failure } from '../conformance/use.ts'
import { type Exchange, openExchange, startExchange } from './support/sandbox.ts'

let exchange: Exchange
let person: User
let mailbox: Mailbox
let items: ItemMailbox
let calendar: string
beforeAll(async () => {
  exchange = await startExchange()
  person = exchange.addPerson()
  mailbox = await openExchange(exchange, person)
  items = mailbox.items as ItemMailbox
  calendar = (await mainFolder(items, 'event')).id
})
afterAll(async () => {
  await mailbox.close()
  await exchange.close()
})

let made = 0
async function kept(zone: Zone, series?: NewEvent['series']) {
  const time = { allDay: false, start: '2026-03-09T10:00:00', end: '2026-03-09T11:00:00', zone }
  const ref = await items.create(calendar, event(`Meeting ${++made}`, { time }, series), `zone-${made}`, QUIET)
  return { time, ref, read: await readEvent(items, ref) }
}

/** Two hours of summer time from the second Monday in April to October 3, as nobody keeps it. */
const ODD = zoneOfEras('Our Ship', [
  {
    from: 1,
    offset: -5400,
    daylight: {
      offset: 1800,
      begins: { month: 4, weekday: 1, week: 2, time: '03:00:00' },
      ends: { month: 10, day: 3, time: '01:30:00' },
    },
  },
])

describe('time zones of Exchange', () => {
  test('AP-60: the place that was meant is read again, though many places share a zone of Windows', async () => {
    for (const zone of [ZONE, 'Europe/Vienna', 'Asia/Kolkata', 'America/Indiana/Indianapolis', 'UTC'])
      expect((await kept(zone)).read.fields.time.zone).toBe(zone)
    expect(person.mailbox.items(calendar).map((item) => (item as CalendarEvent).start.zone)).toContain(
      'W. Europe Standard Time',
    )
  })

  test('AP-60: whatever place it is, its time is kept, by name or by rules', async () => {
    const places = allZones().filter((zone) => zone.includes('/'))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), async (zone) => {
        const { read, time } = await kept(zone)
        expect(read.fields.time).toEqual(time)
      }),
      { numRuns: 25, endOnFailure: true },
    )
  })

  test('AP-60: a zone that Windows does not have goes by its rules, a series through its summer times', async () => {
    for (const zone of ['Antarctica/Troll', ODD] as Zone[]) {
      const weekly = { frequency: 'weekly', interval: 1, byDay: [{ day: 'MO' as const }] } as const
      const recurrence = { ...weekly, byDay: [...weekly.byDay], end: { count: 40 } }
      const { read, time } = await kept(zone, { recurrence, cancelled: [], exceptions: [] })
      expect(read.fields.time).toMatchObject({ start: time.start, end: time.end })
      expect(keepSameTime(read.fields.time.zone, zone, { from: 2026, to: 2030 })).toBe(true)
      const at = [...occurrences(recurrence, time.start)][20] as string
      const ref = await items.update(
        read.ref,
        { kind: 'event', occurrences: [{ originalStart: at, set: { location: 'Bridge' } }] },
        QUIET,
      )
      expect((await readEvent(items, ref)).series).toMatchObject({ exceptions: [{ originalStart: at }] })
    }
  })

  test('AP-60: an appointment is moved to another zone, also one its Exchange has no name for', async () => {
    const { ref } = await kept(ZONE)
    const time = { allDay: false, start: '2026-07-01T09:00:00', end: '2026-07-01T10:30:00', zone: ODD }
    const moved = await items.update(ref, { kind: 'event', set: { time } }, QUIET)
    const read = await readEvent(items, moved)
    expect(read.fields.time).toMatchObject({ start: time.start, end: time.end })
    const days = { allDay: true, start: '2026-07-01', end: '2026-07-03', zone: 'Pacific/Auckland' }
    const again = await items.update(moved, { kind: 'event', set: { time: days } }, QUIET)
    expect((await readEvent(items, again)).fields.time).toEqual(days)
  })

  test('AP-75: a series in a zone whose clocks no rule of Exchange tells is refused, a single appointment kept', async () => {
    const once = { name: 'Island', offset: 3600, transitions: [{ at: Date.UTC(2026, 4, 1), offset: 7200 }] }
    expect((await kept(once)).read.fields.time).toMatchObject({ start: '2026-03-09T10:00:00' })
    const recurrence = { frequency: 'daily', interval: 1, end: { count: 300 } } as const
    const error = await failure(() => kept(once, { recurrence, cancelled: [], exceptions: [] }))
    expect(error).toMatchObject({ kind: 'unsupported', message: expect.stringContaining('Island') as string })
  })
})
