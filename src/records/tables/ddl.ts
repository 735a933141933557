import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Catalogue, isPolymorphic, SYSTEM_COLUMNS, type Table } from './catalogue.ts'
import type { ColumnDefinition } from './definition.ts'
import { storedColumns } from './sql-columns.ts'
import { activityView } from './view.ts'

/**
 * Brings the database up to the declarations: tables, columns, keys and indexes are added, never changed or removed. Run
 * in one transaction; of several processes that start together one does it and the others wait. Nothing is done when the
 * declarations are those of the last time.
 * @returns the names of tables whose columns of format email are others than before, so that addresses must be collected.
 * @throws Error naming table and column when a column exists with another type.
 */
export async function ensureTables(tx: Executor, catalogue: Catalogue): Promise<{ otherAddresses: string[] }> {
  await sql`select pg_advisory_xact_lock(hashtext('regarding.tables'))`.execute(tx)
  const tables = catalogue.tables.filter((table) => !table.view)
  const known = await remembered(tx)
  let existing: Map<string, Existing> | undefined
  const otherAddresses: string[] = []
  for (const table of tables) {
    const before = known.get(table.name)
    const now = { fingerprint: fingerprint(table), addresscolumns: addressColumns(table) }
    if (before?.fingerprint === now.fingerprint) continue
    // Reading every column of the database takes as long as all the rest: only where something is to be done.
    existing ??= await existingColumns(tx)
    await ensureTable(tx, table, existing.get(table.name))
    if ((before?.addresscolumns ?? '') !== now.addresscolumns) otherAddresses.push(table.name)
    await remember(tx, table.name, now)
  }
  await ensureActivityView(tx, catalogue, known)
  return { otherAddresses }
}

type Existing = Map<string, string>

/** What a table was when it was last brought up to its declaration. */
interface Remembered {
  fingerprint: string
  addresscolumns: string
}

async function remembered(tx: Executor): Promise<Map<string, Remembered>> {
  const { rows } = await sql<Remembered & { name: string }>`
    select name, fingerprint, addresscolumns from tablecatalogue`.execute(tx)
  return new Map(rows.map(({ name, ...rest }) => [name, rest]))
}

async function remember(tx: Executor, name: string, now: Remembered): Promise<void> {
  await sql`insert into tablecatalogue (name, fingerprint, addresscolumns)
    values (${name}, ${now.fingerprint}, ${now.addresscolumns})
    on conflict (name) do update set fingerprint = excluded.fingerprint, addresscolumns = excluded.addresscolumns`.execute(
    tx,
  )
}

async function existingColumns(tx: Executor): Promise<Map<string, Existing>> {
  const { rows } = await sql<{ table_name: string; column_name: string; udt_name: string }>`
    select c.table_name::text, c.column_name::text, c.udt_name::text from information_schema.columns c
    where c.table_schema = current_schema()`.execute(tx)
  const tables = new Map<string, Existing>()
  for (const row of rows) {
    const columns = tables.get(row.table_name) ?? new Map<string, string>()
    tables.set(row.table_name, columns.set(row.column_name, row.udt_name))
  }
  return tables
}

async function ensureTable(tx: Executor, table: Table, existing: Existing | undefined): Promise<void> {
  const wanted = table.columns.flatMap((column) =>
    storedColumns(column).map((stored) => ({ ...stored, ddl: columnDdl(table, column, stored) })),
  )
  for (const column of wanted) checkType(table, column, existing?.get(column.name))
  const missing = wanted.filter((column) => !existing?.has(column.name))
  const name = sql.table(table.name)
  if (!existing) await sql`create table ${name} (${sql.raw(missing.map((c) => c.ddl).join(', '))})`.execute(tx)
  else if (missing.length > 0)
    await sql`alter table ${name} ${sql.raw(missing.map((c) => `add column ${c.ddl}`).join(', '))}`.execute(tx)
  for (const statement of indexDdl(table)) await sql.raw(statement).execute(tx)
}

const UDT: Readonly<Record<string, string>> = {
  integer: 'int4',
  bigint: 'int8',
  boolean: 'bool',
  'integer[]': '_int4',
  'numeric(23,4)': 'numeric',
}

