import { type Local, wallOf } from '../local.ts'

export type Weekday = 'MO' | 'TU' | 'WE' | 'TH' | 'FR' | 'SA' | 'SU'
export const WEEKDAYS: readonly Weekday[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

export type Frequency = 'secondly' | 'minutely' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly'

/**
 * How something repeats, as RFC 5545 §3.3.10 says it; Graph's and EWS's patterns are a part of that. It is a plain value
 * about the wall clock: it names no zone, and means nothing without the start it repeats. Absent parts come from the start.
 */
export interface Recurrence {
  frequency: Frequency
  /** Every how many days, weeks, …; 1 or more. */
  interval: number
  /** Weekdays; with an ordinal the nth (or, below zero, the nth last) of the month or year. */
  byDay?: OrdinalDay[]
  /** 1 … 31, or -1 … -31 from the month's end. */
  byMonthDay?: number[]
  /** 1 … 12 */
  byMonth?: number[]
  /** Which of each period's days are meant: 1 the first, -1 the last. */
  bySetPos?: number[]
  /** 1 … 366, or from the year's end. */
  byYearDay?: number[]
  /** ISO weeks, 1 … 53, or from the year's end. */
  byWeekNo?: number[]
  byHour?: number[]
  byMinute?: number[]
  bySecond?: number[]
  /** The day weeks begin with; Monday unless said otherwise. Matters to every second, third … week. */
  weekStart?: Weekday
  /** Absent: for ever. */
  end?: RecurrenceEnd
}

export interface OrdinalDay {
  day: Weekday
  ordinal?: number
}

/**
 * `count`: that many occurrences, cancelled ones included. `until`: the last day, or the last moment on the wall of the
 * series' zone, both included.
 */
export type RecurrenceEnd = { count: number } | { until: Local }

/** A recurrence that is broken, or that says what this value cannot hold. The message names the part. */
export class RecurrenceError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RecurrenceError'
  }
}

/** Occurrences of one series, at most: what lies beyond is not looked at. */
export const MAX_OCCURRENCES = 100_000

const RANGES = {
  byMonthDay: [31, true],
  byMonth: [12, false],
  bySetPos: [366, true],
  byYearDay: [366, true],
  byWeekNo: [53, true],
} as const
const CLOCK = { byHour: 23, byMinute: 59, bySecond: 59 } as const

/** @throws RecurrenceError naming the first part that is out of its range or forbidden together with others. */
export function checkRecurrence(recurrence: Recurrence): void {
  const { frequency, interval, byDay, end } = recurrence
  demand(Number.isInteger(interval) && interval >= 1 && interval <= 10_000, `an interval of ${interval}`)
  for (const [part, [most, negative]] of Object.entries(RANGES) as [
    keyof typeof RANGES,
    readonly [number, boolean],
  ][]) {
    for (const value of recurrence[part] ?? []) {
      demand(
        Number.isInteger(value) && value !== 0 && value <= most && value >= (negative ? -most : 1),
        `${part} ${value}`,
      )
    }
  }
  for (const [part, most] of Object.entries(CLOCK) as [keyof typeof CLOCK, number][]) {
    for (const value of recurrence[part] ?? []) {
      demand(Number.isInteger(value) && value >= 0 && value <= most, `${part} ${value}`)
    }
  }
  for (const { day, ordinal } of byDay ?? []) {
    demand(WEEKDAYS.includes(day), `the weekday ${day}`)
    if (ordinal === undefined) continue
    demand(Number.isInteger(ordinal) && ordinal !== 0 && Math.abs(ordinal) <= 53, `the ordinal ${ordinal}`)
    const counts = frequency === 'monthly' || (frequency === 'yearly' && !recurrence.byWeekNo)
    demand(counts, `the ordinal ${ordinal}${day} in a ${frequency} recurrence`)
  }
  demand(!(recurrence.byWeekNo && frequency !== 'yearly'), `weeks of the year in a ${frequency} recurrence`)
  demand(!(frequency === 'weekly' && recurrence.byMonthDay), 'days of the month in a weekly recurrence')
  const noYearDay = frequency === 'daily' || frequency === 'weekly' || frequency === 'monthly'
  demand(!(noYearDay && recurrence.byYearDay), `days of the year in a ${frequency} recurrence`)
  const throughYear =
    frequency === 'yearly' && !recurrence.byMonth && byDay?.some(({ ordinal }) => ordinal !== undefined)
  demand(!(throughYear && recurrence.byMonthDay), 'weekdays counted through the year and days of the month at once')
  if (end && 'count' in end) demand(Number.isInteger(end.count) && end.count >= 1, `a count of ${end.count}`)
  if (end && 'until' in end) demand(wallOf(end.until) !== undefined, `the end ${JSON.stringify(end.until)}`)
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new RecurrenceError(`A recurrence with ${what} is not supported (RFC 5545, 3.3.10).`)
}
