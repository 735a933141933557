import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantOf, type Range, relativeRange } from '../../../src/records/query/relative.ts'
import { addDays, addMonths, dayAt, parseDay, printDay, startOfDay } from '../../../src/records/query/zone.ts'

function range(operator: Parameters<typeof relativeRange>[0], now: string, timeZone: string, count = 0): string {
  const found = relativeRange(operator, count, { now: new Date(now), timeZone }) as Range
  const print = (bound: Range['from']) => (bound ? instantOf(bound, timeZone).toISOString().replace('.000Z', 'Z') : '…')
  return `${print(found.from)} ${print(found.to)}`
}

describe('SF-35: relative dates are those of the user’s time zone', () => {
  test('SF-35: today of Auckland is not today of Los Angeles', () => {
    expect(range('today', '2026-01-05T12:00:00Z', 'Pacific/Auckland')).toBe('2026-01-05T11:00:00Z 2026-01-06T11:00:00Z')
    expect(range('today', '2026-01-05T12:00:00Z', 'America/Los_Angeles')).toBe(
      '2026-01-05T08:00:00Z 2026-01-06T08:00:00Z',
    )
  })

  test('SF-35: the day on which summer time begins has 23 hours, the one on which it ends 25', () => {
    expect(range('today', '2026-03-29T10:00:00Z', 'Europe/Berlin')).toBe('2026-03-28T23:00:00Z 2026-03-29T22:00:00Z')
    expect(range('today', '2026-10-25T10:00:00Z', 'Europe/Berlin')).toBe('2026-10-24T22:00:00Z 2026-10-25T23:00:00Z')
  })

  test('SF-35: a day whose midnight is skipped begins at one o’clock', () => {
    expect(range('today', '2024-09-08T12:00:00Z', 'America/Santiago')).toBe('2024-09-08T04:00:00Z 2024-09-09T03:00:00Z')
    expect(range('today', '2022-03-27T12:00:00Z', 'Asia/Beirut')).toBe('2022-03-26T22:00:00Z 2022-03-27T21:00:00Z')
  })

  test('SF-35: a day whose midnight comes twice begins with the first', () => {
    // Havana turns its clocks back from one o'clock to midnight.
    expect(range('today', '2024-11-03T12:00:00Z', 'America/Havana')).toBe('2024-11-03T04:00:00Z 2024-11-04T05:00:00Z')
  })

  test('SF-35: a day that a zone left out is empty', () => {
    // Samoa had no 30 December 2011.
    const zone = 'Pacific/Apia'
    const skipped = { year: 2011, month: 12, day: 30 }
    expect(startOfDay(skipped, zone).getTime()).toBeGreaterThanOrEqual(startOfDay(addDays(skipped, 1), zone).getTime())
  })

  test('SF-35: an unknown zone is an error that names it', () => {
    expect(() => range('today', '2026-01-05T12:00:00Z', 'Mars/Olympus')).toThrow('Mars/Olympus')
  })
})

describe('SF-33: the ranges of the date operators', () => {
  const now = '2026-03-31T15:30:00Z' // a Tuesday
  test.each([
    ['yesterday', 0, '2026-03-30T00:00:00Z 2026-03-31T00:00:00Z'],
    ['tomorrow', 0, '2026-04-01T00:00:00Z 2026-04-02T00:00:00Z'],
    ['last-seven-days', 0, '2026-03-24T00:00:00Z 2026-03-31T15:30:00Z'],
    ['next-seven-days', 0, '2026-03-31T15:30:00Z 2026-04-08T00:00:00Z'],
    ['last-week', 0, '2026-03-22T00:00:00Z 2026-03-29T00:00:00Z'],
    ['this-week', 0, '2026-03-29T00:00:00Z 2026-04-05T00:00:00Z'],
    ['next-week', 0, '2026-04-05T00:00:00Z 2026-04-12T00:00:00Z'],
    ['last-month', 0, '2026-02-01T00:00:00Z 2026-03-01T00:00:00Z'],
    ['this-month', 0, '2026-03-01T00:00:00Z 2026-04-01T00:00:00Z'],
    ['next-month', 0, '2026-04-01T00:00:00Z 2026-05-01T00:00:00Z'],
    ['last-year', 0, '2025-01-01T00:00:00Z 2026-01-01T00:00:00Z'],
    ['this-year', 0, '2026-01-01T00:00:00Z 2027-01-01T00:00:00Z'],
    ['next-year', 0, '2027-01-01T00:00:00Z 2028-01-01T00:00:00Z'],
    ['last-x-hours', 2, '2026-03-31T13:30:00Z 2026-03-31T15:30:00Z'],
    ['next-x-hours', 2, '2026-03-31T15:30:00Z 2026-03-31T17:30:00Z'],
    ['last-x-days', 3, '2026-03-28T00:00:00Z 2026-03-31T15:30:00Z'],
    ['next-x-days', 3, '2026-03-31T15:30:00Z 2026-04-04T00:00:00Z'],
    ['last-x-weeks', 2, '2026-03-17T00:00:00Z 2026-03-31T15:30:00Z'],
    ['next-x-weeks', 1, '2026-03-31T15:30:00Z 2026-04-08T00:00:00Z'],
    ['last-x-months', 1, '2026-02-28T00:00:00Z 2026-03-31T15:30:00Z'],
    ['next-x-months', 1, '2026-03-31T15:30:00Z 2026-05-01T00:00:00Z'],
    ['last-x-years', 1, '2025-03-31T00:00:00Z 2026-03-31T15:30:00Z'],
    ['next-x-years', 1, '2026-03-31T15:30:00Z 2027-04-01T00:00:00Z'],
    ['olderthan-x-months', 13, '… 2025-02-28T00:00:00Z'],
  ] as const)('SF-33: %s %i', (operator, count, expected) => {
    expect(range(operator, now, 'UTC', count)).toBe(expected)
  })

  test('SF-33: huge counts end at the first and last year there is', () => {
    expect(range('last-x-years', now, 'UTC', 10_000)).toBe('0001-01-01T00:00:00Z 2026-03-31T15:30:00Z')
    expect(range('next-x-weeks', now, 'UTC', 1_000_000)).toContain('9999-12-31')
  })
})

describe('SF-35: days of the calendar', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/Santiago', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia']
  const instant = fc.date({ min: new Date('1975-01-01'), max: new Date('2037-01-01'), noInvalidDate: true })

  test('SF-35: every instant lies within the day that it shows', () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...zones), (time, zone) => {
        const day = dayAt(time, zone)
        expect(startOfDay(day, zone).getTime()).toBeLessThanOrEqual(time.getTime())
        expect(startOfDay(addDays(day, 1), zone).getTime()).toBeGreaterThan(time.getTime())
        expect(parseDay(printDay(day))).toEqual(day)
      }),
      { numRuns: 500 },
    )
  })

  test('SF-35: months are added without leaving the month', () => {
    expect(addMonths({ year: 2024, month: 1, day: 31 }, 1)).toEqual({ year: 2024, month: 2, day: 29 })
    expect(addMonths({ year: 2024, month: 1, day: 31 }, -11)).toEqual({ year: 2023, month: 2, day: 28 })
    expect(parseDay('2025-02-29')).toBeUndefined()
    expect(parseDay('0000-01-01')).toBeUndefined()
  })
})
