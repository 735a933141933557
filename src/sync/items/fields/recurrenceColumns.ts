import {
  dayOf,
  type ExchangeShape,
  type Local,
  localOf,
  occurrences,
  printRrule,
  type Recurrence,
  recurrenceOfShape,
  WEEKDAYS,
  type Weekday,
  type Zone,
} from '#calendar'
import type { Row, Values } from '#records'
import type { MapContext } from '../model.ts'
import { instantsAt, recurrenceOf, type SeriesValue } from './seriesValue.ts'
import { zoneColumns, zoneOfRow, zoneOfText } from './seriesZone.ts'

type Shape = ExchangeShape['shape']

const TYPE = { daily: 0, weekly: 1, monthly: 2, yearly: 3 } as const
const ENDS = { never: 1, count: 2, until: 3 } as const
const LAST = 5
const WORKDAYS = 62
const HALF_DAY = 43_200_000
const MINUTE = 60_000

/** The columns of `recurringappointmentmaster` that say when a series takes place. */
export function seriesColumns(series: SeriesValue): Values {
  const { start, end } = instantsAt(series, series.start)
  const { ends } = series
  const minutes = Math.round((end.getTime() - start.getTime()) / MINUTE)
  return {
    ...NO_PATTERN,
    ...patternColumns(series.shape),
    starttime: start,
    endtime: end,
    duration: minutes,
    scheduledstart: start,
    scheduledend: end,
    scheduleddurationminutes: minutes,
    isalldayevent: series.allDay,
    ...zoneColumns(series.zone),
    patternstartdate: dayOf(series.start),
    patternendtype: ENDS[ends.kind],
    patternenddate: ends.kind === 'until' ? ends.day : null,
    occurrences: ends.kind === 'count' ? ends.count : null,
    effectivestartdate: start,
    effectiveenddate: effectiveEnd(series),
    recurrencerule: printRrule(recurrenceOf(series), series.start, zoneOfText(series.zone)),
  }
}

const NO_PATTERN: Values = {
  daysofweekmask: null,
  dayofmonth: null,
  monthofyear: null,
  instance: null,
  firstdayofweek: null,
  isweekdaypattern: false,
  isnthmonthly: false,
  isnthyearly: false,
}

function patternColumns(shape: Shape): Values {
  const { kind, interval } = shape
  switch (kind) {
    case 'daily':
      return { recurrencepatterntype: TYPE.daily, interval }
    case 'weekly': {
      const daysofweekmask = maskOf(shape.days)
      const isweekdaypattern = interval === 1 && daysofweekmask === WORKDAYS
      return {
        recurrencepatterntype: TYPE.weekly,
        interval,
        daysofweekmask,
        isweekdaypattern,
        firstdayofweek: numberOf(shape.weekStart),
      }
    }
    case 'monthly':
      return { recurrencepatterntype: TYPE.monthly, interval, dayofmonth: shape.day }
    case 'monthlyOn': {
      const on = { daysofweekmask: maskOf(shape.days), instance: shape.week === -1 ? LAST : shape.week }
      return { recurrencepatterntype: TYPE.monthly, interval, ...on, isnthmonthly: true }
    }
    case 'yearly':
      return { recurrencepatterntype: TYPE.yearly, interval, monthofyear: shape.month, dayofmonth: shape.day }
    case 'yearlyOn': {
      const on = { daysofweekmask: maskOf(shape.days), instance: shape.week === -1 ? LAST : shape.week }
      return { recurrencepatterntype: TYPE.yearly, interval, monthofyear: shape.month, ...on, isnthyearly: true }
    }
  }
}

/** The end of the last occurrence; null: there is none. */
function effectiveEnd(series: SeriesValue): Date | null {
  const { ends } = series
  if (ends.kind === 'never') return null
  const last =
    ends.kind === 'until' ? lastBy(series, ends.day) : [...occurrences(recurrenceOf(series), series.start)].at(-1)
  return instantsAt(series, last ?? series.start).end
}

/** The end of a pattern stands for its last occurrence, which would have to be searched for. */
function lastBy({ allDay, start }: SeriesValue, day: Local): Local {
  return allDay ? day : `${day}${start.slice(10)}`
}

