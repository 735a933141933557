import { dayOf, type Local, occurrences } from '#calendar'
import type { EventException, EventTime, SeriesParts } from './event.ts'

/**
 * The first occurrence that lies on the day of its neighbour or beyond it, for people; undefined: there is none. Exchange keeps
 * the occurrences of a series in their order and each on a day of its own (`ErrorOccurrenceCrossingBoundary`).
 */
export function crossingOccurrence({ start }: EventTime, series: SeriesParts): string | undefined {
  const moved = series.exceptions.filter(isElsewhere)
  const last = moved
    .map(({ originalStart }) => originalStart)
    .sort()
    .at(-1)
  if (last === undefined) return undefined
  const days = new Map(series.exceptions.map((one) => [one.originalStart, dayOf(startOf(one))]))
  const dayAt = (original: Local) => days.get(original) ?? dayOf(original)
  const order = startsUntilAfter(start, series, last)
  for (const one of moved) {
    const at = order.indexOf(one.originalStart)
    const [before, after] = at < 0 ? [] : [order[at - 1], order[at + 1]]
    const day = dayOf(startOf(one))
    if ((before !== undefined && day <= dayAt(before)) || (after !== undefined && day >= dayAt(after)))
      return `the occurrence of ${one.originalStart} on or across the day of another one (${startOf(one)})`
  }
  return undefined
}

function startOf({ originalStart, fields }: EventException): Local {
  return fields.time?.start ?? originalStart
}

function isElsewhere(one: EventException): boolean {
  return dayOf(startOf(one)) !== dayOf(one.originalStart)
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
