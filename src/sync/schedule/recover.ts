import { sql } from 'kysely'
import type { Executor } from '#database'
import { LONGEST_RETRY_MILLISECONDS } from './failure.ts'

/** A mailbox that lost its lease this often in a row is retried after a pause: it may be what kills its workers. */
const LOST_BEFORE_PAUSE = 3
/** Clocks of workers agree within this. */
const SKEW_MILLISECONDS = 60_000

/**
 * Frees the leases of workers that died, and by force those of cycles that have not ended in time (MO-81). A row that a
 * late worker is writing under at the moment is passed over; afterwards its fence refuses it. With `all`, every lease
 * counts as one of a worker that died. Returns how many.
 */
export async function recover(
  executor: Executor,
  options: { now: Date; forcedUnlockMilliseconds: number; pauseMilliseconds: number; all?: boolean },
): Promise<number> {
  const at = options.now.toISOString()
  const pause = options.pauseMilliseconds
  const longestStart = new Date(options.now.getTime() - options.forcedUnlockMilliseconds).toISOString()
  const { rows } = await sql`
    with late as materialized (
      select s.mailbox_id, s.workload, s.started_at < ${longestStart}::timestamptz as forced
      from mailbox_schedule s
      where s.lease_owner is not null
        and (s.lease_until < ${at}::timestamptz or s.started_at < ${longestStart}::timestamptz
          or ${options.all ?? false}::boolean)
      for update skip locked
    ), freed as (
      select late.*, s.lost_count + 1 >= ${LOST_BEFORE_PAUSE} as paused
      from late join mailbox_schedule s using (mailbox_id, workload)
    )
    update mailbox_schedule s set
      lease_owner = null, lease_until = null, again_lane = null, lane = least(s.lane, s.again_lane),
      forced_unlock_count = s.forced_unlock_count + freed.forced::integer,
      lost_count = s.lost_count + 1,
      interval_ms = case when freed.paused then ${pause}::bigint else 0 end,
      next_due = ${at}::timestamptz + make_interval(secs => case when freed.paused then ${pause / 1000}::double precision else 0 end),
      not_before = case when freed.paused then ${at}::timestamptz + make_interval(secs => ${pause / 1000}) end
    from freed
    where s.mailbox_id = freed.mailbox_id and s.workload = freed.workload
    returning s.mailbox_id`.execute(executor)
  return rows.length
}

/**
 * Repairs what a clock that ran ahead has left behind once it is set back: due times further away than the interval that
 * was granted, and leases that would outlive their worker. Reads the whole table; call it at start and when the clock
 * was seen to go back. Returns how many rows were pulled in.
 */
export async function pullIn(executor: Executor, options: { now: Date; leaseMilliseconds: number }): Promise<number> {
  const at = options.now.toISOString()
  const lease = options.leaseMilliseconds
  const { rows } = await sql`
    with far as materialized (
      select s.mailbox_id, s.workload from mailbox_schedule s
      where (s.lease_owner is null
          and s.next_due > ${at}::timestamptz + make_interval(secs => (s.interval_ms + ${SKEW_MILLISECONDS}) / 1000.0))
        or s.lease_until > ${at}::timestamptz + make_interval(secs => ${(lease + SKEW_MILLISECONDS) / 1000})
      for update skip locked
    )
    update mailbox_schedule s set
      next_due = case when s.lease_owner is null
        then least(s.next_due, ${at}::timestamptz + make_interval(secs => s.interval_ms / 1000.0)) else s.next_due end,
      not_before = least(s.not_before, ${at}::timestamptz + make_interval(secs => s.interval_ms / 1000.0)),
      lease_until = case when s.lease_owner is not null
        then least(s.lease_until, ${at}::timestamptz + make_interval(secs => ${lease / 1000})) end,
      started_at = least(s.started_at, ${at}::timestamptz)
    from far where s.mailbox_id = far.mailbox_id and s.workload = far.workload
    returning s.mailbox_id`.execute(executor)
  await sql`update schedule_pool set paused_until = ${at}::timestamptz
    where paused_until > ${at}::timestamptz + make_interval(secs => ${LONGEST_RETRY_MILLISECONDS / 1000})`.execute(
    executor,
  )
  return rows.length
}