/** What a row says: when the first occurrence is, and the pattern where there are columns of one. */
export function patternOfRow(
  row: Row,
  context: MapContext,
): { recurrence?: Recurrence; allDay: boolean; start: Local; end: Local; zone: Zone } | undefined {
  const start = row['starttime'] ?? row['scheduledstart']
  if (!(start instanceof Date)) return undefined
  const zone = zoneOfRow(row) ?? context.zone
  const allDay = row['isalldayevent'] === true
  const local = (at: Date) => (allDay ? dayOf(localOf(at.getTime() + HALF_DAY, zone)) : localOf(at.getTime(), zone))
  const first = local(start)
  const last = local(endOfRow(row, start))
  const end = last < first ? first : allDay && last === first ? nextDay(first) : last
  const shape = shapeOfRow(row, first)
  const recurrence = shape && recurrenceOfShape({ shape, end: endsOfRow(row) })
  return { ...(recurrence && { recurrence }), allDay, start: first, end, zone }
}

function endOfRow(row: Row, start: Date): Date {
  const [end, minutes] = [row['endtime'] ?? row['scheduledend'], row['duration']]
  if (end instanceof Date && end > start) return end
  return new Date(start.getTime() + (typeof minutes === 'number' ? minutes * MINUTE : 0))
}

function nextDay(day: Local): Local {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 2 * HALF_DAY).toISOString().slice(0, 10)
}

function shapeOfRow(row: Row, start: Local): Shape | undefined {
  const number = (column: string) => (typeof row[column] === 'number' ? row[column] : undefined)
  const type = number('recurrencepatterntype')
  if (type === undefined) return undefined
  const interval = number('interval') ?? 1
  const mask = number('daysofweekmask') ?? 0
  const days = mask > 0 ? daysIn(mask) : [weekdayOf(start)]
  const instance = number('instance')
  const week = (instance === LAST ? -1 : (instance ?? 1)) as 1 | 2 | 3 | 4 | -1
  const day = number('dayofmonth') ?? Number(start.slice(8, 10))
  const month = number('monthofyear') || Number(start.slice(5, 7))
  const isNth =
    row['isnthmonthly'] === true ||
    row['isnthyearly'] === true ||
    (instance !== undefined && number('dayofmonth') === undefined)
  if (row['isweekdaypattern'] === true && type <= TYPE.weekly)
    return { kind: 'weekly', interval: 1, days: daysIn(WORKDAYS), weekStart: 'MO' }
  if (type === TYPE.daily) return { kind: 'daily', interval }
  if (type === TYPE.weekly) {
    const first = number('firstdayofweek')
    return {
      kind: 'weekly',
      interval,
      days,
      weekStart: first === undefined ? 'MO' : (WEEKDAYS[(first + 6) % 7] ?? 'MO'),
    }
  }
  if (type === TYPE.monthly)
    return isNth ? { kind: 'monthlyOn', interval, days, week } : { kind: 'monthly', interval, day }
  return isNth ? { kind: 'yearlyOn', interval, month, days, week } : { kind: 'yearly', interval, month, day }
}

function endsOfRow(row: Row): ExchangeShape['end'] {
  const [type, count, day] = [row['patternendtype'], row['occurrences'], row['patternenddate']]
  if (type === ENDS.count && typeof count === 'number') return { kind: 'count', count }
  if (type === ENDS.until && typeof day === 'string') return { kind: 'until', day: day.slice(0, 10) }
  return { kind: 'never' }
}

/** Sunday is 1, Monday 2, … Saturday 64. */
function maskOf(days: readonly Weekday[]): number {
  return days.reduce((mask, day) => mask | (1 << numberOf(day)), 0)
}

function daysIn(mask: number): Weekday[] {
  return WEEKDAYS.filter((day) => mask & (1 << numberOf(day)))
}

/** Sunday is 0. */
function numberOf(day: Weekday): number {
  return (WEEKDAYS.indexOf(day) + 1) % 7
}

function weekdayOf(start: Local): Weekday {
  return WEEKDAYS[(new Date(`${start.slice(0, 10)}T00:00:00Z`).getUTCDay() + 6) % 7] as Weekday
}