function checkType(table: Table, column: { name: string; type: string }, udt: string | undefined): void {
  if (udt === undefined || udt === (UDT[column.type] ?? column.type)) return
  throw new Error(
    `Column "${table.name}.${column.name}" exists as ${udt} and is now declared as ${column.type}. ` +
      'The type of a column cannot change; declare a new column.',
  )
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

function columnDdl(table: Table, column: ColumnDefinition, stored: { name: string; type: string }): string {
  const start = `${quoted(stored.name)} ${stored.type}`
  if (stored.name === table.id) return `${start} primary key`
  if (column.joins) return `${start} generated always as (${joined(column.joins)}) stored`
  if (column.numbered) return `${start} generated by default as identity`
  if (stored.name === 'owninguser') return `${start} generated always as (${ownedBy('systemuser')}) stored`
  if (stored.name === 'owningteam') return `${start} generated always as (${ownedBy('team')}) stored`
  if (stored.name === 'versionnumber') return `${start} not null default nextval('recordversion')`
  if (stored.name === 'createdon' || stored.name === 'modifiedon') return `${start} not null`
  return start
}

const ownedBy = (table: string) => `case when "ownerid_table" = '${table}' then "ownerid" end`

const joined = (columns: readonly string[]) =>
  `nullif(trim(${columns.map((name) => `coalesce(${quoted(name)}, '')`).join(` || ' ' || `)}), '')`

/** Keys, declared indexes, and one for every lookup, so that rights, deletion and related lists need no scan. */
function indexDdl(table: Table): string[] {
  const unique = (table.keys ?? []).map((key) => ({ columns: key.columns, unique: true }))
  const declared = (table.indexes ?? []).map((columns) => ({ columns, unique: false }))
  const covered = new Set([...unique, ...declared].map((index) => index.columns[0]))
  const lookups = table.columns
    .filter((column) => column.type === 'lookup' && !covered.has(column.name) && isSearched(column.name))
    .map((column) => ({ columns: [column.name], unique: false }))
  const indexes = [...unique, ...declared, ...lookups].map((index) => oneIndex(table, index))
  const newest = isListed(table) ? NEWEST.map((column) => newestIndex(table, column)) : []
  return [...indexes, ...newest, ...(isLookedUp(table) ? [nameIndex(table)] : [])]
}

/** Tables of which people list the newest rows, or those changed last. */
const isListed = (table: Table) =>
  table.ownership === 'user' && (table.hasActivities === true || table.activity === true)

/** Tables whose rows people look up by the beginning of their names. */
const isLookedUp = (table: Table) => table.ownership === 'user' && table.hasActivities === true

const NEWEST = ['createdon', 'modifiedon']

/** In the order of queries, to whom null is lowest: an index that puts it last would not serve them. */
function newestIndex(table: Table, column: string): string {
  const name = quoted(indexName(table.name, [column], 'newest'))
  return `create index if not exists ${name} on ${quoted(table.name)} (${quoted(column)} nulls first)`
}

/** Finds names by their beginning as queries compare them: folded, alike on every engine. */
function nameIndex(table: Table): string {
  const name = quoted(indexName(table.name, [table.primaryName, 'folded'], 'idx'))
  const folded = `(lower(${quoted(table.primaryName)} collate "und-x-icu")) text_pattern_ops`
  return `create index if not exists ${name} on ${quoted(table.name)} (${folded})`
}

const isSearched = (name: string) => !SYSTEM_COLUMNS.has(name) || name === 'owningbusinessunit'

function oneIndex(table: Table, index: { columns: readonly string[]; unique: boolean }): string {
  const list = index.columns.map(quoted).join(', ')
  const first = table.byName.get(index.columns[0] as string)
  const isGin = first?.type === 'choices'
  const sparse =
    first?.type === 'lookup' && !first.required && !index.unique ? ` where ${quoted(first.name)} is not null` : ''
  const name = indexName(table.name, index.columns, index.unique ? 'key' : 'idx')
  // What is pending in a GIN index is read by every search: entries go in at once.
  const [method, storage] = isGin ? ['using gin ', ' with (fastupdate = off)'] : ['', '']
  const on = `${quoted(table.name)} ${method}(${list})${storage}${sparse}`
  return `create ${index.unique ? 'unique ' : ''}index if not exists ${quoted(name)} on ${on}`
}

/** PostgreSQL cuts names at 63 bytes; a hash keeps long ones apart. */
export function indexName(table: string, columns: readonly string[], suffix: string): string {
  const name = `${table}_${columns.join('_')}_${suffix}`
  return name.length <= 63 ? name : `${name.slice(0, 50)}_${hash(name).slice(0, 8)}_${suffix}`
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

const addressColumns = (table: Table) => table.emailColumns.map((column) => column.name).join()

function fingerprint(table: Table): string {
  const columns = table.columns.map((column) => [
    column.name,
    column.type,
    isPolymorphic(column),
    column.format,
    column.joins,
  ])
  return hash(JSON.stringify([columns, table.keys, table.indexes, isListed(table), isLookedUp(table)]))
}

async function ensureActivityView(tx: Executor, catalogue: Catalogue, known: Map<string, Remembered>): Promise<void> {
  const view = activityView(catalogue)
  if (!view || known.get(view.name)?.fingerprint === hash(view.select)) return
  await sql`drop view if exists ${sql.table(view.name)}`.execute(tx)
  await sql`create view ${sql.table(view.name)} as ${sql.raw(view.select)}`.execute(tx)
  await remember(tx, view.name, { fingerprint: hash(view.select), addresscolumns: '' })
}
