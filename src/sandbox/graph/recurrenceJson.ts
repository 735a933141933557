import type * as graph from '@microsoft/microsoft-graph-types'
import { z } from 'zod'
import type { Pattern, Recurrence } from '../model/index.ts'
import { badRequest } from './error.ts'

const weekday = z.enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'])
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/)

export const recurrenceSchema = z.strictObject({
  pattern: z.strictObject({
    type: z.enum(['daily', 'weekly', 'absoluteMonthly', 'relativeMonthly', 'absoluteYearly', 'relativeYearly']),
    interval: z.number().int().min(1).max(999).default(1),
    daysOfWeek: z.array(weekday).nullish(),
    dayOfMonth: z.number().int().min(0).max(31).nullish(),
    month: z.number().int().min(0).max(12).nullish(),
    index: z.enum(['first', 'second', 'third', 'fourth', 'last']).nullish(),
    firstDayOfWeek: weekday.nullish(),
  }),
  range: z.strictObject({
    type: z.enum(['endDate', 'noEnd', 'numbered']),
    startDate: date,
    endDate: date.nullish(),
    numberOfOccurrences: z.number().int().min(0).max(999).nullish(),
    recurrenceTimeZone: z.string().nullish(),
  }),
})

/** @throws GraphError 400 for a pattern that lacks what it needs */
export function readRecurrence({ pattern, range }: z.infer<typeof recurrenceSchema>): Recurrence {
  return {
    pattern: readPattern(pattern),
    start: range.startDate,
    ...(range.type === 'endDate' && { until: needed(range.endDate, 'endDate') }),
    ...(range.type === 'numbered' && { count: needed(range.numberOfOccurrences, 'numberOfOccurrences') }),
  }
}

function readPattern(given: z.infer<typeof recurrenceSchema>['pattern']): Pattern {
  const { type, interval } = given
  const days = () => {
    const list = needed(given.daysOfWeek, 'daysOfWeek')
    if (!list.length) throw badRequest("The pattern lacks 'daysOfWeek'.", 'ErrorPropertyValidationFailure')
    return list
  }
  const day = () => needed(given.dayOfMonth || undefined, 'dayOfMonth')
  const month = () => needed(given.month || undefined, 'month')
  const index = given.index ?? 'first'
  switch (type) {
    case 'daily':
      return { type, interval }
    case 'weekly':
      return { type, interval, days: days(), firstDay: given.firstDayOfWeek ?? 'sunday' }
    case 'absoluteMonthly':
      return { type, interval, day: day() }
    case 'relativeMonthly':
      return { type, interval, days: days(), index }
    case 'absoluteYearly':
      return { type, interval, day: day(), month: month() }
    case 'relativeYearly':
      return { type, interval, days: days(), index, month: month() }
  }
}

function needed<T>(value: T | null | undefined, name: string): T {
  if (value === null || value === undefined)
    throw badRequest(`The recurrence lacks '${name}'.`, 'ErrorPropertyValidationFailure')
  return value
}

/** As Graph writes it: everything is there, zero and `first` where it means nothing. */
export function recurrenceJson({ pattern, start, until, count }: Recurrence, zone: string) {
  return {
    pattern: {
      type: pattern.type,
      interval: pattern.interval,
      month: 'month' in pattern ? pattern.month : 0,
      dayOfMonth: 'day' in pattern ? pattern.day : 0,
      ...('days' in pattern && { daysOfWeek: [...pattern.days] }),
      firstDayOfWeek: 'firstDay' in pattern ? pattern.firstDay : 'sunday',
      index: 'index' in pattern ? pattern.index : 'first',
    },
    range: {
      type: count !== undefined ? 'numbered' : until !== undefined ? 'endDate' : 'noEnd',
      startDate: start,
      endDate: until ?? '0001-01-01',
      recurrenceTimeZone: zone,
      numberOfOccurrences: count ?? 0,
    },
  } satisfies graph.PatternedRecurrence
}
