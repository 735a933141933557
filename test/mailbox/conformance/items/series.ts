import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { occurrences, type Recurrence } from '#calendar'
import type { EventPatch } from '#mailbox'
import { drain } from '../use.ts'
import type { ItemBench } from './bench.ts'
import { event, weekly, ZONE } from './samples.ts'
import { mainFolder, QUIET, readEvent, use } from './use.ts'

const SECOND = '2026-03-16T10:00:00'
const THIRD = '2026-03-23T10:00:00'
const FIRST_IN_SUMMER = '2026-03-30T10:00:00'

/** Recurrences that every system can say, from Monday, March 9 2026 on. */
const RECURRENCES: Recurrence[] = [
  { frequency: 'daily', interval: 3, end: { count: 20 } },
  { frequency: 'weekly', interval: 2, byDay: [{ day: 'MO' }, { day: 'TH' }] },
  { frequency: 'monthly', interval: 1, byMonthDay: [9], end: { until: '2027-03-09' } },
  { frequency: 'monthly', interval: 1, byDay: [{ day: 'MO', ordinal: 2 }] },
  { frequency: 'yearly', interval: 1, byMonth: [3], byMonthDay: [9] },
  { frequency: 'yearly', interval: 1, byMonth: [3], byDay: [{ day: 'MO', ordinal: 2 }], end: { count: 5 } },
]

