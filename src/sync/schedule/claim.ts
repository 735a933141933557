import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Lane, Lease, Workload } from './model.ts'
import { keyset } from './rows.ts'

/**
 * Takes at most `wanted` due workloads for `owner`, in one statement (SC-2): immediate before sweep before backfill, the
 * longest due first, within the limits of pools and mailboxes (SC-40, SC-44, MB-104).
 */
export async function claim(
  executor: Executor,
  options: { now: Date; owner: string; wanted: number; leaseMilliseconds: number },
): Promise<Lease[]> {
  const { now, owner, wanted, leaseMilliseconds } = options
  if (wanted <= 0) return []
  const until = new Date(now.getTime() + leaseMilliseconds)
  const { rows } = await sql<ClaimedRow>`
    select c.*, exists (
      select from mailbox_schedule i where i.mailbox_id = c.mailbox_id and i.workload = 'incoming' and i.enabled
    ) as beside_incoming
    from schedule_claim(${now.toISOString()}::timestamptz, ${owner}::text, ${until.toISOString()}::timestamptz,
      ${wanted}::integer) c
    order by c.lane, c.next_due`.execute(executor)
  return rows.map(leaseOf)
}

/**
 * Holds leases for another while. Returns those that are lost: taken by another worker, stopped or removed. A row that a
 * transaction of the cycle itself has locked is passed over; it cannot be taken away meanwhile.
 */
export async function renew(
  executor: Executor,
  options: { now: Date; owner: string; leaseMilliseconds: number; leases: readonly Lease[] },
): Promise<Lease[]> {
  const { now, owner, leaseMilliseconds, leases } = options
  if (leases.length === 0) return []
  const until = new Date(now.getTime() + leaseMilliseconds).toISOString()
  const { rows } = await sql<{ mailbox_id: string; workload: Workload; fence: number }>`
    with held as (
      select s.mailbox_id, s.workload, s.fence from mailbox_schedule s join ${keyset(leases)}
        on s.mailbox_id = d.mailbox_id and s.workload = d.workload
      where s.lease_owner = ${owner} and s.enabled
    ), free as materialized (
      select s.mailbox_id, s.workload from mailbox_schedule s join held using (mailbox_id, workload)
      where s.lease_owner = ${owner} for update of s skip locked
    ), renewed as (
      update mailbox_schedule s set lease_until = ${until}::timestamptz from free
      where s.mailbox_id = free.mailbox_id and s.workload = free.workload
    )
    select mailbox_id, workload, fence from held`.execute(executor)
  const held = new Set(rows.map((row) => `${row.mailbox_id} ${row.workload} ${row.fence}`))
  return leases.filter((lease) => !held.has(`${lease.mailboxId} ${lease.workload} ${lease.fence}`))
}

/** When the next row will be due that a worker might take; `undefined` when none waits. */
export async function earliestDue(executor: Executor): Promise<Date | undefined> {
  const { rows } = await sql<{ due: Date | null }>`
    select min(due) as due from (
      select greatest(found.next_due, pool.paused_until) as due
      from schedule_pool pool cross join (values (0::smallint), (1::smallint), (2::smallint)) lanes (lane)
      cross join lateral (
        select next_due from mailbox_schedule
        where pool_key = pool.key and lane = lanes.lane and lease_owner is null and enabled and not forward
        order by next_due limit 1
      ) found
      where pool.maximum > 0
      union all
      select greatest(found.next_due, pool.paused_until)
      from schedule_pool pool cross join (values (0::smallint), (1::smallint), (2::smallint)) lanes (lane)
      cross join lateral (
        select next_due from mailbox_schedule
        where lane = lanes.lane and lease_owner is null and enabled and forward
        order by next_due limit 1
      ) found
      where pool.key = 'forward' and pool.maximum > 0
    ) waiting`.execute(executor)
  return rows[0]?.due ?? undefined
}

export interface ClaimedRow {
  mailbox_id: string
  workload: Workload
  lane: Lane
  lease_owner: string
  fence: number
  started_at: Date
  empty_count: number
  transient_count: number
  hint_found: number
  hint_missed: number
  minimum_polling_minutes: number
  watched_since: Date | null
  hinted_at: Date | null
  beside_incoming: boolean
}

export function leaseOf(row: ClaimedRow): Lease {
  return {
    mailboxId: row.mailbox_id,
    workload: row.workload,
    lane: row.lane,
    owner: row.lease_owner,
    fence: row.fence,
    startedAt: row.started_at,
    history: {
      empty: row.empty_count,
      transient: row.transient_count,
      announcement: { found: row.hint_found, missed: row.hint_missed },
    },
    minimumPollingMinutes: row.minimum_polling_minutes,
    besideIncoming: row.beside_incoming,
    ...(row.watched_since ? { watchedSince: row.watched_since } : {}),
    ...(row.hinted_at ? { hintedAt: row.hinted_at } : {}),
  }
}
