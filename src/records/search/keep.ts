import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Database, Executor } from '#database'
import type { Clock } from '#time'
import { type Change, currentCursor, FeedCursorError, readChanges } from '../changes/read.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'
import { groupBy } from '../write/write.ts'
import { searchedColumns, searchedTables } from './columns.ts'
import { type Entries, readEntries, writeEntries } from './entries.ts'

/** Raised when words are made otherwise than before: all entries are made anew. */
const VERSION = 1
const CLAIM_MILLISECONDS = 60_000

export interface SearchUpkeep {
  /** Records whose entries were made anew. */
  records: number
  /** Whether there is more to do at once. */
  more: boolean
}

interface State {
  fingerprint: string
  cursor: string | null
  listing: string | null
  listed: string | null
}

/** What one step read, and where the next goes on. */
interface Step {
  parts: { ids: string[]; entries: Entries; fresh: boolean }[]
  next: State
  more: boolean
  /** Begins anew: what the index holds is dropped. */
  anew?: boolean
}

/**
 * Brings the search index on by one step: at most `limit` changes of the feed, or records of a table that is read from
 * its beginning (a new index, other columns, changes that are no longer kept). Of several processes one does it; the
 * others do nothing. The position is saved with what it brought, so nothing is ever skipped.
 */
export async function keepSearchIndex(
  { database, catalogue, clock }: { database: Database; catalogue: Catalogue; clock: Clock },
  limit = 250,
): Promise<SearchUpkeep> {
  if (!(await isBehind(database.sql, catalogue))) return { records: 0, more: false }
  const state = await claim(database, clock)
  if (!state) return { records: 0, more: false }
  try {
    const step = await nextStep(database.sql, catalogue, state, limit)
    const saved = await database.transaction((tx) => save(tx, state, step))
    if (!saved) return { records: 0, more: true }
    return { records: step.parts.reduce((sum, { ids }) => sum + ids.length, 0), more: step.more }
  } finally {
    await sql`update search_state set claimed_until = null`.execute(database.sql)
  }
}

/** Read only, so that nothing is written while nothing happens. */
async function isBehind(executor: Executor, catalogue: Catalogue): Promise<boolean> {
  const { rows } = await sql<State>`select fingerprint, cursor, listing, listed from search_state`.execute(executor)
  const [state] = rows
  if (!state || state.listing !== null || state.fingerprint !== fingerprintOf(catalogue)) return true
  try {
    return (await readChanges(executor, state.cursor ?? undefined, { limit: 1 })).changes.length > 0
  } catch (error) {
    if (error instanceof FeedCursorError) return true
    throw error
  }
}

async function claim(database: Database, clock: Clock): Promise<State | undefined> {
  const now = clock.now()
  const until = new Date(now.getTime() + CLAIM_MILLISECONDS)
  const { rows } = await sql<State>`update search_state set claimed_until = ${until.toISOString()}::timestamptz
    where claimed_until is null or claimed_until < ${now.toISOString()}::timestamptz
      or claimed_until > ${until.toISOString()}::timestamptz
    returning fingerprint, cursor, listing, listed`.execute(database.sql)
  return rows[0]
}

async function nextStep(executor: Executor, catalogue: Catalogue, state: State, limit: number): Promise<Step> {
  const fingerprint = fingerprintOf(catalogue)
  if (state.fingerprint !== fingerprint) return startListing(executor, catalogue, fingerprint)
  if (state.listing !== null) return listStep(executor, catalogue, state, limit)
  try {
    return await feedStep(executor, catalogue, state, limit)
  } catch (error) {
    if (error instanceof FeedCursorError) return startListing(executor, catalogue, fingerprint)
    throw error
  }
}

/** The feed is read on from now, afterwards: what changes while tables are listed is read twice, never skipped. */
async function startListing(executor: Executor, catalogue: Catalogue, fingerprint: string): Promise<Step> {
  const first = searchedTables(catalogue)[0]?.name ?? null
  const cursor = await currentCursor(executor)
  return { parts: [], next: { fingerprint, cursor, listing: first, listed: null }, more: true, anew: true }
}

