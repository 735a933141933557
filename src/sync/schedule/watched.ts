import { sql } from 'kysely'
import type { Executor } from '#database'
import type { LeaseKey } from './model.ts'

/** Notes since when mailboxes are watched for hints; without a date, that they no longer are (B-12). */
export async function setWatched(
  executor: Executor,
  keys: readonly LeaseKey[],
  since: Date | undefined,
): Promise<void> {
  if (keys.length === 0) return
  await sql`
    update mailbox_schedule s set watched_since = ${since?.toISOString() ?? null}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as d ("mailboxId" uuid, workload text)
    where s.mailbox_id = d."mailboxId" and s.workload = d.workload`.execute(executor)
}

/**
 * At most `limit` mailboxes for a worker to watch from its start: those whose last cycle succeeded and that are free to
 * run. First those that no other worker is known to watch, then what was active last: one that was killed leaves its own
 * behind as watched.
 */
export async function watchable(executor: Executor, now: Date, limit: number): Promise<string[]> {
  const at = now.toISOString()
  const { rows } = await sql<{ mailbox_id: string }>`
    select s.mailbox_id from mailbox_schedule s join schedule_pool pool on pool.key = s.pool_key
    where s.workload in ('incoming', 'act') and s.enabled and s.last_ended_at is not null and s.error_count = 0
      and (s.not_before is null or s.not_before <= ${at}::timestamptz)
      and pool.maximum > 0 and (pool.paused_until is null or pool.paused_until <= ${at}::timestamptz)
    group by s.mailbox_id
    order by min(s.watched_since) nulls first, max(s.last_active_at) desc nulls last, s.mailbox_id
    limit ${limit}`.execute(executor)
  return rows.map((row) => row.mailbox_id)
}
