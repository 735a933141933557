import type { Local, LocalDate } from '../local.ts'
import { type Recurrence, RecurrenceError, WEEKDAYS, type Weekday } from './recurrence.ts'
import { exchangeShape, type Inexpressible, recurrenceOfShape, type Shape, type ShapeEnd, type Week } from './shape.ts'

/** The two halves of `t:Recurrence`, named as EWS's elements are. */
export interface EwsRecurrence {
  pattern: EwsPattern
  range: EwsRange
}

export type EwsPattern =
  | { type: 'DailyRecurrence'; Interval: number }
  | { type: 'WeeklyRecurrence'; Interval: number; DaysOfWeek: EwsDay[]; FirstDayOfWeek?: EwsDay }
  | { type: 'AbsoluteMonthlyRecurrence'; Interval: number; DayOfMonth: number }
  | { type: 'RelativeMonthlyRecurrence'; Interval: number; DaysOfWeek: EwsDay; DayOfWeekIndex: EwsIndex }
  | { type: 'AbsoluteYearlyRecurrence'; DayOfMonth: number; Month: EwsMonth }
  | { type: 'RelativeYearlyRecurrence'; DaysOfWeek: EwsDay; DayOfWeekIndex: EwsIndex; Month: EwsMonth }

export type EwsRange =
  | { type: 'NoEndRecurrence'; StartDate: LocalDate }
  | { type: 'EndDateRecurrence'; StartDate: LocalDate; EndDate: LocalDate }
  | { type: 'NumberedRecurrence'; StartDate: LocalDate; NumberOfOccurrences: number }

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const
const INDICES = ['First', 'Second', 'Third', 'Fourth', 'Last'] as const
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

export type EwsDay = (typeof DAYS)[number] | 'Day' | 'Weekday' | 'WeekendDay'
export type EwsIndex = (typeof INDICES)[number]
export type EwsMonth = (typeof MONTHS)[number]

const GROUPS: Readonly<Record<string, readonly Weekday[]>> = {
  Day: WEEKDAYS,
  Weekday: WEEKDAYS.slice(0, 5),
  WeekendDay: WEEKDAYS.slice(5),
}
/** What Exchange takes at most (MS-OXOCAL 2.2.1.44.1). */
const MOST = { days: 999, weeks: 99, months: 99, occurrences: 999 }

/** The pattern for EWS, or why EWS cannot say it. */
export function ewsRecurrence(recurrence: Recurrence, start: Local): EwsRecurrence | Inexpressible {
  const found = exchangeShape(recurrence, start)
  if ('cannot' in found) return found
  const pattern = patternOf(found.shape)
  if ('cannot' in pattern) return pattern
  const { end } = found
  if (end.kind === 'count' && end.count > MOST.occurrences) return { cannot: `${end.count} occurrences (999 at most)` }
  return { pattern, range: rangeOf(end, start.slice(0, 10)) }
}

/** What EWS's pattern means. @throws RecurrenceError for values that its schema does not have. */
export function recurrenceOfEws({ pattern, range }: EwsRecurrence): Recurrence {
  return recurrenceOfShape({ shape: shapeOf(pattern), end: endOf(range) })
}

/** Years have no interval in EWS: every second year is every 24th month. */
function patternOf(shape: Shape): EwsPattern | Inexpressible {
  const { kind, interval } = shape
  const unit = kind === 'daily' ? 'days' : kind === 'weekly' ? 'weeks' : 'months'
  const yearly = kind === 'yearly' || kind === 'yearlyOn'
  const months = yearly ? interval * 12 : interval
  if ((!yearly || interval > 1) && months > MOST[unit])
    return { cannot: `every ${months} ${unit} (${MOST[unit]} at most)` }
  switch (kind) {
    case 'daily':
      return { type: 'DailyRecurrence', Interval: interval }
    case 'weekly': {
      const DaysOfWeek = shape.days.map(dayOut)
      return { type: 'WeeklyRecurrence', Interval: interval, DaysOfWeek, FirstDayOfWeek: dayOut(shape.weekStart) }
    }
    case 'monthly':
      return { type: 'AbsoluteMonthlyRecurrence', Interval: interval, DayOfMonth: shape.day }
    case 'yearly': {
      if (interval > 1) return { type: 'AbsoluteMonthlyRecurrence', Interval: months, DayOfMonth: shape.day }
      return { type: 'AbsoluteYearlyRecurrence', DayOfMonth: shape.day, Month: monthOut(shape.month) }
    }
    case 'monthlyOn':
    case 'yearlyOn': {
      const DaysOfWeek = groupOf(shape.days)
      if (DaysOfWeek === undefined) return { cannot: `the first of several weekdays (${shape.days.join(', ')})` }
      const on = { DaysOfWeek, DayOfWeekIndex: indexOut(shape.week) }
      if (kind === 'monthlyOn' || interval > 1) return { type: 'RelativeMonthlyRecurrence', Interval: months, ...on }
      return { type: 'RelativeYearlyRecurrence', ...on, Month: monthOut(shape.month) }
    }
  }
}

