import fc from 'fast-check'
import {
  type Frequency,
  type GraphDay,
  type GraphIndex,
  type GraphPattern,
  type GraphRange,
  type GraphRecurrence,
  type Recurrence,
  WEEKDAYS,
  type Weekday,
} from '#calendar'

const GRAPH_DAYS: readonly GraphDay[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

const weekday = fc.constantFrom<Weekday[]>(...WEEKDAYS)
const days = fc.uniqueArray(weekday, { minLength: 1, maxLength: 4 })
const pick = (min: number, max: number) => fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 })
const signed = (most: number, usual: number) =>
  fc.uniqueArray(
    fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: usual }) },
      { weight: 1, arbitrary: fc.integer({ min: -usual, max: -1 }) },
      { weight: 1, arbitrary: fc.integer({ min: usual, max: most }) },
    ),
    { minLength: 1, maxLength: 3 },
  )
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })

/** A start on the wall, in years with and without a February 29. */
export const starts: fc.Arbitrary<string> = fc
  .tuple(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 86_399 }))
  .map(([day, second]) => new Date(Date.UTC(2023, 10, 1) + day * 86_400_000 + second * 1000).toISOString().slice(0, 19))

/** Recurrences of a frequency with the parts that RFC 5545 allows with it. */
export function recurrencesOf(frequency: Frequency): fc.Arbitrary<Recurrence> {
  const ordinal = fc.record(
    { day: weekday, ordinal: fc.constantFrom(1, 2, 3, 4, 5, -1, -2) },
    { requiredKeys: ['day', 'ordinal'] },
  )
  const plainDays = days.map((list) => list.map((day) => ({ day })))
  const ordinals = fc.uniqueArray(ordinal, {
    minLength: 1,
    maxLength: 2,
    selector: (one) => `${one.ordinal}${one.day}`,
  })
  const byDay = frequency === 'monthly' || frequency === 'yearly' ? fc.oneof(plainDays, ordinals) : plainDays
  const parts = {
    interval: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5 })),
    byDay: rarely(byDay),
    byMonth: rarely(pick(1, 12)),
    byMonthDay: frequency === 'weekly' ? fc.constant(undefined) : rarely(signed(31, 28)),
    weekStart: rarely(weekday),
    end: rarely(
      fc.oneof(
        fc.integer({ min: 1, max: 30 }).map((count) => ({ count })),
        fc.integer({ min: 0, max: 3000 }).map((day) => {
          return { until: new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString().slice(0, 10) }
        }),
      ),
    ),
  }
  return fc
    .record(parts)
    .map((made) => {
      const recurrence = { frequency, ...made }
      return JSON.parse(JSON.stringify(recurrence)) as Recurrence
    })
    .filter(isSupported)
}

function isSupported({ frequency, byDay, byMonth, byMonthDay }: Recurrence): boolean {
  const throughYear = frequency === 'yearly' && !byMonth && byDay?.some(({ ordinal }) => ordinal !== undefined)
  return !(throughYear && byMonthDay)
}

/** Recurrences that Exchange's patterns can say, in its own words. */
export const graphRecurrences: fc.Arbitrary<GraphRecurrence> = fc
  .tuple(
    fc.constantFrom<GraphPattern['type'][]>(
      'daily',
      'weekly',
      'absoluteMonthly',
      'relativeMonthly',
      'absoluteYearly',
      'relativeYearly',
    ),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 31 }),
    fc.integer({ min: 1, max: 12 }),
    fc.uniqueArray(fc.constantFrom<GraphDay[]>(...GRAPH_DAYS), { minLength: 1, maxLength: 7 }),
    fc.constantFrom<GraphIndex[]>('first', 'second', 'third', 'fourth', 'last'),
    fc.constantFrom<GraphDay[]>(...GRAPH_DAYS),
    fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
  )
  .map(([type, interval, dayOfMonth, month, days, index, firstDayOfWeek, count]) => {
    const daysOfWeek = GRAPH_DAYS.filter((day) => days.includes(day))
    const parts: Record<string, Partial<GraphPattern>> = {
      daily: {},
      weekly: { daysOfWeek, firstDayOfWeek: interval === 1 ? 'monday' : firstDayOfWeek },
      absoluteMonthly: { dayOfMonth },
      relativeMonthly: { daysOfWeek, index },
      absoluteYearly: {
        month,
        dayOfMonth: Math.min(dayOfMonth, [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 31),
      },
      relativeYearly: { month, daysOfWeek, index },
    }
    const range: GraphRange =
      count === undefined
        ? { type: 'noEnd', startDate: '' }
        : { type: 'numbered', startDate: '', numberOfOccurrences: count }
    return { pattern: { type, interval, ...parts[type] }, range }
  })
