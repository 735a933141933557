import type { Operator } from '../query.ts'
import { addDays, addMonths, type Day, dayAt, startOfDay, weekday } from './zone.ts'

/** One end of a range of time: the start of a day in the user's zone, or an instant. */
export type Bound = { day: Day } | { instant: Date }

/** From `from` on (included) to `to`: a day is excluded, an instant is included. Without an end it is open. */
export interface Range {
  from?: Bound
  to?: Bound
}

export interface Moment {
  now: Date
  /** IANA name of the user's zone (SF-35). */
  timeZone: string
}

/**
 * What a relative date operator means at a moment, as Dataverse defines it (SF-33, SF-35). Days, weeks (which begin on
 * Sunday), months and years are the calendar's in the user's zone. `last-x-…` reaches from the start of the day that
 * many units ago until now; `next-x-…` from now to the end of the day that many units ahead; hours are exact;
 * `olderthan-x-months` is whatever lies before `last-x-months`. Undefined for every other operator.
 */
export function relativeRange(operator: Operator, count: number, moment: Moment): Range | undefined {
  return RANGES[operator]?.(dayAt(moment.now, moment.timeZone), moment.now, count)
}

const RANGES: Partial<Record<Operator, (today: Day, now: Date, count: number) => Range>> = {
  yesterday: (today) => days(addDays(today, -1), 1),
  today: (today) => days(today, 1),
  tomorrow: (today) => days(addDays(today, 1), 1),
  'last-seven-days': (today, now) => since(addDays(today, -7), now),
  'next-seven-days': (today, now) => until(addDays(today, 7), now),
  'last-week': (today) => days(addDays(sundayOf(today), -7), 7),
  'this-week': (today) => days(sundayOf(today), 7),
  'next-week': (today) => days(addDays(sundayOf(today), 7), 7),
  'last-month': (today) => months({ ...today, day: 1 }, -1, 1),
  'this-month': (today) => months({ ...today, day: 1 }, 0, 1),
  'next-month': (today) => months({ ...today, day: 1 }, 1, 1),
  'last-year': (today) => months({ ...today, month: 1, day: 1 }, -12, 12),
  'this-year': (today) => months({ ...today, month: 1, day: 1 }, 0, 12),
  'next-year': (today) => months({ ...today, month: 1, day: 1 }, 12, 12),
  'last-x-hours': (_today, now, count) => ({ from: { instant: hours(now, -count) }, to: { instant: now } }),
  'next-x-hours': (_today, now, count) => ({ from: { instant: now }, to: { instant: hours(now, count) } }),
  'last-x-days': (today, now, count) => since(addDays(today, -count), now),
  'next-x-days': (today, now, count) => until(addDays(today, count), now),
  'last-x-weeks': (today, now, count) => since(addDays(today, -7 * count), now),
  'next-x-weeks': (today, now, count) => until(addDays(today, 7 * count), now),
  'last-x-months': (today, now, count) => since(addMonths(today, -count), now),
  'next-x-months': (today, now, count) => until(addMonths(today, count), now),
  'last-x-years': (today, now, count) => since(addMonths(today, -12 * count), now),
  'next-x-years': (today, now, count) => until(addMonths(today, 12 * count), now),
  'olderthan-x-months': (today, _now, count) => ({ to: { day: addMonths(today, -count) } }),
}

function days(from: Day, length: number): Range {
  return { from: { day: from }, to: { day: addDays(from, length) } }
}

function months(from: Day, offset: number, length: number): Range {
  const first = addMonths(from, offset)
  return { from: { day: first }, to: { day: addMonths(first, length) } }
}

function since(from: Day, now: Date): Range {
  return { from: { day: from }, to: { instant: now } }
}

function until(last: Day, now: Date): Range {
  return { from: { instant: now }, to: { day: addDays(last, 1) } }
}

function sundayOf(day: Day): Day {
  return addDays(day, -weekday(day))
}

/** The instant at which a bound lies. */
export function instantOf(bound: Bound, timeZone: string): Date {
  return 'day' in bound ? startOfDay(bound.day, timeZone) : bound.instant
}

function hours(from: Date, count: number): Date {
  return new Date(from.getTime() + count * 3_600_000)
}
