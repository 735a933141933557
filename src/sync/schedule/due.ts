import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Lane, LeaseKey } from './model.ts'

export interface DueRequest extends LeaseKey {
  lane: Lane
}

/**
 * Makes workloads due now, at the front of a lane (B-10, B-15, SC-5). One that runs at the moment will run again right
 * after, so that what happened behind its back is seen (no wake-up is lost). A back-off after a failure is kept
 * (SC-42). Those that are stopped or unknown are left alone. `hinted` notes that a hint of the mail server asked (B-12).
 */
export async function makeDue(
  executor: Executor,
  now: Date,
  requests: readonly DueRequest[],
  hinted = false,
): Promise<void> {
  if (requests.length === 0) return
  const json = JSON.stringify(
    requests.map(({ mailboxId, workload, lane }) => ({ mailbox_id: mailboxId, workload, lane })),
  )
  const at = now.toISOString()
  await sql`
    with wanted as (
      select mailbox_id, workload, min(lane) as lane
      from jsonb_to_recordset(${json}::jsonb) as d (mailbox_id uuid, workload text, lane smallint)
      group by mailbox_id, workload
    ), locked as materialized (
      -- Always in the same order: two that make the same rows due never wait for each other in a circle.
      select s.mailbox_id, s.workload, wanted.lane as asked
      from mailbox_schedule s join wanted on s.mailbox_id = wanted.mailbox_id and s.workload = wanted.workload
      where s.enabled
        and (${hinted} or s.lease_owner is not null or s.lane > wanted.lane or s.next_due > ${at}::timestamptz)
      order by s.mailbox_id, s.workload
      for update of s
    )
    update mailbox_schedule s set
      lane = case when s.lease_owner is null then least(s.lane, asked) else s.lane end,
      next_due = case when s.lease_owner is null
        then least(s.next_due, greatest(${at}::timestamptz, s.not_before)) else s.next_due end,
      again_lane = case when s.lease_owner is null then s.again_lane else least(s.again_lane, asked) end,
      hinted_at = case when ${hinted} then ${at}::timestamptz else s.hinted_at end
    from locked
    where s.mailbox_id = locked.mailbox_id and s.workload = locked.workload`.execute(executor)
}
