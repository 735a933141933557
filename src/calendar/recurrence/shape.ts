import { isLocalDate, type Local, type LocalDate, localOfWall, wallOf } from '../local.ts'
import { startsItself } from './expand.ts'
import { type OrdinalDay, type Recurrence, WEEKDAYS, type Weekday } from './recurrence.ts'

/** Which of the days that fit: the first to the fourth, or the last of the month. */
export type Week = 1 | 2 | 3 | 4 | -1

/**
 * The six ways in which Exchange lets things repeat. `day` beyond a month's end means its last day. `start` is not a
 * part: days and months are always said.
 */
export type Shape =
  | { kind: 'daily'; interval: number }
  | { kind: 'weekly'; interval: number; days: Weekday[]; weekStart: Weekday }
  | { kind: 'monthly'; interval: number; day: number }
  | { kind: 'monthlyOn'; interval: number; days: Weekday[]; week: Week }
  | { kind: 'yearly'; interval: number; month: number; day: number }
  | { kind: 'yearlyOn'; interval: number; month: number; days: Weekday[]; week: Week }

export type ShapeEnd = { kind: 'never' } | { kind: 'count'; count: number } | { kind: 'until'; day: LocalDate }

/** What cannot be said there, for people: `every fifth Monday of a month`. */
export interface Inexpressible {
  cannot: string
  /** It is the rules of the time zone that nobody tells; the pattern itself may be any. */
  unknownZone?: true
}

export interface ExchangeShape {
  shape: Shape
  end: ShapeEnd
}

/** The pattern of Exchange that yields exactly the occurrences of the recurrence, or why there is none (AP-75). */
export function exchangeShape(recurrence: Recurrence, start: Local): ExchangeShape | Inexpressible {
  const odd = oddPart(recurrence, start)
  if (odd) return { cannot: odd }
  const shape = shapeOf(recurrence, start)
  if ('cannot' in shape) return shape
  if (!startsItself(recurrence, start)) return { cannot: `a first occurrence (${start}) that does not fit the pattern` }
  return { shape, end: endOf(recurrence, start) }
}

/** What a pattern of Exchange means in full. */
export function recurrenceOfShape({ shape, end }: ExchangeShape): Recurrence {
  const ends: Partial<Recurrence> =
    end.kind === 'count' ? { end: { count: end.count } } : end.kind === 'until' ? { end: { until: end.day } } : {}
  const { interval } = shape
  switch (shape.kind) {
    case 'daily':
      return { frequency: 'daily', interval, ...ends }
    case 'weekly': {
      const weekStart = interval > 1 && shape.weekStart !== 'MO' ? { weekStart: shape.weekStart } : {}
      return {
        frequency: 'weekly',
        interval,
        byDay: inOrder(shape.days).map((day) => ({ day })),
        ...weekStart,
        ...ends,
      }
    }
    case 'monthly':
      return { frequency: 'monthly', interval, ...dayOfMonth(shape.day), ...ends }
    case 'yearly':
      return {
        frequency: 'yearly',
        interval,
        byMonth: [shape.month],
        ...dayOfMonth(shape.day, shape.month),
        ...ends,
      }
    case 'monthlyOn':
      return { frequency: 'monthly', interval, ...daysOfWeek(shape.days, shape.week), ...ends }
    case 'yearlyOn':
      return { frequency: 'yearly', interval, byMonth: [shape.month], ...daysOfWeek(shape.days, shape.week), ...ends }
  }
}

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Exchange takes the last day where a month is too short: 30 is the last of 28, 29 and 30 that there is. */
function dayOfMonth(day: number, month?: number): Pick<Recurrence, 'byMonthDay' | 'bySetPos'> {
  if (month === 2 && day > 28) return { byMonthDay: [-1] }
  if (month !== undefined) return { byMonthDay: [Math.min(day, lengthOf(month))] }
  if (day <= 28) return { byMonthDay: [day] }
  if (day >= 31) return { byMonthDay: [-1] }
  return { byMonthDay: [28, 29, 30].slice(0, day - 27), bySetPos: [-1] }
}

