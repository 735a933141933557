import {
  dayOf,
  type ExchangeShape,
  type Inexpressible,
  instantOf,
  isLocalDate,
  type Local,
  localOf,
  normalShape,
  occurrences,
  type Recurrence,
  recurrenceOfShape,
  type Zone,
} from '#calendar'
import type { MapContext, PairValue, PairValues } from '../model.ts'
import { type ZoneText, zoneOfText, zoneTextOf } from './seriesZone.ts'

/** When a series takes place: its first occurrence on the wall of its zone, and how it goes on (AP-25: one field). */
export interface SeriesValue {
  allDay: boolean
  start: Local
  end: Local
  zone: ZoneText
  shape: ExchangeShape['shape']
  ends: ExchangeShape['end']
}

const MOST = { interval: 999, count: 999 }

/**
 * The value of a series, or what of it the CRM's columns cannot say (AP-75). The first occurrence of what fits is its
 * start where `aligned` asks for that.
 */
export function seriesValue(
  recurrence: Recurrence,
  time: { allDay: boolean; start: Local; end: Local; zone: Zone },
  context: MapContext,
  options: { aligned?: boolean; added?: readonly Local[] | undefined } = {},
): SeriesValue | Inexpressible {
  const zone = zoneTextOf(time.zone, time.start, context)
  if (zone === undefined) return { cannot: 'a time zone with more changes of the clock than can be kept' }
  if (options.added && options.added.length > 0) return { cannot: 'single dates beside the pattern' }
  const first = options.aligned ? firstOccurrence(recurrence, time) : time
  if (!first) return { cannot: 'a pattern that never occurs' }
  const found = normalShape(recurrence, first.start)
  if ('cannot' in found) return found
  const { shape, end: ends } = found
  if (shape.interval > MOST.interval) return { cannot: `an interval of ${shape.interval} (999 at most)` }
  if (ends.kind === 'count' && ends.count > MOST.count) return { cannot: `${ends.count} occurrences (999 at most)` }
  return { allDay: time.allDay, start: first.start, end: first.end, zone, shape, ends }
}

/** What of the recurrence among these values the CRM cannot say; undefined: nothing, or it does not repeat (AP-75). */
export function unsupportedRecurrence(values: PairValues): string | undefined {
  const value = values['recurrence']
  return isSeries(value) || !value ? undefined : (value as unknown as Inexpressible).cannot
}

export function isSeries(value: PairValue | undefined): value is SeriesValue & { [name: string]: PairValue } {
  return value !== null && value !== undefined && typeof value === 'object' && 'shape' in value
}

export function recurrenceOf({ shape, ends }: SeriesValue): Recurrence {
  return recurrenceOfShape({ shape, end: ends })
}

/** Start and end of the occurrence that begins at `start`. */
export function occurrenceAt({ allDay, start: first, end, zone }: SeriesValue, start: Local) {
  const length = wall(end) - wall(first)
  const last = new Date(wall(start) + length).toISOString()
  return { allDay, start, end: last.slice(0, allDay ? 10 : 19), zone: zoneOfText(zone) }
}

/** Instants of the occurrence that begins at `start`; one in the gap of daylight saving moves on with it. */
export function instantsAt(series: SeriesValue, start: Local): { start: Date; end: Date } {
  const one = occurrenceAt(series, start)
  const from = instantOf(midnight(one.start), one.zone)
  return { start: new Date(from), end: new Date(Math.max(from, instantOf(midnight(one.end), one.zone))) }
}

/** The start of an occurrence by its instant, at the time that the series has: in the gap of daylight saving the instant has another. */
export function startAt({ allDay, zone, start }: SeriesValue, at: Date): Local {
  const day = dayOf(localOf(at.getTime() + (allDay ? HALF_DAY : 0), zoneOfText(zone)))
  return allDay ? day : day + start.slice(10)
}

const HALF_DAY = 43_200_000

function firstOccurrence(recurrence: Recurrence, time: { start: Local; end: Local }) {
  const [start] = occurrences(recurrence, time.start, { limit: 1 })
  if (start === undefined) return undefined
  const moved = new Date(wall(time.end) + wall(start) - wall(time.start)).toISOString()
  return { start, end: moved.slice(0, time.end.length) }
}

function midnight(local: Local): string {
  return isLocalDate(local) ? `${local}T00:00:00` : local
}

function wall(local: Local): number {
  return Date.parse(`${midnight(local)}Z`)
}
