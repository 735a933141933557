import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ewsRecurrence,
  type Frequency,
  graphRecurrence,
  isSameRecurrence,
  occurrences,
  parseRrule,
  type Recurrence,
  recurrenceOfEws,
  recurrenceOfGraph,
} from '#calendar'
import { graphRecurrences, recurrencesOf, starts } from './support/recurrences.ts'

const HORIZON = '2060-12-31'
const frequencies: Frequency[] = ['daily', 'weekly', 'monthly', 'yearly']
const anything = fc.constantFrom(...frequencies).chain(recurrencesOf)

/** A start that is the first of its series, where there is one. */
function fitting({ end: _end, ...endless }: Recurrence, start: string): string | undefined {
  return [...occurrences(endless, start, { limit: 1, until: HORIZON })][0]
}

const day = (dayOfMonth: number) =>
  recurrenceOfGraph({
    pattern: { type: 'absoluteMonthly', interval: 1, dayOfMonth },
    range: { type: 'noEnd', startDate: '2026-01-30' },
  })

const ends = (until: string) =>
  graphRecurrence({ frequency: 'daily', interval: 1, end: { until } }, '2026-01-05T09:00:00')

/** Whom the recurrence can be told, and what is wrong with what they are told. */
function whatIsTold(
  recurrence: Recurrence,
  start: string,
  graph: ReturnType<typeof graphRecurrence>,
  ews: ReturnType<typeof ewsRecurrence>,
): { by: 'graph' | 'ews' | 'refused'; wrong?: string } {
  if ('cannot' in graph) {
    return graph.cannot.length > 5 && 'cannot' in ews ? { by: 'refused' } : { by: 'refused', wrong: 'no cause' }
  }
  const meant = [recurrenceOfGraph(graph), ...('cannot' in ews ? [] : [recurrenceOfEws(ews)])]
  const differs = meant.find(
    (one) => starting(one, start) !== starting(recurrence, start) || !isSameRecurrence(one, recurrence, start),
  )
  const by = 'cannot' in ews ? 'graph' : 'ews'
  return differs ? { by, wrong: JSON.stringify({ recurrence, start, differs }) } : { by }
}

const starting = (recurrence: Recurrence, start: string) =>
  [...occurrences(recurrence, start, { limit: 10, until: HORIZON })].join()

describe('recurrences in Exchange', () => {
  test('AP-75: what Graph and EWS are given has exactly the same occurrences, or is refused with its cause', () => {
    const seen = { graph: 0, ews: 0, refused: 0 }
    fc.assert(
      fc.property(anything, starts, (recurrence, some) => {
        const start = fitting(recurrence, some) ?? some
        const [graph, ews] = [graphRecurrence(recurrence, start), ewsRecurrence(recurrence, start)]
        const told = whatIsTold(recurrence, start, graph, ews)
        seen[told.by]++
        expect(told.wrong).toBeUndefined()
      }),
      { numRuns: 400 },
    )
    expect(Math.min(seen.ews, seen.refused)).toBeGreaterThan(20)
  }, 60_000)

  test('AP-71: every pattern of Graph comes back as it was', () => {
    fc.assert(
      fc.property(graphRecurrences, starts, ({ pattern, range }, some) => {
        const recurrence = recurrenceOfGraph({ pattern, range })
        const start = fitting(recurrence, some) as string
        const startDate = start.slice(0, 10)
        expect(graphRecurrence(recurrence, start)).toEqual({ pattern, range: { ...range, startDate } })
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  test('AP-75: what Exchange cannot say is named', () => {
    const start = '2026-01-30T09:00:00'
    const cases: [string, string, string][] = [
      ['FREQ=HOURLY', start, 'hourly'],
      ['FREQ=MONTHLY', start, 'the 30th only of months that have one'],
      ['FREQ=YEARLY', '2024-02-29T09:00:00', 'the 29th only'],
      ['FREQ=MONTHLY;BYDAY=5FR', start, 'the 5th of such days'],
      ['FREQ=MONTHLY;BYMONTHDAY=1,15', start, 'several days of the month (1, 15)'],
      ['FREQ=MONTHLY;BYMONTHDAY=-2', '2026-01-30T09:00:00', '2 before the month’s end'],
      ['FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=30', start, 'several months'],
      ['FREQ=YEARLY;BYWEEKNO=5', start, 'weeks of the year'],
      ['FREQ=DAILY;BYHOUR=9,17', start, 'several times of a day'],
      ['FREQ=DAILY;BYMONTH=1', start, 'certain months'],
      ['FREQ=WEEKLY;BYDAY=MO', start, 'a first occurrence (2026-01-30T09:00:00) that does not fit'],
      ['FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR', '2026-02-13T09:00:00', 'weekdays that fall on'],
    ]
    for (const [rule, from, cause] of cases) {
      const found = graphRecurrence(parseRrule(rule), from)
      expect([rule, 'cannot' in found ? found.cannot.replaceAll("'", '’') : found]).toEqual([
        rule,
        expect.stringContaining(cause),
      ])
    }
    const many = ewsRecurrence(parseRrule('FREQ=DAILY;COUNT=1000'), start)
    expect(many).toEqual({ cannot: '1000 occurrences (999 at most)' })
    expect(ewsRecurrence(parseRrule('FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=-1'), start)).toHaveProperty('cannot')
  })

  test('AP-71: Exchange’s last day of too short a month, and years in EWS', () => {
    expect([...occurrences(day(30), '2026-01-30T09:00:00', { limit: 3 })].map((time) => time.slice(0, 10))).toEqual([
      '2026-01-30',
      '2026-02-28',
      '2026-03-30',
    ])
    expect(day(31).byMonthDay).toEqual([-1])
    const third = ewsRecurrence(parseRrule('FREQ=YEARLY;INTERVAL=3'), '2026-05-04T09:00:00')
    expect(third).toMatchObject({ pattern: { type: 'AbsoluteMonthlyRecurrence', Interval: 36, DayOfMonth: 4 } })
    expect(ewsRecurrence(parseRrule('FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1'), '2026-05-01')).toMatchObject({
      pattern: { type: 'RelativeMonthlyRecurrence', DaysOfWeek: 'Weekday', DayOfWeekIndex: 'First' },
    })
  })

  test('AP-71: an end in the middle of a day is the last day on which it still comes', () => {
    expect(ends('2026-02-01T08:59:59')).toMatchObject({ range: { type: 'endDate', endDate: '2026-01-31' } })
    expect(ends('2026-02-01T09:00:00')).toMatchObject({ range: { type: 'endDate', endDate: '2026-02-01' } })
    expect(ends('2026-02-01')).toMatchObject({ range: { type: 'endDate', endDate: '2026-02-01' } })
  })
})