/** The day by which Exchange says the same, month by month or in one month of the year. */
function exchangeDay({ byMonthDay = [], bySetPos }: Recurrence, month?: number): number | Inexpressible {
  const [day = 0] = byMonthDay
  const several = byMonthDay.length > 1
  if (several || bySetPos) {
    const most = Math.max(...byMonthDay)
    const same = [...byMonthDay].sort((a, b) => a - b).join() === [28, 29, 30].slice(0, most - 27).join()
    if (same && bySetPos?.join() === '-1' && (month === undefined || month === 2)) return most
    return { cannot: `several days of the month (${byMonthDay.join(', ')})` }
  }
  if (day === -1) return month === undefined ? 31 : month === 2 ? 29 : lengthOf(month)
  if (day < 0) {
    return month === undefined || month === 2
      ? { cannot: `the day ${-day} before the month's end` }
      : lengthOf(month) + 1 + day
  }
  if (day <= 28 || (month !== undefined && day <= lengthOf(month))) return day
  return { cannot: `the ${day}th only of months that have one (Exchange would take the last day of the others)` }
}

function lengthOf(month: number): number {
  return LENGTHS[month - 1] ?? 31
}

function daysOfWeek(days: readonly Weekday[], week: Week): Pick<Recurrence, 'byDay' | 'bySetPos'> {
  if (days.length === 1) return { byDay: [{ day: days[0] as Weekday, ordinal: week }] }
  return { byDay: inOrder(days).map((day) => ({ day })), bySetPos: [week] }
}

function inOrder(days: readonly Weekday[]): Weekday[] {
  return WEEKDAYS.filter((day) => days.includes(day))
}

/** A part that no pattern of Exchange has. */
function oddPart(recurrence: Recurrence, start: Local): string | undefined {
  const { byYearDay, byWeekNo, byHour, byMinute, bySecond } = recurrence
  if (byYearDay) return 'days counted from the beginning or end of the year'
  if (byWeekNo) return 'weeks of the year by number'
  const time = isLocalDate(start) ? '00:00:00' : start.slice(11)
  const said = [byHour, byMinute, bySecond].map(
    (values, index) => values?.join() ?? String(Number(time.slice(index * 3, index * 3 + 2))),
  )
  const own = time.split(':').map((part) => String(Number(part)))
  return said.join(':') === own.join(':')
    ? undefined
    : 'several times of a day, or a time that is not that of the start'
}

function shapeOf(recurrence: Recurrence, start: Local): Shape | Inexpressible {
  switch (recurrence.frequency) {
    case 'daily':
      return dailyShape(recurrence)
    case 'weekly':
      return weeklyShape(recurrence, start)
    case 'monthly':
      return monthlyShape(recurrence, start)
    case 'yearly':
      return yearlyShape(recurrence, start)
    case 'hourly':
    case 'minutely':
    case 'secondly':
      return { cannot: `a ${recurrence.frequency} recurrence` }
  }
}

function dailyShape({ interval, byDay, byMonth, byMonthDay, bySetPos }: Recurrence): Shape | Inexpressible {
  if (byMonth || byMonthDay || bySetPos) return { cannot: 'every day of certain months or days of the month' }
  if (!byDay) return { kind: 'daily', interval }
  if (interval > 1) return { cannot: `every ${interval} days, but only on certain weekdays` }
  return { kind: 'weekly', interval: 1, days: inOrder(byDay.map(({ day }) => day)), weekStart: 'MO' }
}

function weeklyShape(recurrence: Recurrence, start: Local): Shape | Inexpressible {
  const { interval, byDay, byMonth, bySetPos, weekStart = 'MO' } = recurrence
  if (byMonth) return { cannot: 'every week of certain months' }
  if (bySetPos) return { cannot: 'certain days out of those of a week (BYSETPOS)' }
  const days = byDay ? inOrder(byDay.map(({ day }) => day)) : [weekdayOf(start)]
  return { kind: 'weekly', interval, days, weekStart }
}

