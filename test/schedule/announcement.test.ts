import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { countUnannounced, isUnreliable } from '#schedule'
import { announcementAfter, NO_ANNOUNCEMENT } from '../../src/sync/schedule/announcement.ts'

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 5, 8) + seconds * 1000)

test('B-12: more than 1 % unannounced is unreliable, 1 % is not', () => {
  expect(isUnreliable({ found: 100, missed: 1 })).toBe(false)
  expect(isUnreliable({ found: 99, missed: 1 })).toBe(true)
  expect(isUnreliable({ found: 200, missed: 3 })).toBe(true)
  expect(isUnreliable(NO_ANNOUNCEMENT)).toBe(false)
})

test('B-12: however bad, a mailbox recovers when everything is announced again', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(300), fc.nat(300))), fc.integer({ min: 1, max: 50 }), (past, perCycle) => {
      let announcement = NO_ANNOUNCEMENT
      for (const [found, missed] of past) announcement = announcementAfter(announcement, found, missed)
      expect(announcement.missed).toBeLessThanOrEqual(announcement.found)
      expect(announcement.found).toBeLessThanOrEqual(200)
      for (let found = 0; found < 2000; found += perCycle) announcement = announcementAfter(announcement, perCycle, 0)
      expect(isUnreliable(announcement)).toBe(false)
    }),
  )
})

test('B-12: a mailbox of which nothing is announced is unreliable from the first item', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (cycles) => {
      let announcement = NO_ANNOUNCEMENT
      for (const found of cycles) announcement = announcementAfter(announcement, found, found)
      expect(isUnreliable(announcement)).toBe(true)
    }),
  )
})

test('B-12: an item is unannounced when it came while watched, in time, and no hint came after it', () => {
  const lease = { startedAt: at(600), watchedSince: at(100), hintedAt: at(300) }
  const items = [
    at(50), // before the watch
    at(200), // announced
    at(400), // unannounced
    at(595), // its hint may still be on its way
  ]
  expect(countUnannounced(items, lease)).toBe(1)
  expect(countUnannounced(items, { startedAt: at(600), watchedSince: at(100) })).toBe(2)
  expect(countUnannounced(items, { startedAt: at(600) })).toBeUndefined()
})
