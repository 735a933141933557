import {
  instantOf,
  isSameRecurrence,
  isSameZone,
  keepSameTime,
  localOf,
  printRrule,
  type Recurrence,
  type Zone,
} from '#calendar'
import type { CalendarItem, EventException, EventTime, SeriesParts } from '#mailbox'
import type { Sample } from './corpus.ts'
import { takesPlace } from './takesPlace.ts'

/** Occurrences that are compared, at most. */
const MOST = 60

/** What became of a series on its way, each part by name; empty: nothing. `exactly`: the rule is the same in its words. */
export function changes({ time, series }: Sample, item: CalendarItem, { exactly = false } = {}): string[] {
  const read = item.series
  if (!read || 'cannot' in read) return [read ? `read as: ${read.cannot}` : 'not a series any more']
  const rule = ({ recurrence }: SeriesParts) => printRrule(recurrence, time.start, time.zone)
  const isSame = exactly
    ? rule(series) === rule(read)
    : inOrder(series.recurrence) === inOrder(read.recurrence) ||
      isSameRecurrence(series.recurrence, read.recurrence, time.start)
  const parts: [string, unknown, unknown][] = [
    ['time', walls(time), walls(item.fields.time)],
    ['zone', true, isKept(time, item.fields.time.zone)],
    ['takes place', takesPlace(time, series, MOST), takesPlace(item.fields.time, read, MOST)],
    ['added', series.added ?? [], read.added ?? []],
    ['cancelled', series.cancelled.toSorted(), read.cancelled],
    [
      'exceptions',
      series.exceptions.map((one) => shown(one, time.zone)),
      read.exceptions.map((one) => shown(one, time.zone)),
    ],
  ]
  const differing = parts.filter(([, was, is]) => JSON.stringify(was) !== JSON.stringify(is))
  return [
    ...(isSame ? [] : [`rule: ${rule(series)} became ${rule(read)}`]),
    ...differing.map(([name, was, is]) => `${name}: ${JSON.stringify(was)} became ${JSON.stringify(is)}`),
  ]
}

/** Days in disorder, and a beginning of the week that is said needlessly, are the same rule. */
function inOrder({ byDay, weekStart, ...others }: Recurrence): string {
  const days = byDay?.map(({ day, ordinal }) => `${ordinal ?? ''}${day}`).sort()
  return JSON.stringify(sorted({ ...others, days, weekStart: weekStart ?? 'MO' }))
}

function walls({ allDay, start, end }: EventTime) {
  return { allDay, start, end }
}

/** Days have no zone in iCalendar. Places stay themselves; rules of no place keep their time as long as anybody may look. */
function isKept({ start, zone, allDay }: EventTime, is: Zone): boolean {
  if (allDay) return true
  if (typeof zone === 'string') return isSameZone(zone, is)
  const from = Number(start.slice(0, 4))
  return keepSameTime(zone, is, { from, to: from + 20 })
}

/** Times on the wall of the series. */
function shown({ originalStart, fields, cleared = [] }: EventException, zone: Zone) {
  const { time, ...others } = fields
  const on = (local: string, of: Zone) => (local.length === 10 ? local : localOf(instantOf(local, of), zone))
  const moved = time && walls({ ...time, start: on(time.start, time.zone), end: on(time.end, time.zone) })
  return { originalStart, ...(moved && { time: moved }), ...sorted(others), cleared }
}

function sorted(fields: object): object {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}