function monthlyShape(recurrence: Recurrence, start: Local): Shape | Inexpressible {
  const { interval, byDay, byMonth, byMonthDay, bySetPos } = recurrence
  if (byMonth) {
    if (interval > 1) return { cannot: `every ${interval} months, but only certain months` }
    return yearlyShape({ ...recurrence, frequency: 'yearly' }, start)
  }
  if (byDay && byMonthDay) return { cannot: 'weekdays that fall on certain days of the month' }
  if (byDay) {
    if (interval === 1 && !bySetPos && byDay.every(({ ordinal }) => ordinal === undefined)) {
      return { kind: 'weekly', interval: 1, days: inOrder(byDay.map(({ day }) => day)), weekStart: 'MO' }
    }
    const which = weekOf(byDay, bySetPos)
    return 'cannot' in which ? which : { kind: 'monthlyOn', interval, ...which }
  }
  if (!byMonthDay && bySetPos) return { cannot: 'certain days out of those of a month (BYSETPOS)' }
  const day = exchangeDay({ ...recurrence, byMonthDay: byMonthDay ?? [dayOfStart(start)] })
  return typeof day === 'number' ? { kind: 'monthly', interval, day } : day
}

function yearlyShape(recurrence: Recurrence, start: Local): Shape | Inexpressible {
  const { interval, byDay, byMonth, byMonthDay, bySetPos } = recurrence
  if (byMonth && byMonth.length > 1) return { cannot: `several months of the year (${byMonth.join(', ')})` }
  if (!byMonth && (byDay || byMonthDay)) return { cannot: 'days counted through the whole year' }
  if (byDay && byMonthDay) return { cannot: 'weekdays that fall on certain days of the month' }
  const month = byMonth?.[0] ?? Number(start.slice(5, 7))
  if (byDay) {
    const which = weekOf(byDay, bySetPos)
    return 'cannot' in which ? which : { kind: 'yearlyOn', interval, month, ...which }
  }
  if (!byMonthDay && bySetPos) return { cannot: 'certain days out of those of a year (BYSETPOS)' }
  const day = exchangeDay({ ...recurrence, byMonthDay: byMonthDay ?? [dayOfStart(start)] }, month)
  return typeof day === 'number' ? { kind: 'yearly', interval, month, day } : day
}

function weekOf(
  byDay: readonly OrdinalDay[],
  bySetPos: readonly number[] | undefined,
): { days: Weekday[]; week: Week } | Inexpressible {
  const days = inOrder(byDay.map(({ day }) => day))
  const ordinals = byDay.flatMap(({ ordinal }) => ordinal ?? [])
  if (ordinals.length > 1 || (ordinals.length === 1 && (byDay.length > 1 || bySetPos))) {
    return { cannot: 'several weekdays, each counted by itself' }
  }
  const positions = ordinals.length === 1 ? ordinals : (bySetPos ?? [])
  const [week] = positions
  if (positions.length !== 1 || week === undefined) return { cannot: 'several days within each month' }
  if (week === -1 || (week >= 1 && week <= 4)) return { days, week: week as Week }
  return { cannot: `the ${week < 0 ? `${-week}th last` : `${week}th`} of such days in a month` }
}

function endOf({ end }: Recurrence, start: Local): ShapeEnd {
  if (!end) return { kind: 'never' }
  if ('count' in end) return { kind: 'count', count: end.count }
  const day = end.until.slice(0, 10)
  const early = !isLocalDate(end.until) && !isLocalDate(start) && end.until.slice(11) < start.slice(11)
  return { kind: 'until', day: early ? localOfWall((wallOf(day) ?? 0) - 86_400_000).slice(0, 10) : day }
}

function weekdayOf(start: Local): Weekday {
  return WEEKDAYS[(new Date(wallOf(start) ?? 0).getUTCDay() + 6) % 7] as Weekday
}

function dayOfStart(start: Local): number {
  return Number(start.slice(8, 10))
}