function rangeOf(end: ShapeEnd, StartDate: LocalDate): EwsRange {
  if (end.kind === 'never') return { type: 'NoEndRecurrence', StartDate }
  if (end.kind === 'count') return { type: 'NumberedRecurrence', StartDate, NumberOfOccurrences: end.count }
  return { type: 'EndDateRecurrence', StartDate, EndDate: end.day }
}

function shapeOf(pattern: EwsPattern): Shape {
  switch (pattern.type) {
    case 'DailyRecurrence':
      return { kind: 'daily', interval: pattern.Interval }
    case 'WeeklyRecurrence': {
      const days = pattern.DaysOfWeek.flatMap(daysIn)
      return { kind: 'weekly', interval: pattern.Interval, days, weekStart: dayIn(pattern.FirstDayOfWeek ?? 'Sunday') }
    }
    case 'AbsoluteMonthlyRecurrence':
      return { kind: 'monthly', interval: pattern.Interval, day: pattern.DayOfMonth }
    case 'RelativeMonthlyRecurrence': {
      const days = daysIn(pattern.DaysOfWeek)
      return { kind: 'monthlyOn', interval: pattern.Interval, days, week: indexIn(pattern.DayOfWeekIndex) }
    }
    case 'AbsoluteYearlyRecurrence':
      return { kind: 'yearly', interval: 1, month: monthIn(pattern.Month), day: pattern.DayOfMonth }
    case 'RelativeYearlyRecurrence': {
      const [days, week] = [daysIn(pattern.DaysOfWeek), indexIn(pattern.DayOfWeekIndex)]
      return { kind: 'yearlyOn', interval: 1, month: monthIn(pattern.Month), days, week }
    }
    default: {
      const { type } = pattern as { type: string }
      throw new RecurrenceError(`Exchange sent the recurrence pattern ${JSON.stringify(type)}, which is not supported.`)
    }
  }
}

function endOf(range: EwsRange): ShapeEnd {
  if (range.type === 'EndDateRecurrence') return { kind: 'until', day: range.EndDate.slice(0, 10) }
  if (range.type === 'NumberedRecurrence') return { kind: 'count', count: range.NumberOfOccurrences }
  return { kind: 'never' }
}

function groupOf(days: readonly Weekday[]): EwsDay | undefined {
  if (days.length === 1) return dayOut(days[0] as Weekday)
  const found = Object.entries(GROUPS).find(([, group]) => group.join() === days.join())
  return found?.[0] as EwsDay | undefined
}

function dayOut(day: Weekday): (typeof DAYS)[number] {
  return DAYS[WEEKDAYS.indexOf(day)] as (typeof DAYS)[number]
}

function dayIn(day: string): Weekday {
  const found = WEEKDAYS[DAYS.findIndex((one) => one === day)]
  if (!found) throw new RecurrenceError(`Exchange sent the weekday ${JSON.stringify(day)}.`)
  return found
}

function daysIn(day: string): Weekday[] {
  return [...(GROUPS[day] ?? [dayIn(day)])]
}

function indexOut(week: Week): EwsIndex {
  return week === -1 ? 'Last' : (INDICES[week - 1] as EwsIndex)
}

function indexIn(index: EwsIndex): Week {
  const at = INDICES.indexOf(index)
  if (at < 0) throw new RecurrenceError(`Exchange sent the week index ${JSON.stringify(index)}.`)
  return at === 4 ? -1 : ((at + 1) as Week)
}

function monthOut(month: number): EwsMonth {
  return MONTHS[month - 1] as EwsMonth
}

function monthIn(month: EwsMonth): number {
  const at = MONTHS.indexOf(month)
  if (at < 0) throw new RecurrenceError(`Exchange sent the month ${JSON.stringify(month)}.`)
  return at + 1
}
