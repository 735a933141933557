import { type RawBuilder, sql } from 'kysely'
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

/** The feed as a whole, and whether it still has what follows the cursor. */
interface Start {
  history: string
  kept: boolean
  held: boolean
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
 * of this database that is still under way (`changefeed_horizon`), so that one that commits late is never skipped; what
 * it holds back comes with a later page.
 * @param tables only changes of these tables.
 * @throws FeedCursorError when the feed cannot be read from there: the reader must list afresh.
 */
export async function readChanges(
  executor: Executor,
  cursor?: FeedCursor,
  options: { limit?: number; tables?: readonly string[] } = {},
): Promise<ChangePage> {
  const limit = Math.min(Math.max(options.limit ?? 1000, 1), 10_000)
  const asked = parseCursor(cursor)
  const from = asked ?? { position: '0', sequence: '0' }
  const wanted = options.tables ? sql`and tablename = any(array[${sql.join(options.tables)}]::text[])` : sql``
  const rows = await whole(
    executor,
    (horizon) => sql<Start & (Found | { position: null })>`
    select s.history::text as history, ${isHeld(horizon)} as held, ${from.position}::text::bigint between s.position
        and pg_snapshot_xmax(pg_current_snapshot())::text::bigint as kept,
      f.position::text as position, f.sequence::text as sequence, f.tablename, f.recordid, f.kind, f.columnnames,
      f.principalid, f.changedon
    from changefeedstart s left join lateral (
      select * from changefeed as c
      where (c.position, c.sequence) > (${from.position}::text::xid8, ${from.sequence}::text::bigint)
        and c.position < ${horizon} ${wanted}
      order by c.position, c.sequence limit ${limit}) f on true
    order by f.position, f.sequence`,
  )
  const history = rows[0]?.history ?? ''
  if (asked && (asked.history !== history || !rows[0]?.kept))
    throw new FeedCursorError('Changes after this cursor are no longer kept; list the records afresh.')
  const found = rows.filter((row): row is Start & Found => row.position !== null)
  return {
    changes: found.map(changeOf),
    cursor: formatCursor({ ...from, history, ...positionOf(found.at(-1)) }),
    more: found.length === limit,
  }
}

/** The cursor of now: what a reader goes on from after it has listed everything. Taken before listing. */
export async function currentCursor(executor: Executor): Promise<FeedCursor> {
  const [now] = await whole(
    executor,
    (horizon) => sql<Here>`
    select (${horizon}::text::bigint - 1)::text as position, history::text as history, ${isHeld(horizon)} as held
    from changefeedstart`,
  )
  if (!now) throw new Error('The change feed has no beginning: table changefeedstart is empty. Restore the database.')
  return formatCursor({ ...now, sequence: MAX_SEQUENCE })
}

/** The cursor from which every change is read that was made at `since` or later, of those that are kept. */
export async function cursorBefore(executor: Executor, since: Date): Promise<FeedCursor> {
  const [found] = await whole(
    executor,
    (horizon) => sql<Here>`
    select greatest(s.position, coalesce((select min(f.position)::text::bigint - 1 from changefeed f
      where f.changedon >= ${since.toISOString()}::timestamptz),
      ${horizon}::text::bigint - 1))::text as position, s.history::text as history, ${isHeld(horizon)} as held
    from changefeedstart s`,
  )
  if (!found) throw new Error('The change feed has no beginning: table changefeedstart is empty. Restore the database.')
  return formatCursor({ ...found, sequence: MAX_SEQUENCE })
}

/**
 * Forgets changes made before `before`. Cursors that stood before the last one forgotten are refused afterwards.
 * @returns how many were forgotten.
 */
export async function pruneChanges(executor: Executor, before: Date): Promise<number> {
  const horizon = horizonWithout(await elsewhere(executor))
  const { rows } = await sql<{ gone: string }>`with gone as (
      delete from changefeed where changedon < ${before.toISOString()}::timestamptz
        and position < ${horizon} returning position),
    marked as (
      update changefeedstart set position = greatest(position, (select max(position) from gone)::text::bigint)
      where exists (select 1 from gone))
    select count(*)::text as gone from gone`.execute(executor)
  return Number(rows[0]?.gone ?? 0)
}

/**
 * Begins the feed anew when its positions lie ahead of the database's transactions: it was restored from a dump, and
 * new changes would be taken for old ones. Every cursor is lost by it.
 */
export async function checkHistory(tx: Executor): Promise<void> {
  const { rows } = await sql<{ ahead: boolean }>`select coalesce(
    (select max(position) from changefeed) >= pg_snapshot_xmax(pg_current_snapshot()), false) as ahead`.execute(tx)
  if (!rows[0]?.ahead) return
  await sql`delete from changefeed`.execute(tx)
  await sql`update changefeedstart set position = 0, history = gen_random_uuid()`.execute(tx)
}

interface Here {
  position: string
  history: string
  held: boolean
}

/** Before which transaction all is told, when those of other databases that are named do not count. */
const horizonWithout = (others: string) => sql`changefeed_horizon(${others}::text::xid8[])`

/** Whether there are changes that wait for the end of a transaction. The newest is one look, whatever the planner thinks. */
const isHeld = (horizon: RawBuilder<unknown>) =>
  sql<boolean>`coalesce((select max(position) from changefeed) >= ${horizon}, false)`

async function elsewhere(executor: Executor): Promise<string> {
  const { rows } = await sql<{ others: string }>`select changefeed_elsewhere()::text as others`.execute(executor)
  return rows[0]?.others ?? NONE
}

const NONE = '{}'

/** Asks; where changes wait for transactions, once more, without those that are other databases'. */
async function whole<Row extends { held: boolean }>(
  executor: Executor,
  ask: (horizon: RawBuilder<unknown>) => RawBuilder<Row>,
): Promise<Row[]> {
  const { rows } = await ask(horizonWithout(NONE)).execute(executor)
  if (!rows[0]?.held) return rows
  const again = await ask(horizonWithout(await elsewhere(executor))).execute(executor)
  return again.rows
}

const MAX_SEQUENCE = '9223372036854775807'

interface Position {
  history: string
  position: string
  sequence: string
}

const formatCursor = ({ history, position, sequence }: Position): FeedCursor => `1.${history}.${position}.${sequence}`

/** The cursor cannot be read from; the reader lists its records afresh and takes `currentCursor`. */
export class FeedCursorError extends Error {
  override readonly name = 'FeedCursorError'
}

/** @throws FeedCursorError */
function parseCursor(cursor: FeedCursor | undefined): Position | undefined {
  if (cursor === undefined) return undefined
  const [, history, position, sequence] = /^1\.([0-9a-f-]{36})\.(\d{1,18})\.(\d{1,19})$/.exec(cursor) ?? []
  if (history === undefined || position === undefined || sequence === undefined)
    throw new FeedCursorError('This is no cursor of the change feed; list the records afresh.')
  return { history, position, sequence }
}

const positionOf = (row: Found | undefined) => (row ? { position: row.position, sequence: row.sequence } : {})

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
