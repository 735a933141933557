import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { occurrences, type Recurrence, recurrenceOfGraph, startsItself } from '#calendar'
import {
  changeRecord,
  effectiveDirections,
  type InstanceView,
  instanceRows,
  mergePairs,
  newItem,
  patchItem,
  type RecordView,
  readItem,
  readRecord,
  unsupportedRecurrence,
} from '#items'
import { applyPatch, type CalendarItem, type Series } from '#mailbox'
import { graphRecurrences, starts } from '../../calendar/support/recurrences.ts'
import { changedView, eventItem, made, mapContext, NOW, recordView, SETTINGS } from '../support/map.ts'

const context = mapContext()
const TABLE = 'recurringappointmentmaster'
const directions = effectiveDirections(TABLE, {}, SETTINGS)
const on = { table: TABLE, context, directions } as const

const mondays: Recurrence = { frequency: 'weekly', interval: 1, byDay: [{ day: 'MO' }], end: { count: 10 } }
const time = { allDay: false, start: '2026-03-09T10:00:00', end: '2026-03-09T11:00:00', zone: 'Europe/Berlin' }

function seriesItem(
  series: Partial<Exclude<Series, { cannot: string }>> = {},
  fields: Partial<CalendarItem['fields']> = {},
) {
  return eventItem(
    { subject: 'Review', time, ...fields },
    { series: { recurrence: mondays, cancelled: [], exceptions: [], ...series } },
  )
}

/** The record that is made of an item, and what was agreed. */
function recordOf(item: CalendarItem) {
  const { toRecord, agreed } = mergePairs({ ...on, item: readItem(item, TABLE, context) })
  const change = changeRecord(TABLE, toRecord, undefined, context)
  const view = changedView(recordView(TABLE, {}, { exceptions: [] }), change)
  return { view, change, agreed }
}

function exception(view: RecordView, start: string, row: RecordView['row']): InstanceView {
  const originalstartdate = new Date(start)
  const usual = { scheduledstart: originalstartdate, scheduledend: new Date(originalstartdate.getTime() + 3_600_000) }
  return {
    id: start,
    version: 1,
    modified: NOW,
    row: { ...view.row, ...usual, originalstartdate, ...row },
    parties: view.parties,
  }
}

describe('a series', () => {
  it('FD-21, AP-71: is kept in columns that say when it takes place', () => {
    const { change } = recordOf(seriesItem())
    expect(change.values).toMatchObject({
      recurrencepatterntype: 1,
      interval: 1,
      daysofweekmask: 2,
      patternendtype: 2,
      occurrences: 10,
      patternstartdate: '2026-03-09',
      starttime: new Date('2026-03-09T09:00:00Z'),
      endtime: new Date('2026-03-09T10:00:00Z'),
      duration: 60,
      timezone: 'Europe/Berlin',
      // The tenth Monday lies in summer time.
      effectiveenddate: new Date('2026-05-11T09:00:00Z'),
      recurrencerule: 'FREQ=WEEKLY;COUNT=10;BYDAY=MO',
    })
  })

  it('AP-70, AP-71: whatever both sides can say comes back the same', () => {
    fc.assert(
      fc.property(graphRecurrences, starts, fc.boolean(), (pattern, start, allDay) => {
        const recurrence = recurrenceOfGraph(pattern)
        const [first] = occurrences(recurrence, allDay ? start.slice(0, 10) : start, { limit: 1 })
        fc.pre(first !== undefined && startsItself(recurrence, first))
        const at = first ?? ''
        const end = allDay ? new Date(Date.parse(at) + 86_400_000).toISOString().slice(0, 10) : at
        const item = seriesItem({ recurrence }, { time: { allDay, start: at, end, zone: 'Europe/Berlin' } })
        const values = readItem(item, TABLE, context)
        fc.pre(unsupportedRecurrence(values) === undefined)
        const { view, agreed } = recordOf(item)
        const record = readRecord(view, context)
        expect(record['recurrence']).toEqual(values['recurrence'])
        const back = mergePairs({ ...on, agreed, record, item: values })
        expect(back).toMatchObject({ toItem: {}, toRecord: {} })
        const copy = made(newItem(TABLE, mergePairs({ ...on, record }).toItem, context)) as CalendarItem
        expect(readItem(copy, TABLE, context)['recurrence']).toEqual(values['recurrence'])
      }),
      { numRuns: 60 },
    )
  })

  it.each<[string, Partial<Exclude<Series, { cannot: string }>>, RegExp]>([
    ['fifth Mondays', { recurrence: { frequency: 'monthly', interval: 1, byDay: [{ day: 'MO', ordinal: 5 }] } }, /5th/],
    ['hours', { recurrence: { frequency: 'hourly', interval: 4 } }, /hourly/],
    ['single dates', { added: ['2026-03-10T10:00:00'] }, /single dates/],
    ['1,000 occurrences', { recurrence: { ...mondays, end: { count: 1000 } } }, /1000 occurrences/],
  ])('AP-75: the CRM cannot say %s, and is told nothing of it', (_name, series, cause) => {
    const item = seriesItem(series)
    const values = readItem(item, TABLE, context)
    expect(unsupportedRecurrence(values)).toMatch(cause)
    expect(mergePairs({ ...on, item: values }).toRecord).not.toHaveProperty('recurrence')
  })

  it('AP-34: has its reminder as long as it goes on', () => {
    const { view } = recordOf(
      seriesItem(
        { recurrence: { frequency: 'daily', interval: 1 } },
        { time: { ...time, start: '2020-01-01T10:00:00', end: '2020-01-01T11:00:00' } },
      ),
    )
    expect(mergePairs({ ...on, record: readRecord(view, context) }).toItem).toMatchObject({ reminder: 15 })
  })
})

