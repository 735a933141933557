import type { Recurrence, Weekday, WeekIndex } from '../../model/index.ts'
import { child, type Element, tag, textOf, type Xml } from '../xml.ts'
import { capitalized } from './property.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

const SPECIAL_DAYS: Readonly<Record<string, readonly Weekday[]>> = {
  Day: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'],
  Weekday: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
  WeekendDay: ['sunday', 'saturday'],
}

/** The content of a Recurrence element: the pattern, then the range. */
export function writeRecurrence(recurrence: Recurrence): Xml[] {
  return [writePattern(recurrence), writeRange(recurrence)]
}

function writePattern({ pattern }: Recurrence): Xml {
  const interval = () => tag('t:Interval', {}, pattern.interval)
  switch (pattern.type) {
    case 'daily':
      return tag('t:DailyRecurrence', {}, interval())
    case 'weekly':
      return tag(
        't:WeeklyRecurrence',
        {},
        interval(),
        tag('t:DaysOfWeek', {}, pattern.days.map(capitalized).join(' ')),
        tag('t:FirstDayOfWeek', {}, capitalized(pattern.firstDay)),
      )
    case 'absoluteMonthly':
      return tag('t:AbsoluteMonthlyRecurrence', {}, interval(), tag('t:DayOfMonth', {}, pattern.day))
    case 'relativeMonthly':
      return tag('t:RelativeMonthlyRecurrence', {}, interval(), ...relative(pattern))
    case 'absoluteYearly':
      return tag('t:AbsoluteYearlyRecurrence', {}, tag('t:DayOfMonth', {}, pattern.day), month(pattern.month))
    case 'relativeYearly':
      return tag('t:RelativeYearlyRecurrence', {}, ...relative(pattern), month(pattern.month))
  }
}

function relative({ days, index }: { days: readonly Weekday[]; index: WeekIndex }): Xml[] {
  return [tag('t:DaysOfWeek', {}, dayName(days)), tag('t:DayOfWeekIndex', {}, capitalized(index))]
}

/** One day, or the word for all, for those of the week and for those of its end. */
function dayName(days: readonly Weekday[]): string {
  const special = Object.entries(SPECIAL_DAYS).find(
    ([, these]) => these.length === days.length && these.every((day) => days.includes(day)),
  )
  return special?.[0] ?? capitalized(days[0] ?? 'monday')
}

const month = (number: number) => tag('t:Month', {}, MONTHS[number - 1])

function writeRange({ start, until, count }: Recurrence): Xml {
  const first = tag('t:StartDate', {}, start)
  if (until !== undefined) return tag('t:EndDateRecurrence', {}, first, tag('t:EndDate', {}, until))
  if (count !== undefined) return tag('t:NumberedRecurrence', {}, first, tag('t:NumberOfOccurrences', {}, count))
  return tag('t:NoEndRecurrence', {}, first)
}

/** What a Recurrence element says; its form was held against the schema. */
export function readRecurrence(element: Element): Recurrence {
  const [pattern, range] = element.children as [Element, Element]
  const until = textOf(range, 'EndDate')?.slice(0, 10)
  const count = textOf(range, 'NumberOfOccurrences')
  return {
    pattern: readPattern(pattern),
    start: (textOf(range, 'StartDate') ?? '').slice(0, 10),
    ...(until !== undefined && { until }),
    ...(count !== undefined && { count: Number(count) }),
  }
}

function readPattern(element: Element): Recurrence['pattern'] {
  const number = (name: string) => Number(textOf(element, name) ?? 1)
  const interval = number('Interval')
  const monthNumber = MONTHS.indexOf(textOf(element, 'Month') ?? 'January') + 1
  const index = (textOf(element, 'DayOfWeekIndex') ?? 'First').toLowerCase() as WeekIndex
  switch (element.name) {
    case 'WeeklyRecurrence':
    case 'WeeklyRegeneration': {
      const firstDay = (textOf(element, 'FirstDayOfWeek') ?? 'Sunday').toLowerCase() as Weekday
      return { type: 'weekly', interval, days: daysIn(element), firstDay }
    }
    case 'AbsoluteMonthlyRecurrence':
      return { type: 'absoluteMonthly', interval, day: number('DayOfMonth') }
    case 'RelativeMonthlyRecurrence':
      return { type: 'relativeMonthly', interval, days: daysIn(element), index }
    case 'AbsoluteYearlyRecurrence':
      return { type: 'absoluteYearly', interval, day: number('DayOfMonth'), month: monthNumber }
    case 'RelativeYearlyRecurrence':
      return { type: 'relativeYearly', interval, days: daysIn(element), index, month: monthNumber }
    default:
      return { type: 'daily', interval }
  }
}

function daysIn(element: Element): Weekday[] {
  const words = (child(element, 'DaysOfWeek')?.text ?? '').split(/\s+/).filter((word) => word !== '')
  return words.flatMap((word) => SPECIAL_DAYS[word] ?? [word.toLowerCase() as Weekday])
}
