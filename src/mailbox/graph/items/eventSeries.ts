import {
  type GraphRecurrence,
  instantOf,
  isLocalDate,
  type Local,
  localOf,
  RecurrenceError,
  recurrenceOfGraph,
} from '#calendar'
import type { ClearableEventField, EventException, EventFields, EventTime, Series } from '../../items/event.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import { answerOf, eventFieldsOf } from './eventFields.ts'
import type { WithProperties } from './properties.ts'
import { dateOf, type RawEvent } from './raw.ts'
import type { ReadZone } from './zones.ts'

/** What a master is asked for besides. */
export interface SeriesDetails {
  exceptions: readonly RawEvent[]
  /** `OID.{id of the master}.2026-03-16` */
  cancelled: readonly string[]
  /** The properties of its zone, if they were asked for. */
  rules?: WithProperties | undefined
}

const REQUIRED = new Set(['time', 'showAs', 'importance', 'sensitivity', 'joinUrl'])

/** How a master repeats, with its exceptions as what differs from it (AP-70). */
export function seriesOf(
  raw: RawEvent,
  fields: EventFields,
  zone: ReadZone,
  details: SeriesDetails,
  own: OwnCategories,
): Series | undefined {
  if (!raw.recurrence) return undefined
  if (zone.unknown)
    return {
      cannot: `the rules of the time zone ${JSON.stringify(raw.originalStartTimeZone)}, which Graph does not tell`,
      unknownZone: true,
    }
  const { time } = fields
  const cancelled = new Set(details.cancelled.flatMap((id) => startOn(dayIn(id), time) ?? []))
  const exceptions: EventException[] = []
  for (const one of details.exceptions) {
    const originalStart = originalStartOf(one, time)
    if (originalStart === undefined) continue
    if (one.isCancelled) cancelled.add(originalStart)
    else {
      const answer = answerOf(one.responseStatus?.response)
      const different = differences(fields, eventFieldsOf(one, zone, own), originalStart)
      const differs = answer !== answerOf(raw.responseStatus?.response)
      if (different || differs) exceptions.push({ originalStart, fields: {}, ...different, ...(differs && { answer }) })
    }
  }
  try {
    return {
      recurrence: recurrenceOfGraph(raw.recurrence as GraphRecurrence),
      cancelled: [...cancelled].sort(),
      exceptions: exceptions.sort((a, b) => (a.originalStart < b.originalStart ? -1 : 1)),
    }
  } catch (error) {
    if (!(error instanceof RecurrenceError)) throw error
    return { cannot: error.message }
  }
}

/** The start that the series gave an occurrence: its id names the day. */
export function originalStartOf(raw: RawEvent, time: EventTime): Local | undefined {
  const named = startOn(dayIn(raw.occurrenceId ?? ''), time)
  if (named !== undefined) return named
  const instant = dateOf(raw.originalStart)?.getTime()
  return instant === undefined ? undefined : startOn(localOf(instant, time.zone).slice(0, 10), time)
}

function dayIn(occurrenceId: string): string | undefined {
  return /\.(\d{4}-\d\d-\d\d)$/.exec(occurrenceId)?.[1]
}

function startOn(day: string | undefined, { start }: EventTime): Local | undefined {
  if (day === undefined) return undefined
  return isLocalDate(start) ? day : `${day}${start.slice(10)}`
}

/** When an occurrence takes place that was not moved: as long as the first, by the clock on the wall. */
export function timeAt(originalStart: Local, { allDay, start, end, zone }: EventTime): EventTime {
  const last = instantOf(originalStart, 'UTC') + instantOf(end, 'UTC') - instantOf(start, 'UTC')
  return { allDay, start: originalStart, end: localOf(last, 'UTC').slice(0, allDay ? 10 : 19), zone }
}

function differences(
  master: EventFields,
  occurrence: EventFields,
  originalStart: Local,
): Pick<EventException, 'fields' | 'cleared'> | undefined {
  const planned: EventFields = { ...master, time: timeAt(originalStart, master.time) }
  const differing = Object.entries(occurrence).filter(
    ([name, value]) => name !== 'joinUrl' && !isSame(planned[name as keyof EventFields], value),
  )
  const cleared = Object.keys(planned).filter((name) => !(name in occurrence) && !REQUIRED.has(name))
  if (differing.length === 0 && cleared.length === 0) return undefined
  return {
    fields: Object.fromEntries(differing),
    ...(cleared.length > 0 && { cleared: cleared.sort() as ClearableEventField[] }),
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  )
}