describe('occurrences that differ', () => {
  const item = seriesItem()
  const { view, agreed } = recordOf(item)

  it('AP-70: an exception of the mailbox is one of the CRM, by the start it would have had', () => {
    const moved = { ...time, start: '2026-03-31T14:00:00', end: '2026-03-31T15:00:00' }
    const now = seriesItem({
      cancelled: ['2026-03-16T10:00:00'],
      exceptions: [{ originalStart: '2026-03-30T10:00:00', fields: { time: moved, location: 'Room 2' } }],
    })
    const { toRecord, toItem } = mergePairs({
      ...on,
      agreed,
      record: readRecord(view, context),
      item: readItem(now, TABLE, context),
    })
    expect(toItem).toEqual({})
    expect(changeRecord(TABLE, toRecord, view, context)).toEqual({
      values: { deletedexceptionslist: '2026-03-16T10:00:00' },
      instances: [
        { originalStart: '2026-03-16T10:00:00', cancel: true },
        {
          originalStart: '2026-03-30T10:00:00',
          values: {
            location: 'Room 2',
            scheduledstart: new Date('2026-03-31T12:00:00Z'),
            scheduledend: new Date('2026-03-31T13:00:00Z'),
            scheduleddurationminutes: 60,
            isalldayevent: false,
          },
        },
      ],
    })
  })

  it('AP-70, B-70: both sides change one occurrence, field by field', () => {
    const ours = {
      ...view,
      exceptions: [exception(view, '2026-03-30T08:00:00Z', { subject: 'Ours', location: 'Here' })],
    }
    const theirs = seriesItem({
      exceptions: [{ originalStart: '2026-03-30T10:00:00', fields: { subject: 'Theirs', importance: 'high' } }],
    })
    const merged = mergePairs({
      ...on,
      agreed,
      record: readRecord(ours, context),
      item: readItem(theirs, TABLE, context),
      recordModified: NOW,
      itemModified: NOW,
    })
    expect(merged.conflicts).toMatchObject([{ pair: 'occurrences 2026-03-30T10:00:00 subject', winner: 'record' }])
    expect(patchItem(TABLE, merged.toItem, theirs, context)).toEqual({
      kind: 'event',
      occurrences: [{ originalStart: '2026-03-30T10:00:00', set: { subject: 'Ours', location: 'Here' } }],
    })
    expect(changeRecord(TABLE, merged.toRecord, ours, context)).toEqual({
      values: { deletedexceptionslist: null },
      instances: [{ originalStart: '2026-03-30T10:00:00', values: { prioritycode: 2 } }],
    })
  })

  it('AP-71: a new pattern of the CRM brings the exceptions that still have their start', () => {
    const changed = { originalStart: '2026-03-30T10:00:00', fields: { subject: 'Special' } }
    const before = seriesItem({ exceptions: [changed], cancelled: ['2026-04-06T10:00:00'] })
    const kept = exception(view, '2026-03-30T08:00:00Z', { subject: 'Special' })
    const ours = { ...view, exceptions: [kept], row: { ...view.row, deletedexceptionslist: '2026-04-06T10:00:00' } }
    const was = { record: readRecord(ours, context), item: readItem(before, TABLE, context) }
    const fortnightly = { ...ours, row: { ...ours.row, interval: 2 } }
    // Every second Monday from March 9: April 6 is one, March 30 is none.
    const { toItem } = mergePairs({ ...on, agreed: was, record: readRecord(fortnightly, context), item: was.item })
    const patch = patchItem(TABLE, toItem, before, context)
    expect(patch).toMatchObject({
      recurrence: { interval: 2 },
      occurrences: [{ originalStart: '2026-04-06T10:00:00', cancel: true }],
    })
    const after = applyPatch(before, patch)
    expect(after.series).toMatchObject({ cancelled: ['2026-04-06T10:00:00'], exceptions: [] })
  })

  it('AP-70: an occurrence that is as all others again takes the pattern anew', () => {
    const changed = { originalStart: '2026-03-30T10:00:00', fields: { subject: 'Special', location: 'Elsewhere' } }
    const before = seriesItem({ exceptions: [changed], cancelled: ['2026-04-06T10:00:00'] })
    const list = { deletedexceptionslist: '2026-04-06T10:00:00' }
    const special = {
      ...view,
      row: { ...view.row, ...list },
      exceptions: [exception(view, '2026-03-30T08:00:00Z', { subject: 'Special', location: 'Elsewhere' })],
    }
    const was = { record: readRecord(special, context), item: readItem(before, TABLE, context) }
    const plain = { ...special, exceptions: [exception(view, '2026-03-30T08:00:00Z', { location: 'Elsewhere' })] }
    const { toItem } = mergePairs({ ...on, agreed: was, record: readRecord(plain, context), item: was.item })
    const after = applyPatch(before, patchItem(TABLE, toItem, before, context))
    expect(after.series).toMatchObject({
      cancelled: ['2026-04-06T10:00:00'],
      exceptions: [{ originalStart: '2026-03-30T10:00:00', fields: { location: 'Elsewhere' } }],
    })
  })

  it('AP-13, AP-70: a cancelled occurrence has nothing of its own', () => {
    const ours = { ...view, row: { ...view.row, deletedexceptionslist: '2026-03-30T10:00:00' } }
    const theirs = seriesItem({ exceptions: [{ originalStart: '2026-03-30T10:00:00', fields: { subject: 'Late' } }] })
    const merged = mergePairs({
      ...on,
      agreed,
      record: readRecord(ours, context),
      item: readItem(theirs, TABLE, context),
    })
    expect(patchItem(TABLE, merged.toItem, theirs, context)).toMatchObject({ occurrences: [{ cancel: true }] })
    expect(merged.agreed.record['occurrences']).toEqual(merged.agreed.item['occurrences'])
  })
})

