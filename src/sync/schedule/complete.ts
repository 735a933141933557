import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Lease } from './model.ts'
import { FORWARD_POOL } from './rows.ts'
import type { Settlement } from './settle.ts'

/** What became of each settlement. */
export interface Completion {
  saved: Settlement[]
  /** The lease was lost: the cycle does not count. */
  refused: Settlement[]
  /** Another transaction has the row locked at the moment: ask again. */
  busy: Settlement[]
}

/** Ends cycles, in one statement. Never waits for a lock. */
export async function complete(executor: Executor, settlements: readonly Settlement[]): Promise<Completion> {
  if (settlements.length === 0) return { saved: [], refused: [], busy: [] }
  const json = JSON.stringify(settlements.map(rowOf))
  const { rows } = await sql<{ mailbox_id: string; workload: Lease['workload']; saved: boolean }>`
    with d as materialized (
      select * from jsonb_to_recordset(${json}::jsonb) as d (
        mailbox_id uuid, workload text, lease_owner text, fence integer, ended_at timestamptz, next_due timestamptz,
        not_before timestamptz, interval_ms bigint, lane smallint, stopped_by text, empty_count integer,
        transient_count integer, hint_found integer, hint_missed integer, duration_ms integer, active boolean,
        processed integer, failed integer, error_code text, error_text text, error_scope text, throttled boolean,
        forced boolean)
    ), held as (
      select s.mailbox_id, s.workload from mailbox_schedule s join d using (mailbox_id, workload)
      where s.lease_owner = d.lease_owner and s.fence = d.fence
    ), free as materialized (
      select s.mailbox_id, s.workload, s.again_lane is not null as again,
        -- Enabled anew since the cycle began: its failure is history (MB-73).
        d.error_code is not null and s.enabled_at > s.started_at as outdated
      from mailbox_schedule s join d using (mailbox_id, workload)
      where s.lease_owner = d.lease_owner and s.fence = d.fence
      for update of s skip locked
    ), ended as (
      select d.*, free.again, free.outdated,
        -- A backfill that was asked for again while it ran is not done.
        case when free.outdated or (d.stopped_by = 'done' and free.again) then null else d.stopped_by end as stops
      from free join d using (mailbox_id, workload)
    ), saved as (
      update mailbox_schedule s set
        lease_owner = null, lease_until = null, again_lane = null,
        lane = coalesce(s.again_lane, d.lane),
        next_due = case when d.outdated then d.ended_at
          when d.again then greatest(d.ended_at, d.not_before) else d.next_due end,
        interval_ms = d.interval_ms,
        not_before = case when d.outdated then null else d.not_before end,
        enabled = s.enabled and d.stops is null,
        stopped_by = case when s.enabled then d.stops else s.stopped_by end,
        empty_count = d.empty_count, lost_count = 0,
        transient_count = case when d.outdated then 0 else d.transient_count end,
        hint_found = d.hint_found, hint_missed = d.hint_missed,
        forced_unlock_count = s.forced_unlock_count + d.forced::integer,
        last_ended_at = d.ended_at,
        last_success_at = case when d.error_code is null then d.ended_at else s.last_success_at end,
        last_active_at = case when d.active then d.ended_at else s.last_active_at end,
        last_duration_ms = d.duration_ms,
        average_duration_ms = coalesce((s.average_duration_ms * 9::bigint + d.duration_ms) / 10, d.duration_ms),
        last_processed = d.processed, last_failed = d.failed,
        last_error_code = coalesce(d.error_code, s.last_error_code),
        last_error_text = case when d.error_code is null then s.last_error_text else d.error_text end,
        last_error_scope = coalesce(d.error_scope, s.last_error_scope),
        last_error_at = case when d.error_code is null then s.last_error_at else d.ended_at end,
        error_count = case when d.error_code is null then 0 else s.error_count + 1 end
      from ended d
      where s.mailbox_id = d.mailbox_id and s.workload = d.workload
      returning s.mailbox_id, s.workload, s.forward, d.throttled, d.next_due
    ), paused as (
      -- Forward mailboxes share one throttle budget (MB-104).
      update schedule_pool set paused_until = greatest(paused_until, throttle.until)
      from (select max(next_due) as until from saved where forward and throttled) throttle
      where key = ${FORWARD_POOL} and throttle.until is not null
    )
    select held.mailbox_id, held.workload, saved.mailbox_id is not null as saved
    from held left join saved using (mailbox_id, workload)`.execute(executor)
  const states = new Map(rows.map((row) => [`${row.mailbox_id} ${row.workload}`, row.saved]))
  const stateOf = ({ lease }: Settlement) => states.get(`${lease.mailboxId} ${lease.workload}`)
  return {
    saved: settlements.filter((settlement) => stateOf(settlement) === true),
    refused: settlements.filter((settlement) => stateOf(settlement) === undefined),
    busy: settlements.filter((settlement) => stateOf(settlement) === false),
  }
}

/** Gives leases back without a result, due at once in the lane they came from. */
export async function release(executor: Executor, now: Date, leases: readonly Lease[]): Promise<void> {
  if (leases.length === 0) return
  const json = JSON.stringify(
    leases.map(({ mailboxId, workload, owner, fence }) => ({ mailboxId, workload, owner, fence })),
  )
  await sql`
    update mailbox_schedule s set lease_owner = null, lease_until = null, again_lane = null,
      lane = least(s.lane, s.again_lane), next_due = least(s.next_due, ${now.toISOString()}::timestamptz)
    from jsonb_to_recordset(${json}::jsonb) as d ("mailboxId" uuid, workload text, owner text, fence integer)
    where s.mailbox_id = d."mailboxId" and s.workload = d.workload and s.lease_owner = d.owner and s.fence = d.fence`.execute(
    executor,
  )
}

function rowOf(settlement: Settlement) {
  const { lease, outcome, endedAt, history, error } = settlement
  return {
    mailbox_id: lease.mailboxId,
    workload: lease.workload,
    lease_owner: lease.owner,
    fence: lease.fence,
    ended_at: endedAt,
    next_due: settlement.nextDue,
    not_before: settlement.notBefore ?? null,
    interval_ms: settlement.interval,
    lane: settlement.lane,
    stopped_by: settlement.stop ?? null,
    empty_count: history.empty,
    transient_count: history.transient,
    hint_found: history.announcement.found,
    hint_missed: history.announcement.missed,
    duration_ms: Math.min(Math.max(0, endedAt.getTime() - lease.startedAt.getTime()), 2 ** 31 - 1),
    active: outcome.seen > 0,
    processed: outcome.processed,
    failed: outcome.failed,
    error_code: error?.code ?? null,
    error_text: error?.text.slice(0, MAXIMUM_TEXT) ?? null,
    error_scope: error?.scope ?? null,
    throttled: error?.kind === 'throttled',
    forced: settlement.forced ?? false,
  }
}

/** Characters of an error's text that are kept. */
const MAXIMUM_TEXT = 2000
