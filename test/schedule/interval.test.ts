import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emptyAfter, type IntervalSettings, nextInterval } from '../../src/sync/schedule/interval.ts'
import { WORKLOADS } from '../../src/sync/schedule/model.ts'

const settings: IntervalSettings = {
  incomingIntervalMode: 'adaptive',
  minimumPollingMinutes: 0,
  besideIncoming: false,
}
const trusted = (empty: number) => ({ empty, unreliable: false })

describe('incoming', () => {
  test.each([
    // seen, more, empty, minutes
    [1, true, 0, 2],
    [0, true, 5, 2],
    [20, false, 0, 2],
    [500, false, 0, 2],
    [19, false, 0, 5],
    [1, false, 0, 5],
    [0, false, 1, 5],
    [0, false, 2, 5],
    [0, false, 3, 7],
    [0, false, 4, 9],
    [0, false, 5, 12],
    [0, false, 6, 12],
    [0, false, 10_000, 12],
  ])('SC-12: seen %i, more %s, empty %i gives %i minutes', (seen, more, empty, minutes) => {
    expect(nextInterval('incoming', { seen, more }, trusted(empty), settings)).toBe(minutes)
  })

  test('SC-11, SC-12: the ladder of a mailbox that falls silent and speaks again', () => {
    let empty = 0
    const intervals = [0, 0, 0, 0, 0, 0, 3, 0].map((seen) => {
      empty = emptyAfter(empty, { seen })
      return nextInterval('incoming', { seen, more: false }, trusted(empty), settings)
    })
    expect(intervals).toEqual([5, 5, 7, 9, 12, 12, 5, 5])
  })

  test('SC-15: a larger minimum of the profile wins, even above 12', () => {
    for (const [minimumPollingMinutes, minutes] of [
      [1, 2],
      [2, 2],
      [3, 3],
      [12, 12],
      [1440, 1440],
    ] as const)
      expect(
        nextInterval('incoming', { seen: 0, more: true }, trusted(1), { ...settings, minimumPollingMinutes }),
      ).toBe(minutes)
  })

  test('SC-16: in mode fixed5 the interval is always 5, unless the minimum is larger', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.boolean(), fc.nat(20), fc.nat(1440), (seen, more, empty, minimumPollingMinutes) => {
        const fixed = { ...settings, incomingIntervalMode: 'fixed5' as const, minimumPollingMinutes }
        expect(nextInterval('incoming', { seen, more }, trusted(empty), fixed)).toBe(Math.max(5, minimumPollingMinutes))
      }),
    )
  })

  test('B-12: while hints are unreliable the 2-minute bound applies in both modes', () => {
    for (const incomingIntervalMode of ['adaptive', 'fixed5'] as const) {
      const minutes = nextInterval(
        'incoming',
        { seen: 0, more: false },
        { empty: 9, unreliable: true },
        { ...settings, incomingIntervalMode },
      )
      expect(minutes).toBe(2)
    }
  })

  test('SC-10: whatever happens, 2 to 12 minutes; more silence never means sooner', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.boolean(), fc.nat(30), fc.boolean(), (seen, more, empty, unreliable) => {
        const minutes = nextInterval('incoming', { seen, more }, { empty, unreliable }, settings) as number
        expect(minutes).toBeGreaterThanOrEqual(2)
        expect(minutes).toBeLessThanOrEqual(12)
        const later = nextInterval('incoming', { seen, more }, { empty: empty + 1, unreliable }, settings) as number
        expect(later).toBeGreaterThanOrEqual(minutes)
      }),
    )
  })
})

test('SC-13: the count of empty cycles grows by one and resets when something is seen', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(100), (before, seen) => {
      expect(emptyAfter(before, { seen })).toBe(seen > 0 ? 0 : before + 1)
    }),
  )
})

test('SC-20: outgoing is 5 minutes, always', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.boolean(), fc.nat(30), fc.nat(1440), (seen, more, empty, minimumPollingMinutes) => {
      expect(nextInterval('outgoing', { seen, more }, trusted(empty), { ...settings, minimumPollingMinutes })).toBe(5)
    }),
  )
})

describe('act', () => {
  test.each([
    [0, 5, 5],
    [1, 5, 5],
    [2, 5, 5],
    [3, 7, 7],
    [4, 9, 9],
    [5, 12, 12],
    [6, 12, 15],
    [60, 12, 15],
  ])('SC-30, SC-31: after %i empty cycles %i minutes, beside incoming %i', (empty, alone, beside) => {
    const outcome = { seen: 0, more: false }
    expect(nextInterval('act', outcome, trusted(empty), settings)).toBe(alone)
    expect(nextInterval('act', outcome, trusted(empty), { ...settings, besideIncoming: true })).toBe(beside)
  })

  test('SC-31, SC-32: 5 minutes when anything was processed or the cap was reached', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.boolean(), fc.nat(30), fc.boolean(), (seen, more, empty, besideIncoming) => {
        fc.pre(more || seen > 0)
        expect(nextInterval('act', { seen, more }, trusted(empty), { ...settings, besideIncoming })).toBe(5)
      }),
    )
  })
})

test('B-90: backfill goes on at once while past mail is left, then rests', () => {
  expect(nextInterval('backfill', { seen: 50, more: true }, trusted(0), settings)).toBe(0)
  expect(nextInterval('backfill', { seen: 50, more: false }, trusted(0), settings)).toBe('rest')
})

test('SC-3: every workload that does not rest has an interval', () => {
  for (const workload of WORKLOADS)
    expect(nextInterval(workload, { seen: 1, more: true }, trusted(0), settings)).toBeTypeOf('number')
})