async function listStep(executor: Executor, catalogue: Catalogue, state: State, limit: number): Promise<Step> {
  const tables = searchedTables(catalogue)
  const at = tables.findIndex(({ name }) => name === state.listing)
  const table = tables[at]
  if (!table) return { parts: [], next: { ...state, listing: null, listed: null }, more: true }
  const after = state.listed ?? '00000000-0000-0000-0000-000000000000'
  const { rows } = await sql<{ id: string }>`select ${sql.id(table.id)} as id from ${sql.table(table.name)}
    where ${sql.id(table.id)} > ${after}::uuid order by ${sql.id(table.id)} limit ${limit}`.execute(executor)
  const ids = rows.map((row) => row.id)
  const last = rows.length < limit
  const next = last
    ? { ...state, listing: tables[at + 1]?.name ?? null, listed: null }
    : { ...state, listed: ids.at(-1) ?? null }
  return { parts: await partsOf(executor, table, ids, true), next, more: true }
}

async function feedStep(executor: Executor, catalogue: Catalogue, state: State, limit: number): Promise<Step> {
  const tables = searchedTables(catalogue)
  const before = await currentCursor(executor)
  const page = await readChanges(executor, state.cursor ?? undefined, { limit, tables: tables.map(({ name }) => name) })
  // What is of no interest is passed over once, not read again each time.
  const cursor = page.changes.length > 0 ? page.cursor : before
  const parts: Step['parts'] = []
  for (const [name, changes] of groupBy(page.changes, (change) => change.table)) {
    const table = catalogue.table(name)
    const touched = new Set(changes.filter((change) => matters(table, change)).map(({ id }) => id))
    parts.push(...(await partsOf(executor, table, [...touched], false)))
  }
  return { parts, next: { ...state, cursor }, more: page.more }
}

async function partsOf(executor: Executor, table: Table, ids: string[], fresh: boolean): Promise<Step['parts']> {
  return ids.length > 0 ? [{ ids, entries: await readEntries(executor, table, ids), fresh }] : []
}

/** Whether a change is of something that search reads. */
function matters(table: Table, { kind, columns }: Change): boolean {
  if (kind !== 'update') return true
  const read = new Set(searchedColumns(table).map(({ column }) => column.name))
  return columns.some((name) => read.has(name) || name === 'visibility')
}

/** @returns false when another process went on from the same position meanwhile. */
async function save(tx: Executor, from: State, { parts, next, anew }: Step): Promise<boolean> {
  const { rows } = await sql`update search_state set fingerprint = ${next.fingerprint}, cursor = ${next.cursor},
      listing = ${next.listing}, listed = ${next.listed}::uuid
    where fingerprint = ${from.fingerprint} and cursor is not distinct from ${from.cursor}
      and listing is not distinct from ${from.listing} and listed is not distinct from ${from.listed}::uuid
    returning id`.execute(tx)
  if (rows.length === 0) return false
  if (anew) await sql`truncate search_entry, search_word`.execute(tx)
  for (const { ids, entries, fresh } of parts) await writeEntries(tx, ids, entries, fresh)
  return true
}

/** Changes with the columns that are searched and whom they are for. */
function fingerprintOf(catalogue: Catalogue): string {
  const made = searchedTables(catalogue).map((table) => [
    table.name,
    searchedColumns(table).map(({ column, weight }) => [column.name, column.secured === true, column.format, weight]),
  ])
  return createHash('sha256')
    .update(JSON.stringify([VERSION, made]))
    .digest('hex')
    .slice(0, 32)
}

export interface SearchLag {
  /** Changes that are not searched yet, counted up to 10,000. */
  pending: number
  /** When the oldest of them was made. */
  since?: Date
  /** The table that is being read from its beginning; until then search is not complete. */
  listing?: string
}

/** How far the index is behind the records. */
export async function searchLag(executor: Executor, catalogue: Catalogue): Promise<SearchLag> {
  const { rows } = await sql<State>`select fingerprint, cursor, listing, listed from search_state`.execute(executor)
  const [state] = rows
  if (!state || state.fingerprint !== fingerprintOf(catalogue)) return { pending: 0, listing: 'all' }
  const tables = searchedTables(catalogue).map(({ name }) => name)
  const listing = state.listing === null ? {} : { listing: state.listing }
  try {
    const { changes } = await readChanges(executor, state.cursor ?? undefined, { limit: 10_000, tables })
    const [oldest] = changes
    return { pending: changes.length, ...(oldest ? { since: oldest.changedOn } : {}), ...listing }
  } catch (error) {
    if (error instanceof FeedCursorError) return { pending: 0, listing: 'all' }
    throw error
  }
}