const valueOf = (recurrence: Recurrence, at = time) =>
  readItem(seriesItem({ recurrence }, { time: at }), TABLE, context)['recurrence'] ?? null

describe('instances in the CRM', () => {
  it('AP-76: a series without end has those of twelve months ahead', () => {
    const { instances, complete } = instanceRows(
      valueOf({ frequency: 'weekly', interval: 1, byDay: [{ day: 'MO' }] }),
      NOW,
    )
    expect(complete).toBe(false)
    expect(instances[0]).toEqual({
      originalStart: '2026-03-09T10:00:00',
      start: new Date('2026-03-09T09:00:00Z'),
      end: new Date('2026-03-09T10:00:00Z'),
    })
    expect(instances.at(-1)?.originalStart).toBe('2027-03-08T10:00:00')
    expect(instances).toHaveLength(53)
  })

  it('AP-60, AP-76: each has its own offset, and the one in the gap moves on', () => {
    const early = { ...time, start: '2026-03-27T02:30:00', end: '2026-03-27T03:30:00' }
    const { instances } = instanceRows(valueOf({ frequency: 'daily', interval: 1, end: { count: 4 } }, early), NOW)
    expect(instances.map(({ start }) => start.toISOString())).toEqual([
      '2026-03-27T01:30:00.000Z',
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
  })

  it('AP-76: all day is from midnight to midnight across the change of the clock', () => {
    const days = { allDay: true, start: '2026-03-28', end: '2026-03-29', zone: 'Europe/Berlin' }
    const { instances, complete } = instanceRows(
      valueOf({ frequency: 'daily', interval: 1, end: { count: 2 } }, days),
      NOW,
    )
    expect(complete).toBe(true)
    expect(instances.map(({ end, start }) => (end.getTime() - start.getTime()) / 3_600_000)).toEqual([24, 23])
  })

  it('AP-76: never more than 1,000, and none that is long past', () => {
    const old = { ...time, start: '2016-03-09T10:00:00', end: '2016-03-09T11:00:00' }
    const { instances } = instanceRows(valueOf({ frequency: 'daily', interval: 1 }, old), NOW)
    expect(instances[0]?.originalStart).toBe('2025-12-10T10:00:00')
    expect(instances).toHaveLength(456)
  })
})