export function seriesConform(setup: () => Promise<ItemBench>): void {
  const start = (...patches: EventPatch[]) => startSeries(setup, patches)

  describe('series', () => {
    test('AP-71: every recurrence that all systems can say is read with the same occurrences', async () => {
      const { items } = await use(setup)
      const { id } = await mainFolder(items, 'event')
      for (const [index, recurrence] of RECURRENCES.entries()) {
        const item = event(`Series ${index}`, {}, { recurrence, cancelled: [], exceptions: [] })
        const { series, fields } = await readEvent(items, await items.create(id, item, `series-${index}`, QUIET))
        expect(fields.time).toEqual(item.fields.time)
        const read = series && 'recurrence' in series ? series.recurrence : undefined
        const starts = (one: Recurrence) => [...occurrences(one, fields.time.start, { limit: 8 })]
        expect(read && starts(read)).toEqual(starts(recurrence))
      }
    })

    test('AP-70: a changed occurrence is an exception of its master with what differs, and no item of its own', async () => {
      const time = { allDay: false, start: '2026-03-17T14:00:00', end: '2026-03-17T15:30:00', zone: ZONE }
      const set = { time, location: 'Room 9' }
      const { read, items, id } = await start({ kind: 'event', occurrences: [{ originalStart: SECOND, set }] })
      const { series, fields } = await read()
      expect(series).toMatchObject({ cancelled: [], exceptions: [{ originalStart: SECOND, fields: set }] })
      expect(fields.location).toBeUndefined()
      const pages = await drain(items.changes(id, undefined, { pageSize: 50 }))
      expect(pages.flatMap(({ upserts }) => upserts)).toHaveLength(1)
    })

    test('AP-70: exceptions stay when the master’s other fields change, and change one by one', async () => {
      const { read } = await start(
        { kind: 'event', occurrences: [{ originalStart: SECOND, set: { subject: 'Special' } }] },
        { kind: 'event', occurrences: [{ originalStart: FIRST_IN_SUMMER, set: { location: 'Garden' } }] },
        { kind: 'event', set: { body: { text: 'Bring coffee' } } },
        { kind: 'event', occurrences: [{ originalStart: SECOND, set: { location: 'Room 2' } }] },
      )
      const { series, fields } = await read()
      expect(fields.body?.text).toBe('Bring coffee')
      expect(series).toMatchObject({
        exceptions: [
          { originalStart: SECOND, fields: { subject: 'Special', location: 'Room 2' } },
          { originalStart: FIRST_IN_SUMMER, fields: { location: 'Garden' } },
        ],
      })
    })

    test('AP-54: a deleted occurrence is a cancelled start, also one that was an exception', async () => {
      const { read } = await start(
        { kind: 'event', occurrences: [{ originalStart: THIRD, set: { subject: 'Special' } }] },
        { kind: 'event', occurrences: [{ originalStart: THIRD, cancel: true }] },
        { kind: 'event', occurrences: [{ originalStart: SECOND, cancel: true }] },
      )
      expect((await read()).series).toMatchObject({ cancelled: [SECOND, THIRD], exceptions: [] })
    })

    test('AP-71: a new pattern takes exceptions and cancellations away, but for those it brings', async () => {
      const recurrence: Recurrence = { frequency: 'daily', interval: 1, end: { count: 5 } }
      const { read } = await start(
        { kind: 'event', occurrences: [{ originalStart: SECOND, set: { subject: 'Special' } }] },
        { kind: 'event', recurrence, occurrences: [{ originalStart: '2026-03-11T10:00:00', cancel: true }] },
      )
      expect((await read()).series).toMatchObject({ cancelled: ['2026-03-11T10:00:00'], exceptions: [] })
    })

    test('AP-71: a series becomes a single appointment, and one a series', async () => {
      const { read, items, ref } = await start({ kind: 'event', recurrence: null })
      expect((await read()).series).toBeUndefined()
      const recurrence: Recurrence = { frequency: 'daily', interval: 1, end: { count: 3 } }
      const again = await items.update(ref, { kind: 'event', recurrence }, QUIET)
      expect((await readEvent(items, again)).series).toMatchObject({ recurrence: { frequency: 'daily' } })
    })

    test('AP-60: an all-day series lasts days, with exceptions by day', async () => {
      const { items } = await use(setup)
      const { id } = await mainFolder(items, 'event')
      const time = { allDay: true, start: '2026-03-09', end: '2026-03-11', zone: ZONE }
      const recurrence: Recurrence = { frequency: 'weekly', interval: 1, byDay: [{ day: 'MO' }], end: { count: 6 } }
      const item = event('Fair', { time }, { recurrence, cancelled: [], exceptions: [] })
      const made = await items.create(id, item, 'all-day', QUIET)
      const occurrence = [{ originalStart: '2026-03-30', set: { subject: 'Fair in summer time' } }]
      const ref = await items.update(made, { kind: 'event', occurrences: occurrence }, QUIET)
      const { fields, series } = await readEvent(items, ref)
      expect(fields.time).toEqual(time)
      expect(series).toMatchObject({
        exceptions: [{ originalStart: '2026-03-30', fields: { subject: 'Fair in summer time' } }],
      })
    })

    test('AP-70: any history of single occurrences is read as it was written', async () => {
      const { items } = await use(setup)
      const { id } = await mainFolder(items, 'event')
      const starts = [...occurrences({ frequency: 'weekly', interval: 1 }, '2026-03-09T10:00:00', { limit: 10 })]
      const act = fc.tuple(fc.constantFrom(...starts), fc.constantFrom('cancel', 'Garden', 'Attic'))
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 8 }), async (acts) => {
          let ref = await items.create(id, weekly(`Run ${++run}`), `run-${run}`, QUIET)
          const places = new Map<string, string>()
          for (const [originalStart, what] of acts) {
            if (places.get(originalStart) === 'cancel') continue
            places.set(originalStart, what)
            const occurrence =
              what === 'cancel' ? { originalStart, cancel: true as const } : { originalStart, set: { location: what } }
            ref = await items.update(ref, { kind: 'event', occurrences: [occurrence] }, QUIET)
          }
          const sorted = [...places].sort(([a], [b]) => (a < b ? -1 : 1))
          expect((await readEvent(items, ref)).series).toMatchObject({
            cancelled: sorted.filter(([, what]) => what === 'cancel').map(([at]) => at),
            exceptions: sorted
              .filter(([, what]) => what !== 'cancel')
              .map(([originalStart, location]) => ({ originalStart, fields: { location } })),
          })
        }),
        { numRuns: 10, endOnFailure: true },
      )
    })
  })
}

/** A weekly series in an empty calendar, patched one by one. */
async function startSeries(setup: () => Promise<ItemBench>, patches: readonly EventPatch[]) {
  const { items } = await use(setup)
  const { id } = await mainFolder(items, 'event')
  let ref = await items.create(id, weekly('Stand-up'), 'series', QUIET)
  for (const patch of patches) ref = await items.update(ref, patch, QUIET)
  return { items, ref, id, read: () => readEvent(items, ref) }
}
