import type { LocalDate } from '#calendar'
import { instantOf } from '../node.ts'

const HALF_A_DAY = 43_200_000

/**
 * The day that an instant stands for: Exchange and Outlook keep days as midnight somewhere, in UTC or on the wall of
 * whoever wrote them, or as 11:59 in UTC. The nearest midnight is meant, so that no day is lost west or east of it.
 */
export function dayNear(text: string | undefined): LocalDate | undefined {
  const at = instantOf(text)
  return at && new Date(at.getTime() + HALF_A_DAY).toISOString().slice(0, 10)
}

/** A day as Exchange is told it: midnight in UTC, which is the zone of our requests. */
export function midnight(day: LocalDate | undefined): string | undefined {
  return day && `${day}T00:00:00Z`
}
