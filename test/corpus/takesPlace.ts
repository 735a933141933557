import { instantOf, isLocalDate, type Local, occurrences, type Zone } from '#calendar'
import type { EventTime, SeriesParts } from '#mailbox'

/**
 * The first starts of what takes place, in the order of the pattern: the occurrences and the dates added, without those
 * that were cancelled, the moved ones where they are now. Instants, or days where it is all day.
 */
export function takesPlace({ start, zone }: EventTime, series: SeriesParts, limit: number): string[] {
  const cancelled = new Set(series.cancelled)
  const moved = new Map(series.exceptions.map(({ originalStart, fields }) => [originalStart, fields.time]))
  const { added = [] } = series
  const found: Local[] = []
  const most = limit + cancelled.size
  for (const one of occurrences(series.recurrence, start, { limit: most })) found.push(one)
  return [...new Set([...found, ...added])]
    .sort()
    .slice(0, most)
    .filter((one) => !cancelled.has(one))
    .slice(0, limit)
    .map((one) => shown(moved.get(one)?.start ?? one, moved.get(one)?.zone ?? zone))
}

function shown(local: Local, zone: Zone): string {
  if (isLocalDate(local)) return local
  const text = new Date(instantOf(local, zone)).toISOString().slice(0, 19)
  return `${text.endsWith(':00') ? text.slice(0, 16) : text}Z`
}
