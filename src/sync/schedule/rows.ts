import { sql } from 'kysely'
import type { Executor } from '#database'
import type { LeaseKey, Workload } from './model.ts'

/** A workload of a mailbox as it takes part in the schedule. */
export interface Enrolment {
  mailboxId: string
  workload: Workload
  /** The pool whose limit it shares (MB-14, MB-21); `none` when the credentials are the mailbox's own. */
  pool?: string
  /** Connections this mailbox alone may hold (MB-14 where MB-21 counts per mailbox). */
  connections?: number
  /** A forward mailbox: one at a time (MB-104). */
  forward?: boolean
  /** MB-13, minutes. */
  minimumPollingMinutes?: number
}

/** The pool without a limit. */
export const NO_POOL = 'none'
/** The pool that all forward mailboxes share (MB-104). */
export const FORWARD_POOL = 'forward'

/** Sets how many cycles may run at once in a pool (MB-14, SC-40); 0 lets none start (MB-26). */
export async function setPool(executor: Executor, key: string, maximum: number): Promise<void> {
  if (!Number.isInteger(maximum) || maximum < 0 || maximum > 1_000_000)
    throw new RangeError(`Pool ${key}: its limit is ${maximum}; give a whole number from 0 to 1000000 (MB-14)`)
  await sql`insert into schedule_pool (key, maximum) values (${key}, ${maximum})
    on conflict (key) do update set maximum = excluded.maximum`.execute(executor)
}

/**
 * Enables workloads and makes them due at once, with their failures forgotten (SC-5, MB-73). What is known of earlier
 * cycles stays (SC-13). Pools must exist.
 */
export async function enable(executor: Executor, now: Date, enrolments: readonly Enrolment[]): Promise<void> {
  if (enrolments.length === 0) return
  await sql`
    insert into mailbox_schedule as s
      (mailbox_id, workload, pool_key, connections, forward, minimum_polling_minutes, lane, next_due,
       enabled_at)
    select mailbox_id, workload, pool_key, connections, forward, minimum_polling_minutes,
      case workload when 'backfill' then 2 else 1 end, ${now.toISOString()}::timestamptz,
      ${now.toISOString()}::timestamptz
    from ${recordset(enrolments)}
    order by mailbox_id, workload
    on conflict (mailbox_id, workload) do update set
      pool_key = excluded.pool_key, connections = excluded.connections, forward = excluded.forward,
      minimum_polling_minutes = excluded.minimum_polling_minutes,
      enabled = true, enabled_at = excluded.enabled_at, stopped_by = null, lane = excluded.lane, next_due = excluded.next_due, interval_ms = 0,
      not_before = null, again_lane = case when s.lease_owner is null then null else excluded.lane end,
      transient_count = 0, lost_count = 0, error_count = 0`.execute(executor)
}

/** Changes the limits of workloads that are enrolled, without making them due. A shorter minimum counts at once. */
export async function configure(executor: Executor, now: Date, enrolments: readonly Enrolment[]): Promise<void> {
  if (enrolments.length === 0) return
  await sql`
    update mailbox_schedule s set
      pool_key = d.pool_key, connections = d.connections, forward = d.forward,
      minimum_polling_minutes = d.minimum_polling_minutes,
      next_due = least(s.next_due, greatest(s.not_before,
        ${now.toISOString()}::timestamptz + make_interval(mins => greatest(d.minimum_polling_minutes, 12))))
    from ${recordset(enrolments)}
    where s.mailbox_id = d.mailbox_id and s.workload = d.workload`.execute(executor)
}

/** Stops workloads. A cycle that runs may write no more from here on, and is told so at its next heartbeat. */
export async function disable(executor: Executor, keys: readonly LeaseKey[]): Promise<void> {
  if (keys.length === 0) return
  await sql`
    update mailbox_schedule s set enabled = false, stopped_by = 'person', again_lane = null
    from ${keyset(keys)} where s.mailbox_id = d.mailbox_id and s.workload = d.workload and s.enabled`.execute(executor)
}

/** Lets workloads that a person had stopped run again, due at once. What is known of earlier cycles stays. */
export async function resume(executor: Executor, now: Date, keys: readonly LeaseKey[]): Promise<void> {
  if (keys.length === 0) return
  const at = sql`${now.toISOString()}::timestamptz`
  await sql`
    update mailbox_schedule s set enabled = true, stopped_by = null, enabled_at = ${at}, next_due = ${at}, interval_ms = 0
    from ${keyset(keys)} where s.mailbox_id = d.mailbox_id and s.workload = d.workload and s.stopped_by = 'person'
  `.execute(executor)
}

/** Forgets workloads and what was known of them. */
export async function remove(executor: Executor, keys: readonly LeaseKey[]): Promise<void> {
  if (keys.length === 0) return
  await sql`
    delete from mailbox_schedule s using ${keyset(keys)}
    where s.mailbox_id = d.mailbox_id and s.workload = d.workload`.execute(executor)
}

/** Lease keys as a table `d`. */
export function keyset(keys: readonly LeaseKey[]) {
  const json = JSON.stringify(keys.map((key) => ({ mailbox_id: key.mailboxId, workload: key.workload })))
  return sql`jsonb_to_recordset(${json}::jsonb) as d (mailbox_id uuid, workload text)`
}

function recordset(enrolments: readonly Enrolment[]) {
  const json = JSON.stringify(
    enrolments.map((enrolment) => ({
      mailbox_id: enrolment.mailboxId,
      workload: enrolment.workload,
      pool_key: enrolment.pool ?? NO_POOL,
      connections: enrolment.connections ?? 10,
      forward: enrolment.forward ?? false,
      minimum_polling_minutes: enrolment.minimumPollingMinutes ?? 0,
    })),
  )
  return sql`jsonb_to_recordset(${json}::jsonb) as d (mailbox_id uuid, workload text, pool_key text,
    connections integer, forward boolean, minimum_polling_minutes integer)`
}
