const SECOND = 1000
const HOUR = 3_600 * SECOND
const FIRST = 5 * SECOND
const LONGEST = HOUR

/** A webhook whose receiver has failed for so long is paused, until a person resumes it. */
export const PAUSED_AFTER = 24 * HOUR

/** Milliseconds until the next attempt after so many failures in a row; `chance` is from 0 to 1. */
export function backOff(failures: number, chance: number): number {
  const wait = Math.min(FIRST * 3 ** (failures - 1), LONGEST)
  return Math.round(wait * (0.8 + 0.4 * chance))
}
