import type { Lease, Schedule } from '#schedule'
import type { Clock } from '#time'

/** A mailbox with much to do gives its connection back after this, even if nobody waits. In milliseconds. */
export const LONGEST_TURN = 5 * 60_000

/** SC-14, SC-32: after the cap of one cycle the next may follow at once, while no other mailbox is due. */
export function turnOf(
  { clock, schedule }: { clock: Clock; schedule: Schedule },
  lease: Lease,
): () => Promise<boolean> {
  return async () => {
    const now = clock.now().getTime()
    if (now - lease.startedAt.getTime() > LONGEST_TURN) return false
    const due = await schedule.earliestDue()
    return due === undefined || due.getTime() > now
  }
}
