import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Principal, RecordError, SYSTEM } from '../access.ts'
import { refreshAddresses } from '../addresses/refresh.ts'
import { RecordAccess, type Store } from '../record-access.ts'
import { holds } from '../security/context.ts'
import type { Catalogue } from '../tables/catalogue.ts'
import { readCustomFile } from '../tables/custom-file.ts'
import { ensureTables } from '../tables/ddl.ts'
import { storedColumns } from '../tables/sql-columns.ts'
import { type CustomChange, changed, privilegeFor } from './change.ts'
import { type Kept, keepCustomization, keptCustomization } from './kept.ts'
import type { LiveCatalogue } from './live.ts'
import { refuseHeldOptions } from './options.ts'
import { type Leaving, refuseUsed } from './uses.ts'

/** Milliseconds that adding a column waits for those who use the table; all others wait behind it meanwhile. */
const LOCK_MILLISECONDS = 4_000

export interface Customizing {
  live: LiveCatalogue
  make: (kept: Kept) => Catalogue
}

/**
 * Changes the declarations of the installation, and the tables of the database with them, in one transaction: a crash
 * leaves all of it or nothing, and of several who change at once each builds on what the one before did. The new
 * declarations hold from the commit on.
 * @throws RecordError `PrivilegeDenied` naming the privilege; `ValidationFailed` naming what is wrong or in the way.
 */
export async function customize(
  store: Store,
  { live, make }: Customizing,
  principal: Principal,
  changes: readonly CustomChange[],
): Promise<void> {
  const done = await store.database.transaction(async (tx) => {
    const context = await store.contexts.of(tx, principal)
    for (const change of changes) {
      const privilege = privilegeFor(change)
      if (!holds(context, privilege))
        throw new RecordError('PrivilegeDenied', `Changing the declarations needs the privilege ${privilege}.`, {
          privilege,
        })
    }
    await sql`select pg_advisory_xact_lock(hashtext('regarding.tables')),
      set_config('lock_timeout', ${String(LOCK_MILLISECONDS)}, true)`.execute(tx)
    const before = await keptCustomization(tx)
    const catalogue = make(before)
    const leaving = changes.flatMap((change) => leavingBy(catalogue, change))
    const file = changes.reduce(changed, before.file)
    const after = { version: before.version + 1, file: checked(file) }
    for (const each of leaving) await refuseUsed(tx, catalogue, each)
    const next = catalogueOf(make, after)
    await refuseHeldOptions(tx, catalogue, next)
    for (const each of leaving) await drop(store, tx, each)
    const { otherAddresses } = await ensureTables(tx, next)
    for (const name of otherAddresses) await refreshAddresses(tx, next.table(name))
    await keepCustomization(tx, after)
    return { after, next }
  })
  live.take(done.after, done.next)
}

function checked(json: unknown): Kept['file'] {
  const read = readCustomFile(json)
  if ('file' in read) return read.file
  throw new RecordError('ValidationFailed', read.faults.join('; ').slice(0, 1000))
}

/** Contradictions are told to whoever asked for them. */
function catalogueOf(make: (kept: Kept) => Catalogue, kept: Kept): Catalogue {
  try {
    return make(kept)
  } catch (error) {
    throw new RecordError('ValidationFailed', error instanceof Error ? error.message : String(error))
  }
}

function leavingBy(catalogue: Catalogue, change: CustomChange): Leaving[] {
  if (change.do === 'dropTable') return [{ table: catalogue.table(change.name) }]
  if (change.do === 'dropColumn') return [{ table: catalogue.table(change.table), column: change.name }]
  if (change.do !== 'dropManyToMany') return []
  const table = catalogue.tables.find(({ intersect }) => intersect?.name === change.name)
  return table ? [{ table }] : []
}

/** What is gone is gone from the disk too; what others keep about it by name goes with it. */
async function drop(store: Store, tx: Executor, { table, column }: Leaving): Promise<void> {
  if (column === undefined) {
    await dropViews(store, tx, table.name)
    await sql`delete from roleprivileges where lower(privilegename) = any(${VERBS.map((verb) =>
      `prv${verb}${table.privilegeName}`.toLowerCase(),
    )})`.execute(tx)
    await sql`delete from fieldpermission where entityname = ${table.name}`.execute(tx)
    await sql`delete from audit_switch where tablename = ${table.name}`.execute(tx)
    await sql`delete from tablecatalogue where name = ${table.name}`.execute(tx)
    // The view over all activities is made anew without it.
    if (table.activity) {
      await sql`drop view if exists activitypointer`.execute(tx)
      await sql`delete from tablecatalogue where name = 'activitypointer'`.execute(tx)
    }
    await sql`drop table ${sql.table(table.name)}`.execute(tx)
    return
  }
  const declared = table.byName.get(column)
  await sql`delete from emailaddress where tablename = ${table.name} and columnname = ${column}`.execute(tx)
  await sql`delete from audit_switch where tablename = ${table.name} and columnname = ${column}`.execute(tx)
  for (const stored of declared ? storedColumns(declared) : [])
    await sql`alter table ${sql.table(table.name)} drop column ${sql.id(stored.name)}`.execute(tx)
}

const VERBS = ['Create', 'Read', 'Write', 'Delete', 'Append', 'AppendTo', 'Assign', 'Share']

async function dropViews(store: Store, tx: Executor, table: string): Promise<void> {
  const system = new RecordAccess(store, SYSTEM, tx)
  for (const queries of ['userquery', 'savedquery']) {
    const declared = store.catalogue.find(queries)
    if (!declared) continue
    const { rows } = await sql<{ id: string }>`select ${sql.id(declared.id)} as id from ${sql.table(queries)}
      where returnedtypecode = ${table}`.execute(tx)
    const ids = rows.map(({ id }) => id)
    if (ids.length === 0) continue
    await system.deleteMany(queries, ids)
    // A table of the same name gets its views again.
    await sql`delete from given_once where id = any(${ids}::uuid[])`.execute(tx)
  }
}
