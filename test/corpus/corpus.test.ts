import ICAL from 'ical.js'
import { describe, expect, test } from 'vitest'
import {
  dayOf,
  ewsRecurrence,
  graphRecurrence,
  isSameRecurrence,
  occurrences,
  parseRrule,
  printRrule,
  type Recurrence,
} from '#calendar'
import { readCorpus, type Sample } from './corpus.ts'
import { takesPlace } from './takesPlace.ts'

const samples = readCorpus()

describe('the corpus of recurrences', () => {
  test('AP-71: has more than 200 series with every part of a rule, and what the tricky ones yield by hand', () => {
    expect(samples.length).toBeGreaterThan(250)
    expect(new Set(samples.map(({ name }) => name)).size).toBe(samples.length)
    expect(samples.filter(({ is }) => is).length).toBeGreaterThan(150)
    const said = samples.flatMap(({ rule }) => rule.split(';').map((part) => part.split('=')[0] ?? ''))
    const parts = ['BYDAY', 'BYHOUR', 'BYMINUTE', 'BYMONTH', 'BYMONTHDAY', 'BYSECOND', 'BYSETPOS', 'BYWEEKNO']
    const others = ['BYYEARDAY', 'COUNT', 'FREQ', 'INTERVAL', 'UNTIL', 'WKST']
    expect([...new Set(said)].sort()).toEqual([...parts, ...others])
    const frequencies = new Set(samples.map(({ series }) => series.recurrence.frequency))
    expect(frequencies.size).toBe(7)
  })

  test('AP-60, AP-71: takes place when it was worked out by hand', () => {
    const byHand = samples.flatMap(({ name, is }) => (is ? [[name, is]] : []))
    const ours = samples.flatMap(({ name, time, series, is }) =>
      is ? [[name, takesPlace(time, series, is.length)]] : [],
    )
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(byHand))
  })

  test('AP-71: takes place when ical.js says it does; what ical.js cannot expand was worked out by hand', () => {
    const compared = samples.filter(isForIcal)
    const ours = compared.map((one) => [
      one.name,
      [...occurrences(one.series.recurrence, one.time.start, { limit: 12 })],
    ])
    const theirs = compared.map((one, index) => [one.name, byIcal(one, ours[index]?.[1]?.length ?? 0)])
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs))
    expect(compared.length).toBeGreaterThan(150)
    const unproved = samples.filter((one) => !isForIcal(one) && !one.is)
    expect(unproved.map(({ name }) => name)).toEqual([])
  })

  test('AP-71: is written in iCalendar as it was read', () => {
    for (const { name, time, series } of samples) {
      const text = printRrule(series.recurrence, time.start, time.zone)
      expect([name, parseRrule(text, time.zone)]).toEqual([name, series.recurrence])
    }
  })

  test('AP-71, AP-75: Exchange has a pattern for it, or the cause is what the corpus says', () => {
    const unnamed: string[] = []
    for (const { name, time, series, as, cannot } of samples) {
      const { recurrence } = series
      if (as && !isSameRecurrence(recurrence, parseRrule(as, time.zone), time.start)) unnamed.push(`${name}: not ${as}`)
      const found = { graph: graphRecurrence(recurrence, time.start), ews: ewsRecurrence(recurrence, time.start) }
      for (const [who, pattern] of Object.entries(found) as [keyof typeof found, object][]) {
        if ('cannot' in pattern && !String(pattern.cannot).includes(cannot[who] ?? 'named'))
          unnamed.push(`${name} (${who}): ${String(pattern.cannot)}`)
      }
    }
    expect(unnamed).toEqual([])
  })
})

/**
 * What ical.js gets right. It takes April 31 for May 1 and February 29 for March 1, miscounts weekdays through the year, and has
 * no BYSETPOS but for weekdays of the month.
 */
function isForIcal({ series, rule, time }: Sample): boolean {
  const { frequency, byDay, byMonthDay, byMonth, bySetPos, byYearDay, byWeekNo } = series.recurrence
  if (byYearDay || byWeekNo || (bySetPos && frequency !== 'monthly') || /BY(HOUR|MINUTE|SECOND)/.test(rule))
    return false
  if (frequency === 'yearly' && time.start.slice(5, 10) === '02-29' && !byMonth) return false
  if (bySetPos && byMonthDay) return false
  return isUsualForIcal({ frequency, byDay, byMonthDay, byMonth })
}

function isUsualForIcal(
  recurrence: {
    [Name in 'frequency' | 'byDay' | 'byMonthDay' | 'byMonth']: Recurrence[Name] | undefined
  },
): boolean {
  const { frequency, byDay, byMonthDay, byMonth } = recurrence
  if (byDay?.some(({ ordinal }) => ordinal !== undefined) && byMonthDay) return false
  if (frequency === 'daily') return !byMonthDay
  if (frequency === 'yearly' && !byMonth && byDay?.some(({ ordinal }) => ordinal !== undefined)) return false
  if (frequency === 'yearly') return !(byDay && byMonthDay) && !(byMonthDay && !byMonth)
  if (frequency === 'monthly') return !byMonth && !(byDay && byMonthDay)
  return true
}

function byIcal({ time, series }: Sample, limit: number): string[] {
  const start = time.allDay ? ICAL.Time.fromDateString(time.start) : ICAL.Time.fromDateTimeString(time.start)
  const iterator = ICAL.Recur.fromString(printRrule(series.recurrence, time.start, 'UTC')).iterator(start)
  return Array.from({ length: limit }, () => {
    const text = iterator.next()?.toString() ?? ''
    return time.allDay ? dayOf(text) : text
  })
}
