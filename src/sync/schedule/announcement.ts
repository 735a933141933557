import type { Announcement, Lease } from './model.ts'

/** At most this many items are remembered; beyond it the past weighs half. */
const WINDOW = 200
/** A hint may need this long to arrive: what came just before the cycle is not held against it. */
const GRACE_MILLISECONDS = 10_000

export const NO_ANNOUNCEMENT: Announcement = { found: 0, missed: 0 }

/** Adds what a cycle found to the window. */
export function announcementAfter(before: Announcement, found: number, missed: number): Announcement {
  let after = { found: before.found + found, missed: before.missed + Math.min(missed, found) }
  while (after.found > WINDOW) after = { found: Math.floor(after.found / 2), missed: Math.floor(after.missed / 2) }
  return after
}

/** B-12: more than 1 % of what was found had not been announced. */
export function isUnreliable({ found, missed }: Announcement): boolean {
  return missed * 100 > found
}

/**
 * How many of the items that a cycle found should have been announced by a hint but were not, given when each arrived
 * in the mailbox. `undefined` when the mailbox was not watched: then hints are neither reliable nor unreliable.
 */
export function countUnannounced(
  received: readonly Date[],
  lease: Pick<Lease, 'startedAt' | 'watchedSince' | 'hintedAt'>,
): number | undefined {
  const { watchedSince, hintedAt, startedAt } = lease
  if (!watchedSince) return undefined
  const from = watchedSince.getTime()
  const until = startedAt.getTime() - GRACE_MILLISECONDS
  const lastHint = (hintedAt?.getTime() ?? Number.NEGATIVE_INFINITY) + GRACE_MILLISECONDS
  return received.filter((date) => {
    const at = date.getTime()
    return at >= from && at <= until && at > lastHint
  }).length
}
