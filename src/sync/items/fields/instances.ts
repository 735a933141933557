import { type Local, localOf, occurrences } from '#calendar'
import type { PairValue } from '../model.ts'
import { instantsAt, isSeries, recurrenceOf } from './seriesValue.ts'
import { zoneOfText } from './seriesZone.ts'

/** Months that a series is expanded ahead (AP-76), and back. */
const AHEAD = 12
const BACK = 3
/** Rows of one series, at most. */
const MOST = 1000

/** A row of `appointment` that a series has in the CRM. */
export interface InstanceRow {
  /** The start that the recurrence gives it, on the wall of the series' zone; a day where the series is all day. */
  originalStart: Local
  start: Date
  end: Date
}

export interface Expansion {
  instances: InstanceRow[]
  /** There is nothing more to come: the series has ended by then. */
  complete: boolean
}

/**
 * The instances that a series has in the CRM now, cancelled ones included: of the last three months and of twelve months
 * ahead; all of what is left where the series ends (AP-76). At most 1,000.
 * `recurrence`: the value of the pair of that name.
 */
export function instanceRows(recurrence: PairValue, now: Date): Expansion {
  if (!isSeries(recurrence)) return { instances: [], complete: true }
  const { zone, ends, start, allDay } = recurrence
  const [from, until] = [monthsFrom(now, -BACK), monthsFrom(now, AHEAD)].map((at) =>
    localOf(at.getTime(), zoneOfText(zone)).slice(0, allDay ? 10 : 19),
  ) as [Local, Local]
  const endless = ends.kind === 'never'
  const instances: InstanceRow[] = []
  const last = endless ? { until: until > start ? until : start } : {}
  for (const originalStart of occurrences(recurrenceOf(recurrence), start, last)) {
    if (originalStart < from) continue
    if (instances.length === MOST) return { instances, complete: false }
    instances.push({ originalStart, ...instantsAt(recurrence, originalStart) })
  }
  return { instances, complete: !endless }
}

const DAY = 86_400_000

/**
 * When there is more to come of a series that goes on: when the next one comes within twelve months, by how closely the
 * last ones follow each other; a day later at the earliest.
 */
export function moreOn({ instances }: Expansion, now: Date): Date {
  const starts = instances.slice(-8).map(({ start }) => start.getTime())
  const gaps = starts.slice(1).map((start, at) => start - (starts[at] as number))
  const next = Math.min(...gaps) + (starts.at(-1) ?? 0)
  const soonest = now.getTime() + DAY
  return new Date(gaps.length ? Math.max(soonest, monthsFrom(new Date(next), -AHEAD).getTime()) : soonest)
}

function monthsFrom(now: Date, months: number): Date {
  const at = new Date(now)
  at.setUTCMonth(at.getUTCMonth() + months)
  return at
}
