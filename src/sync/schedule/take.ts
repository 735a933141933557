import { sql } from 'kysely'
import type { Transaction } from '#database'
import { type ClaimedRow, leaseOf } from './claim.ts'
import type { Lease, LeaseKey } from './model.ts'

/**
 * Takes one workload out of turn, due or not, for a person who waits for it (B-15). Undefined while somebody else has the
 * mailbox, when the workload is not enabled, or while it backs off after a failure (SC-42); limits of pools are for
 * workers and do not hold a person up.
 * @param tx locks out claims of workers until it ends (SC-44)
 */
export async function take(
  tx: Transaction,
  options: { now: Date; owner: string; leaseMilliseconds: number; key: LeaseKey },
): Promise<Lease | undefined> {
  const { now, owner, leaseMilliseconds, key } = options
  const until = new Date(now.getTime() + leaseMilliseconds)
  await sql`select pg_advisory_xact_lock(7231950)`.execute(tx)
  const { rows } = await sql<ClaimedRow>`
    update mailbox_schedule s set lease_owner = ${owner}, lease_until = ${until}, started_at = ${now},
      last_started_at = ${now}, again_lane = null, fence = s.fence + 1
    where s.mailbox_id = ${key.mailboxId} and s.workload = ${key.workload} and s.enabled and s.lease_owner is null
      and (s.not_before is null or s.not_before <= ${now})
      and not exists (select from mailbox_schedule o where o.mailbox_id = s.mailbox_id and o.lease_owner is not null)
    returning s.*, exists (
      select from mailbox_schedule i where i.mailbox_id = s.mailbox_id and i.workload = 'incoming' and i.enabled
    ) as beside_incoming
  `.execute(tx)
  return rows[0] && leaseOf(rows[0])
}
