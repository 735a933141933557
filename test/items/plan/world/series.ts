import { instantOf, type Local, localOf } from '#calendar'
import type { InstanceView, RecordChange, RecordView } from '#items'
import { applyPatch, type CalendarItem } from '#mailbox'
import type { Row } from '#records'

/** Series of this world: four meetings, a week apart, of which each may be cancelled or have a place of its own. */

export const SERIES = 'recurringappointmentmaster'
const ZONE = 'Europe/Berlin'
const COUNT = 4
const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
const RECURRENCE = { frequency: 'daily', interval: 7, end: { count: COUNT } } as const

/** What an occurrence has of its own in the CRM, by the start that the series gives it. */
export type Own = Map<Local, Row>

/** The columns of a record that repeats from its start on. */
export function repeating(time: { scheduledstart: Date; scheduledend: Date }): Row {
  return {
    ...time,
    starttime: time.scheduledstart,
    endtime: time.scheduledend,
    recurrencepatterntype: 0,
    interval: RECURRENCE.interval,
    patternendtype: 2,
    occurrences: COUNT,
    timezone: ZONE,
    deletedexceptionslist: null,
  }
}

export const newSeries = () => ({ recurrence: RECURRENCE, cancelled: [], exceptions: [] })

export function startsOfRecord({ row }: Pick<RecordView, 'row'>): Local[] {
  const first = row['starttime']
  return first instanceof Date ? startsFrom(localOf(first.getTime(), ZONE)) : []
}

export function startsOfItem({ fields }: Pick<CalendarItem, 'fields'>): Local[] {
  return startsFrom(fields.time.start)
}

function startsFrom(first: Local): Local[] {
  return Array.from({ length: COUNT }, (_, week) =>
    new Date(Date.parse(`${first}Z`) + week * WEEK).toISOString().slice(0, 19),
  )
}

export const instant = (start: Local): number => instantOf(start, ZONE)

export function cancelledIn({ row }: Pick<RecordView, 'row'>): Local[] {
  const list = row['deletedexceptionslist']
  return typeof list === 'string' ? list.split(',') : []
}

/** The instances that differ, as the CRM keeps them: what is not their own follows the series. */
export function instancesOf(view: RecordView, own: Own): InstanceView[] {
  return [...own].map(([start, values]) => {
    const begins = new Date(instant(start))
    const usual = { scheduledstart: begins, scheduledend: new Date(begins.getTime() + HOUR) }
    const row = { ...view.row, ...usual, ...values, originalstartdate: begins }
    return { id: `${view.id} ${start}`, version: 1, modified: view.modified, row, parties: view.parties }
  })
}

/** What instances have of their own after a change; a new pattern takes all of it away (AP-71). */
export function ownAfter(own: Own, { values, instances = [] }: RecordChange): Own {
  const after: Own = 'starttime' in values ? new Map() : new Map(own)
  for (const one of instances) {
    if ('cancel' in one) after.delete(one.originalStart)
    else after.set(one.originalStart, { ...after.get(one.originalStart), ...(one.values as Row) })
  }
  return after
}

/** The row without one of its occurrences. */
export function cancelledRow(view: RecordView, start: Local): Row {
  const list = [...new Set([...cancelledIn(view), start])].sort()
  return { ...view.row, deletedexceptionslist: list.join(',') }
}

/** The item with another place for one of its occurrences; undefined: without it. */
export function withOccurrence(item: CalendarItem, originalStart: Local, place: string | undefined): CalendarItem {
  const occurrence = place === undefined ? { cancel: true as const } : { set: { location: place } }
  return applyPatch(item, { kind: 'event', occurrences: [{ originalStart, ...occurrence }] })
}
