import { pairMap, pairMaps } from '../fields/maps.ts'
import { isSame } from '../fields/pair.ts'
import type { ItemTable, PairValues } from '../model.ts'

/** The values of one side: in the copy, as they were overwritten, and now. */
export interface Overwritten {
  was: PairValues
  /** Absent: not known, so that every difference to now counts as a later change. */
  written?: PairValues | undefined
  now: PairValues
}

export interface GoingBack {
  /** What is written so that the overwritten fields are as they were. */
  back: PairValues
  /** Fields that somebody has changed since, as people call them. */
  changed: string[]
}

/**
 * Which of the overwritten pairs go back, and which of these have another value by now than they were overwritten with.
 * @param pairs the pairs that were overwritten; absent: all.
 */
export function goingBack(
  table: ItemTable,
  pairs: readonly string[] | undefined,
  { was, written, now }: Overwritten,
): GoingBack {
  const names = pairs ?? pairMaps[table].filter((pair) => pair.with === undefined).map(({ name }) => name)
  // AP-71: a new recurrence took the exceptions along.
  const all = new Set([...names, ...(names.includes('recurrence') ? ['occurrences'] : [])])
  const differs = (name: string, one: PairValues, other: PairValues): boolean =>
    !isSame(pairMap(table, name), one[name] ?? null, other[name] ?? null)
  const lost = [...all].filter((name) => name in was && differs(name, was, now))
  const changed = lost.filter((name) => written === undefined || differs(name, written, now))
  return {
    back: Object.fromEntries(lost.map((name) => [name, was[name] ?? null])),
    changed: changed.map((name) => pairMap(table, name).outlook),
  }
}
