import type { Local, LocalDate } from '../local.ts'
import { type Recurrence, RecurrenceError, WEEKDAYS, type Weekday } from './recurrence.ts'
import { exchangeShape, type Inexpressible, recurrenceOfShape, type Shape, type ShapeEnd, type Week } from './shape.ts'

/** Graph's `patternedRecurrence`, as its JSON has it. */
export interface GraphRecurrence {
  pattern: GraphPattern
  range: GraphRange
}

export interface GraphPattern {
  type: 'daily' | 'weekly' | 'absoluteMonthly' | 'relativeMonthly' | 'absoluteYearly' | 'relativeYearly'
  interval: number
  month?: number
  dayOfMonth?: number
  daysOfWeek?: GraphDay[]
  firstDayOfWeek?: GraphDay
  index?: GraphIndex
}

export interface GraphRange {
  type: 'noEnd' | 'endDate' | 'numbered'
  startDate: LocalDate
  endDate?: LocalDate
  recurrenceTimeZone?: string
  numberOfOccurrences?: number
}

export type GraphDay = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday'
export type GraphIndex = 'first' | 'second' | 'third' | 'fourth' | 'last'

const DAYS: readonly GraphDay[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const INDICES: readonly GraphIndex[] = ['first', 'second', 'third', 'fourth', 'last']

/** Intervals and occurrences that Exchange takes, at most (MS-OXOCAL 2.2.1.44.1). */
const MOST = 999

/**
 * The pattern for Graph, or why Graph cannot say it. `zone`: the name for `recurrenceTimeZone`, as the event's start has it.
 */
export function graphRecurrence(recurrence: Recurrence, start: Local, zone?: string): GraphRecurrence | Inexpressible {
  const found = exchangeShape(recurrence, start)
  if ('cannot' in found) return found
  const { shape, end } = found
  if (shape.interval > MOST) return { cannot: `an interval of ${shape.interval} (${MOST} at most)` }
  if (end.kind === 'count' && end.count > MOST) return { cannot: `${end.count} occurrences (${MOST} at most)` }
  const startDate = start.slice(0, 10)
  return {
    pattern: patternOf(shape),
    range: { ...rangeOf(end), startDate, ...(zone !== undefined && { recurrenceTimeZone: zone }) },
  }
}

/** What Graph's pattern means. @throws RecurrenceError naming what is missing or unknown in it. */
export function recurrenceOfGraph({ pattern, range }: GraphRecurrence): Recurrence {
  return recurrenceOfShape({ shape: shapeOf(pattern), end: endOf(range) })
}

function patternOf(shape: Shape): GraphPattern {
  const { interval } = shape
  switch (shape.kind) {
    case 'daily':
      return { type: 'daily', interval }
    case 'weekly':
      return { type: 'weekly', interval, daysOfWeek: shape.days.map(dayOut), firstDayOfWeek: dayOut(shape.weekStart) }
    case 'monthly':
      return { type: 'absoluteMonthly', interval, dayOfMonth: shape.day }
    case 'monthlyOn':
      return { type: 'relativeMonthly', interval, daysOfWeek: shape.days.map(dayOut), index: indexOut(shape.week) }
    case 'yearly':
      return { type: 'absoluteYearly', interval, month: shape.month, dayOfMonth: shape.day }
    case 'yearlyOn': {
      const { month } = shape
      return {
        type: 'relativeYearly',
        interval,
        month,
        daysOfWeek: shape.days.map(dayOut),
        index: indexOut(shape.week),
      }
    }
  }
}

function rangeOf(end: ShapeEnd): Omit<GraphRange, 'startDate'> {
  if (end.kind === 'never') return { type: 'noEnd' }
  if (end.kind === 'count') return { type: 'numbered', numberOfOccurrences: end.count }
  return { type: 'endDate', endDate: end.day }
}

function shapeOf(pattern: GraphPattern): Shape {
  const { type, interval } = pattern
  const days = () => needed(pattern.daysOfWeek, 'daysOfWeek').map(dayIn)
  const day = () => needed(pattern.dayOfMonth, 'dayOfMonth')
  const month = () => needed(pattern.month, 'month')
  const week = () => indexIn(pattern.index ?? 'first')
  switch (type) {
    case 'daily':
      return { kind: 'daily', interval }
    case 'weekly':
      return { kind: 'weekly', interval, days: days(), weekStart: dayIn(pattern.firstDayOfWeek ?? 'sunday') }
    case 'absoluteMonthly':
      return { kind: 'monthly', interval, day: day() }
    case 'relativeMonthly':
      return { kind: 'monthlyOn', interval, days: days(), week: week() }
    case 'absoluteYearly':
      return { kind: 'yearly', interval, month: month(), day: day() }
    case 'relativeYearly':
      return { kind: 'yearlyOn', interval, month: month(), days: days(), week: week() }
    default:
      throw new RecurrenceError(`Graph sent the recurrence pattern ${JSON.stringify(type)}, which is not known.`)
  }
}

function endOf({ type, endDate, numberOfOccurrences }: GraphRange): ShapeEnd {
  if (type === 'endDate') return { kind: 'until', day: needed(endDate, 'endDate') }
  if (type === 'numbered') return { kind: 'count', count: needed(numberOfOccurrences, 'numberOfOccurrences') }
  return { kind: 'never' }
}

function needed<T>(value: T | null | undefined, name: string): T {
  if (value === undefined || value === null) throw new RecurrenceError(`Graph sent a recurrence without ${name}.`)
  return value
}

function dayOut(day: Weekday): GraphDay {
  return DAYS[WEEKDAYS.indexOf(day)] as GraphDay
}

function dayIn(day: string): Weekday {
  const found = WEEKDAYS[DAYS.findIndex((one) => one === day.toLowerCase())]
  if (!found) throw new RecurrenceError(`Graph sent the weekday ${JSON.stringify(day)}.`)
  return found
}

function indexOut(week: Week): GraphIndex {
  return week === -1 ? 'last' : (INDICES[week - 1] as GraphIndex)
}

function indexIn(index: string): Week {
  const at = INDICES.findIndex((one) => one === index)
  if (at < 0) throw new RecurrenceError(`Graph sent the week index ${JSON.stringify(index)}.`)
  return at === 4 ? -1 : ((at + 1) as Week)
}
