import { sql } from 'kysely'
import type { Executor } from '#database'
import type { ChangeKind } from '../write/write.ts'

/** A position in the feed, opaque to readers. */
export type FeedCursor = string

export interface Change {
  table: string
  id: string
  kind: ChangeKind
  /** The columns that an update changed; empty otherwise. */
  columns: string[]
  /** Who changed it; absent for SYSTEM. */
  userId?: string
  changedOn: Date
}

/** Changes after a cursor, in the order of their transactions. */
export interface ChangePage {
  changes: Change[]
  /** Where to go on, always given: with no changes it is the cursor that was asked with. */
  cursor: FeedCursor
  /** Whether more may be read at once. */
  more: boolean
}

interface Found {
  position: string
  sequence: string
  tablename: string
  recordid: string
  kind: ChangeKind
  columnnames: string[]
  principalid: string | null
  changedon: Date
}

/**
 * Reads changes after `cursor` (all that are kept, without one), at most `limit`. Stops before the oldest transaction
 * that is still writing, so that one that commits late is never skipped; what it holds back comes with a later page.
 * @param tables only changes of these tables.
 * @throws Error when the cursor is none of the feed's, or was pruned away: the reader must list afresh.
 */
export async function readChanges(
  executor: Executor,
  cursor?: FeedCursor,
  options: { limit?: number; tables?: readonly string[] } = {},
): Promise<ChangePage> {
  const limit = Math.min(Math.max(options.limit ?? 1000, 1), 10_000)
  const from = cursor === undefined ? { position: '0', sequence: '0' } : parseCursor(cursor)
  if (cursor !== undefined) await refusePruned(executor, from.position)
  const wanted = options.tables ? sql`and tablename = any(array[${sql.join(options.tables)}]::text[])` : sql``
  const { rows } = await sql<Found>`select position::text as position, sequence::text as sequence, tablename, recordid,
      kind, columnnames, principalid, changedon from changefeed as f
    where (f.position, f.sequence) > (${from.position}::text::xid8, ${from.sequence}::text::bigint)
      and f.position < pg_snapshot_xmin(pg_current_snapshot()) ${wanted}
    order by f.position, f.sequence limit ${limit}`.execute(executor)
  const last = rows.at(-1)
  return {
    changes: rows.map(changeOf),
    cursor: last ? formatCursor(last) : (cursor ?? formatCursor(from)),
    more: rows.length === limit,
  }
}

/** The cursor of now: what a reader goes on from after it has listed everything. Taken before listing. */
export async function currentCursor(executor: Executor): Promise<FeedCursor> {
  const { rows } = await sql<{ position: string }>`
    select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text as position`.execute(executor)
  return formatCursor({ position: rows[0]?.position ?? '0', sequence: MAX_SEQUENCE })
}

/**
 * Forgets changes made before `before`. Cursors that stood before the last one forgotten are refused afterwards.
 * @returns how many were forgotten.
 */
export async function pruneChanges(executor: Executor, before: Date): Promise<number> {
  const { rows } = await sql<{ gone: string }>`with gone as (
      delete from changefeed where changedon < ${before.toISOString()}::timestamptz
        and position < pg_snapshot_xmin(pg_current_snapshot()) returning position),
    marked as (
      update changefeedstart set position = greatest(position, (select max(position) from gone)::text::bigint)
      where exists (select 1 from gone))
    select count(*)::text as gone from gone`.execute(executor)
  return Number(rows[0]?.gone ?? 0)
}

const MAX_SEQUENCE = '9223372036854775807'

const formatCursor = (at: { position: string; sequence: string }): FeedCursor => `1.${at.position}.${at.sequence}`

function parseCursor(cursor: FeedCursor): { position: string; sequence: string } {
  const match = /^1\.(\d{1,20})\.(\d{1,19})$/.exec(cursor)
  if (!match)
    throw new FeedCursorError(`"${cursor.slice(0, 60)}" is no cursor of the change feed; list the records afresh.`)
  return { position: match[1] as string, sequence: match[2] as string }
}

/** The cursor cannot be read from; the reader lists its records afresh and takes `currentCursor`. */
export class FeedCursorError extends Error {
  override readonly name = 'FeedCursorError'
}

async function refusePruned(executor: Executor, position: string): Promise<void> {
  const { rows } = await sql<{ pruned: boolean }>`
    select ${position}::text::numeric < position as pruned from changefeedstart`.execute(executor)
  if (rows[0]?.pruned)
    throw new FeedCursorError('Changes after this cursor are no longer kept; list the records afresh.')
}

function changeOf(row: Found): Change {
  return {
    table: row.tablename,
    id: row.recordid,
    kind: row.kind,
    columns: row.columnnames,
    changedOn: row.changedon,
    ...(row.principalid === null ? {} : { userId: row.principalid }),
  }
}
