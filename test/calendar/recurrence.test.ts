import fc from 'fast-check'
import ICAL from 'ical.js'
import { describe, expect, test } from 'vitest'
import {
  allZones,
  type Frequency,
  instantOf,
  MAX_OCCURRENCES,
  occurrences,
  parseRrule,
  printRrule,
  printVtimezone,
  type Recurrence,
} from '#calendar'
import { recurrencesOf, starts } from './support/recurrences.ts'
import { slowly } from './support/slowly.ts'

const HORIZON = '2044-12-31'
const frequencies: Frequency[] = ['daily', 'weekly', 'monthly', 'yearly']
const first = (rule: string, start: string, limit = 4) => [...occurrences(parseRrule(rule), start, { limit })]

describe('expanding', () => {
  for (const frequency of frequencies) {
    test(`AP-71: every ${frequency} recurrence has the occurrences that asking of each day finds`, () => {
      fc.assert(
        fc.property(recurrencesOf(frequency), starts, (recurrence, start) => {
          const found = [...occurrences(recurrence, start, { limit: 8, until: HORIZON })]
          expect(found).toEqual(slowly(recurrence, start, 8, HORIZON))
        }),
        { numRuns: frequency === 'daily' ? 60 : 150 },
      )
    }, 60_000)
  }

  test('AP-71: ical.js finds the same occurrences of what it can expand', () => {
    const recurrence = fc
      .constantFrom(...frequencies)
      .chain(recurrencesOf)
      .filter(isForIcal)
    fc.assert(
      fc.property(recurrence, starts, ({ end: _end, ...endless }, start) => {
        const [from] = occurrences(endless, start, { limit: 1, until: HORIZON })
        if (from === undefined || (endless.byMonth && Number(from.slice(8, 10)) > 28)) return
        const ours = [...occurrences(endless, from, { limit: 6, until: HORIZON })]
        expect(byIcal(endless, from, ours.length)).toEqual(ours)
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  test('AP-60: occurrences are the same instants as in ical.js, across daylight saving, in any zone', () => {
    const wrong: string[] = []
    fc.assert(
      fc.property(
        fc.constantFrom(...allZones()),
        starts,
        fc.constantFrom('DAILY', 'WEEKLY'),
        (zone, start, frequency) => {
          const text = `BEGIN:VCALENDAR\r\n${printVtimezone(zone, 'there', 2020, 2032)}END:VCALENDAR\r\n`
          const component = ICAL.Component.fromString(text).getFirstSubcomponent('vtimezone')
          const there = new ICAL.Timezone({ component: component as ICAL.Component, tzid: 'there' })
          const rule = parseRrule(`FREQ=${frequency}`)
          for (const local of occurrences(rule, start, { limit: frequency === 'DAILY' ? 200 : 40 })) {
            const time = ICAL.Time.fromDateTimeString(local)
            time.zone = there
            const apart = time.toUnixTime() * 1000 - instantOf(local, zone)
            if (apart !== 0 && !isNearChange(local, zone)) wrong.push(`${local} ${zone}: ${apart}`)
          }
        },
      ),
      { numRuns: 40 },
    )
    expect(wrong).toEqual([])
  }, 60_000)

  test('AP-71: parts of the clock and the year', () => {
    const start = '2026-01-01T09:00:00'
    expect(first('FREQ=DAILY;BYHOUR=9,17', start)).toEqual([
      '2026-01-01T09:00:00',
      '2026-01-01T17:00:00',
      '2026-01-02T09:00:00',
      '2026-01-02T17:00:00',
    ])
    expect(first('FREQ=HOURLY;INTERVAL=6', start, 3)).toEqual([start, '2026-01-01T15:00:00', '2026-01-01T21:00:00'])
    expect(first('FREQ=MINUTELY;INTERVAL=90;COUNT=2', start)).toEqual([start, '2026-01-01T10:30:00'])
    expect(first('FREQ=YEARLY;BYYEARDAY=1,-1', start, 3)).toEqual([start, '2026-12-31T09:00:00', '2027-01-01T09:00:00'])
    expect(first('FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', start, 2)).toEqual(['2026-05-11T09:00:00', '2027-05-17T09:00:00'])
    expect(first('FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', start, 2)).toEqual([
      '2026-01-30T09:00:00',
      '2026-02-27T09:00:00',
    ])
  })

  test('AP-60: what lasts whole days repeats on days', () => {
    expect(first('FREQ=YEARLY', '2024-02-29', 2)).toEqual(['2024-02-29', '2028-02-29'])
    expect(first('FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20260112', '2026-01-05')).toEqual([
      '2026-01-05',
      '2026-01-09',
      '2026-01-12',
    ])
  })

  test('AP-71: a recurrence that never comes ends, one that comes too often is bounded, and both in time', () => {
    expect(first('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '2026-01-01T09:00:00')).toEqual([])
    const often = parseRrule('FREQ=SECONDLY')
    expect([...occurrences(often, '2026-01-01T00:00:00', { limit: 1000 })]).toHaveLength(1000)
    const lazy = occurrences(often, '2026-01-01T00:00:00')
    expect(lazy.next().value).toBe('2026-01-01T00:00:00')
    expect(MAX_OCCURRENCES).toBe(100_000)
  })
})

describe('recurrence rules', () => {
  test('AP-71: what is written is read again as it was', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/New_York')
    fc.assert(
      fc.property(fc.constantFrom(...frequencies).chain(recurrencesOf), starts, zones, (recurrence, start, zone) => {
        expect(parseRrule(printRrule(recurrence, start, zone), zone)).toEqual(recurrence)
      }),
    )
  })

  test('AP-60: an end in UTC is a moment on the wall of the series', () => {
    const rule = 'FREQ=DAILY;UNTIL=20260329T120000Z'
    const recurrence = parseRrule(rule, 'Europe/Berlin')
    expect(recurrence.end).toEqual({ until: '2026-03-29T14:00:00' })
    expect(printRrule(recurrence, '2026-03-01T14:00:00', 'Europe/Berlin')).toBe(rule)
    expect(parseRrule('FREQ=DAILY;UNTIL=20260329T215959Z', 'Europe/Berlin').end).toEqual({ until: '2026-03-29' })
    expect(printRrule({ ...recurrence, end: { until: '2026-03-29' } }, '2026-03-01')).toBe('FREQ=DAILY;UNTIL=20260329')
  })

  test('AP-75: what is broken or not known is refused with the part that is', () => {
    const wrong: [string, string][] = [
      ['', 'frequency'],
      ['FREQ=FORTNIGHTLY', 'fortnightly'],
      ['FREQ=DAILY;RSCALE=HEBREW', 'RSCALE'],
      ['FREQ=DAILY;INTERVAL=0', 'interval of 0'],
      ['FREQ=DAILY;INTERVAL=x', 'INTERVAL=X'],
      ['FREQ=DAILY;COUNT=0', 'count of 0'],
      ['FREQ=DAILY;COUNT=3;UNTIL=20260101', 'both COUNT and UNTIL'],
      ['FREQ=DAILY;UNTIL=20260230', '20260230'],
      ['FREQ=MONTHLY;BYMONTHDAY=32', 'byMonthDay 32'],
      ['FREQ=MONTHLY;BYMONTHDAY=0', 'byMonthDay 0'],
      ['FREQ=YEARLY;BYMONTH=13', 'byMonth 13'],
      ['FREQ=WEEKLY;BYDAY=1MO', 'ordinal 1MO'],
      ['FREQ=WEEKLY;BYDAY=XX', 'XX'],
      ['FREQ=WEEKLY;BYMONTHDAY=3', 'days of the month in a weekly'],
      ['FREQ=DAILY;FREQ=DAILY', 'FREQ twice'],
      [`FREQ=DAILY;BYHOUR=${'1,'.repeat(10_000)}1`, '10,000'],
    ]
    for (const [rule, said] of wrong) expect(() => parseRrule(rule)).toThrow(said)
  })

  test('AP-75: whatever is read as a rule, nothing but a RecurrenceError comes of it', () => {
    const part = fc.constantFrom(
      'FREQ=DAILY',
      'BYDAY=',
      'COUNT=9',
      ';',
      '=',
      '-1',
      'MO',
      'UNTIL=',
      '2026',
      'T',
      'Z',
      ',',
      'BYSETPOS',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          expect(nameOfFailure(() => parseRrule(text))).toMatch(/^(none|RecurrenceError)$/)
        },
      ),
      { numRuns: 500 },
    )
  })
})

function nameOfFailure(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.name : 'something thrown'
  }
}

/** What ical.js gets right: it takes April 31 for May 1, does not end on days from the month's end in daily rules, and mixes up days with months. */
function isForIcal({ frequency, byDay, byMonthDay, byMonth }: Recurrence): boolean {
  if (byDay?.some(({ ordinal }) => ordinal !== undefined) && (byMonthDay || byMonth)) return false
  if (frequency === 'daily') return !byMonthDay
  if (frequency === 'yearly') return !(byDay && byMonthDay) && !(byDay && byMonth) && !byMonthDay
  if (frequency === 'monthly') return !byMonth && !(byDay && byMonthDay)
  return true
}

function byIcal(recurrence: Recurrence, start: string, limit: number): string[] {
  const byMonth = recurrence.byMonth?.toSorted((a, b) => a - b)
  const sorted = { ...recurrence, ...(byMonth && { byMonth }) }
  const iterator = ICAL.Recur.fromString(printRrule(sorted, start)).iterator(ICAL.Time.fromDateTimeString(start))
  return Array.from({ length: limit }, () => iterator.next().toString())
}

/** Times that come twice or not at all are read differently there. */
function isNearChange(local: string, zone: string): boolean {
  const at = instantOf(local, zone)
  return [-3, -2, -1, 1, 2, 3].some((hour) => {
    const wall = new Date(Date.parse(`${local}Z`) + hour * 3_600_000).toISOString().slice(0, 19)
    return instantOf(wall, zone) !== at + hour * 3_600_000
  })
}
