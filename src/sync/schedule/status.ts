import { sql } from 'kysely'
import type { Executor } from '#database'
import { isUnreliable } from './announcement.ts'
import type { Lane, Workload } from './model.ts'

/** What monitoring shows of one workload of a mailbox (MO-80). Durations are in milliseconds. */
export interface WorkloadStatus {
  workload: Workload
  /** MB-38. */
  result: 'notRun' | 'success' | 'failure'
  enabled: boolean
  /** Why it is not enabled. */
  stoppedBy?: 'person' | 'error' | 'done'
  running: boolean
  lane: Lane
  /** Absent while it is not enabled. */
  nextDue?: Date
  lastStart?: Date
  lastEnd?: Date
  lastSuccess?: Date
  /** When a cycle last saw something. */
  lastActive?: Date
  /** `count`: failures in a row up to now; 0 once a cycle has succeeded. */
  lastError?: { code: string; text: string; scope: 'item' | 'mailbox' | 'server'; at: Date; count: number }
  /** Items of the last cycle. */
  processed: number
  failed: number
  transientFailures: number
  emptyCycles: number
  lastDuration?: number
  averageDuration?: number
  forcedUnlocks: number
  /** Present while the mailbox is watched for hints; `reliable` per B-12. */
  hints?: { since: Date; last?: Date; found: number; missed: number; reliable: boolean }
}

/** The state of every workload of a mailbox (MO-80); empty when it takes no part in the schedule. */
export async function statusOf(executor: Executor, mailboxId: string): Promise<WorkloadStatus[]> {
  const { rows } = await sql<StatusRow>`
    select * from mailbox_schedule where mailbox_id = ${mailboxId}
    order by array_position(array['incoming', 'outgoing', 'act', 'backfill'], workload)`.execute(executor)
  return rows.map(statusOfRow)
}

interface StatusRow {
  workload: Workload
  enabled: boolean
  stopped_by: 'person' | 'error' | 'done' | null
  lane: Lane
  next_due: Date
  lease_owner: string | null
  last_started_at: Date | null
  last_ended_at: Date | null
  last_success_at: Date | null
  last_active_at: Date | null
  last_error_code: string | null
  last_error_text: string | null
  last_error_scope: 'item' | 'mailbox' | 'server' | null
  last_error_at: Date | null
  error_count: number
  last_processed: number
  last_failed: number
  transient_count: number
  empty_count: number
  last_duration_ms: number | null
  average_duration_ms: number | null
  forced_unlock_count: number
  watched_since: Date | null
  hinted_at: Date | null
  hint_found: number
  hint_missed: number
}

function statusOfRow(row: StatusRow): WorkloadStatus {
  const announcement = { found: row.hint_found, missed: row.hint_missed }
  return {
    workload: row.workload,
    result: row.last_ended_at === null ? 'notRun' : row.error_count > 0 ? 'failure' : 'success',
    enabled: row.enabled,
    running: row.lease_owner !== null,
    lane: row.lane,
    processed: row.last_processed,
    failed: row.last_failed,
    transientFailures: row.transient_count,
    emptyCycles: row.empty_count,
    forcedUnlocks: row.forced_unlock_count,
    ...(row.stopped_by ? { stoppedBy: row.stopped_by } : {}),
    ...(row.enabled ? { nextDue: row.next_due } : {}),
    ...(row.last_started_at ? { lastStart: row.last_started_at } : {}),
    ...(row.last_ended_at ? { lastEnd: row.last_ended_at } : {}),
    ...(row.last_success_at ? { lastSuccess: row.last_success_at } : {}),
    ...(row.last_active_at ? { lastActive: row.last_active_at } : {}),
    ...(row.last_error_code && row.last_error_at
      ? {
          lastError: {
            code: row.last_error_code,
            text: row.last_error_text ?? '',
            scope: row.last_error_scope ?? 'mailbox',
            at: row.last_error_at,
            count: row.error_count,
          },
        }
      : {}),
    ...(row.last_duration_ms === null ? {} : { lastDuration: row.last_duration_ms }),
    ...(row.average_duration_ms === null ? {} : { averageDuration: row.average_duration_ms }),
    ...(row.watched_since
      ? {
          hints: {
            since: row.watched_since,
            ...(row.hinted_at ? { last: row.hinted_at } : {}),
            ...announcement,
            reliable: !isUnreliable(announcement),
          },
        }
      : {}),
  }
}
