export type Weekday = 'sunday' | 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday'
export const WEEKDAYS: readonly Weekday[] = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
]

export type WeekIndex = 'first' | 'second' | 'third' | 'fourth' | 'last'

export type Pattern =
  | { type: 'daily'; interval: number }
  | { type: 'weekly'; interval: number; days: readonly Weekday[]; firstDay: Weekday }
  | { type: 'absoluteMonthly'; interval: number; day: number }
  | { type: 'relativeMonthly'; interval: number; days: readonly Weekday[]; index: WeekIndex }
  | { type: 'absoluteYearly'; interval: number; day: number; month: number }
  | { type: 'relativeYearly'; interval: number; days: readonly Weekday[]; index: WeekIndex; month: number }

/** How a series repeats. Dates are `2026-01-05`, as the wall clock of the series' zone has them. */
export interface Recurrence {
  pattern: Pattern
  start: string
  /** Last date that may be one; with `count` undefined too the series has no end. */
  until?: string | undefined
  count?: number | undefined
}

/** No series is followed for longer. */
const MAX_OCCURRENCES = 10_000
const DAY = 86_400_000

/** The dates of the series in order, up to and including `last`. */
export function datesOf({ pattern, start, until, count }: Recurrence, last: string): string[] {
  const end = until !== undefined && until < last ? until : last
  const dates: string[] = []
  for (const date of candidates(pattern, start)) {
    if (date > end || dates.length >= (count ?? MAX_OCCURRENCES)) break
    if (date >= start) dates.push(date)
  }
  return dates
}

/** In order, without end; the first ones may lie before the start. */
function* candidates(pattern: Pattern, start: string): Generator<string> {
  const first = dayNumber(start)
  const [year = 0, month = 1] = start.split('-').map(Number)
  for (let step = 0; step < MAX_OCCURRENCES * 4; step++) {
    const skip = step * pattern.interval
    switch (pattern.type) {
      case 'daily':
        yield dateOf(first + skip)
        break
      case 'weekly': {
        const offset = (weekdayOf(first) - WEEKDAYS.indexOf(pattern.firstDay) + 7) % 7
        const week = first - offset + skip * 7
        for (let day = week; day < week + 7; day++)
          if (pattern.days.includes(WEEKDAYS[weekdayOf(day)] as Weekday)) yield dateOf(day)
        break
      }
      case 'absoluteMonthly':
        yield dayInMonth(year, month + skip, pattern.day)
        break
      case 'relativeMonthly':
        yield weekdayInMonth(year, month + skip, pattern.days, pattern.index)
        break
      case 'absoluteYearly':
        yield dayInMonth(year + skip, pattern.month, pattern.day)
        break
      case 'relativeYearly':
        yield weekdayInMonth(year + skip, pattern.month, pattern.days, pattern.index)
        break
    }
  }
}

/** Exchange takes the last day of a month that is too short. */
function dayInMonth(year: number, month: number, day: number): string {
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return dateOf(Date.UTC(year, month - 1, Math.min(day, length)) / DAY)
}

function weekdayInMonth(year: number, month: number, days: readonly Weekday[], index: WeekIndex): string {
  const first = Date.UTC(year, month - 1, 1) / DAY
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const fitting = Array.from({ length }, (_, day) => first + day).filter((day) =>
    days.includes(WEEKDAYS[weekdayOf(day)] as Weekday),
  )
  const at = index === 'last' ? fitting.length - 1 : ['first', 'second', 'third', 'fourth'].indexOf(index)
  return dateOf(fitting[at] ?? first)
}

function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY
}

function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10)
}

/** 1 January 1970 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7
}
