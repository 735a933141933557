import { sql } from 'kysely'
import type { Executor } from '#database'
import { type ClaimedRow, leaseOf } from './claim.ts'
import type { Lease, LeaseKey } from './model.ts'

/**
 * Takes one workload out of turn, due or not, for a person who waits for it (B-15). Undefined while somebody else has the
 * mailbox, or when the workload is not enabled; limits of pools are for workers and do not hold a person up.
 */
export async function take(
  executor: Executor,
  options: { now: Date; owner: string; leaseMilliseconds: number; key: LeaseKey },
): Promise<Lease | undefined> {
  const { now, owner, leaseMilliseconds, key } = options
  const until = new Date(now.getTime() + leaseMilliseconds)
  const { rows } = await sql<ClaimedRow>`
    update mailbox_schedule s set lease_owner = ${owner}, lease_until = ${until}, started_at = ${now},
      last_started_at = ${now}, again_lane = null, fence = s.fence + 1
    where s.mailbox_id = ${key.mailboxId} and s.workload = ${key.workload} and s.enabled and s.lease_owner is null
      and not exists (select from mailbox_schedule o where o.mailbox_id = s.mailbox_id and o.lease_owner is not null)
    returning s.*, exists (
      select from mailbox_schedule i where i.mailbox_id = s.mailbox_id and i.workload = 'incoming' and i.enabled
    ) as beside_incoming
  `.execute(executor)
  return rows[0] && leaseOf(rows[0])
}
