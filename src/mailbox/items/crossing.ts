import { dayOf, instantOf, type Local, localOf, occurrences, type Zone } from '#calendar'
import type { EventException, EventTime, SeriesParts } from './event.ts'

/**
 * The first occurrence that lies on the day of its neighbour or beyond it, for people; undefined: there is none. Exchange keeps
 * the occurrences of a series in their order and each on a day of its own (`ErrorOccurrenceCrossingBoundary`).
 */
export function crossingOccurrence({ start, zone }: EventTime, series: SeriesParts): string | undefined {
  const moved = series.exceptions.filter((one) => isElsewhere(one, zone))
  const last = moved
    .map(({ originalStart }) => originalStart)
    .sort()
    .at(-1)
  if (last === undefined) return undefined
  const days = new Map(series.exceptions.map((one) => [one.originalStart, dayOf(startOf(one, zone))]))
  const dayAt = (original: Local) => days.get(original) ?? dayOf(original)
  const order = startsUntilAfter(start, series, last)
  for (const one of moved) {
    const at = order.indexOf(one.originalStart)
    const [before, after] = at < 0 ? [] : [order[at - 1], order[at + 1]]
    const day = dayOf(startOf(one, zone))
    if ((before !== undefined && day <= dayAt(before)) || (after !== undefined && day >= dayAt(after)))
      return `the occurrence of ${one.originalStart} on or across the day of another one (${startOf(one, zone)})`
  }
  return undefined
}

/** On the wall of the series: an occurrence may be said on that of another zone. */
function startOf({ originalStart, fields: { time } }: EventException, zone: Zone): Local {
  if (!time) return originalStart
  return time.allDay || time.zone === zone ? time.start : localOf(instantOf(time.start, time.zone), zone)
}

function isElsewhere(one: EventException, zone: Zone): boolean {
  return dayOf(startOf(one, zone)) !== dayOf(one.originalStart)
}

/** The original starts of what takes place, up to the first one after `last`. */
function startsUntilAfter(start: Local, { recurrence, cancelled }: SeriesParts, last: Local): Local[] {
  const gone = new Set(cancelled)
  const found: Local[] = []
  for (const one of occurrences(recurrence, start)) {
    if (!gone.has(one)) found.push(one)
    if (one > last && !gone.has(one)) break
  }
  return found
}
