import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import { idArray } from '../security/predicate.ts'
import type { Table } from '../tables/catalogue.ts'

const column = (name: string) => sql.ref(`t.${name}`)

/**
 * Brings the index of addresses (`emailaddress`) up to the rows of a table: every value of every column of format email,
 * trimmed and in lower case, beside what resolution asks about the record (T-62, T-63). One statement.
 * @param ids the rows that changed; all rows without it.
 */
export async function refreshAddresses(tx: Executor, table: Table, ids?: readonly string[]): Promise<void> {
  if (table.emailColumns.length === 0) {
    if (!ids) await sql`delete from emailaddress where tablename = ${table.name}`.execute(tx)
    return
  }
  const values = table.emailColumns.map(({ name }) => sql`(${sql.lit(name)}, lower(trim(${column(name)})))`)
  const owned = table.ownership === 'user'
  const changed = ids ? sql`${column(table.id)} = any(${idArray(ids)})` : sql`true`
  const gone = ids ? sql`e.recordid = any(${idArray(ids)})` : sql`e.tablename = ${table.name}`
  await sql`with present as (
      select ${column(table.id)} as recordid, v.columnname, v.address, ${column(table.primaryName)} as name,
        ${activeCondition(table, 't')} as active, ${owned ? column('ownerid') : sql`null::uuid`} as ownerid,
        ${owned ? column('ownerid_table') : sql`null::text`} as ownertable, ${column('createdon')} as createdon
      from ${sql.table(table.name)} as t cross join lateral (values ${sql.join(values)}) as v(columnname, address)
      where ${changed} and v.address <> '' ${merged(table)}
    ), gone as (
      delete from emailaddress as e where ${gone} and not exists (
        select 1 from present p where p.recordid = e.recordid and p.columnname = e.columnname)
    )
    insert into emailaddress as e (recordid, columnname, address, tablename, name, active, ownerid, ownertable, createdon)
    select recordid, columnname, address, ${table.name}, coalesce(name, ''), active, ownerid, ownertable, createdon
    from present
    on conflict (recordid, columnname) do update set address = excluded.address, name = excluded.name,
      active = excluded.active, ownerid = excluded.ownerid, ownertable = excluded.ownertable`.execute(tx)
}

/** Columns whose change the index must follow. */
export function addressColumns(table: Table): ReadonlySet<string> {
  const name = table.byName.get(table.primaryName)
  return new Set([
    ...table.emailColumns.map((column) => column.name),
    ...(name?.joins ?? [table.primaryName]),
    'statecode',
    'isdisabled',
    'ownerid',
    'merged',
  ])
}

/** What was merged into another record is never found by its addresses again (DU-22). */
const merged = (table: Table) => (table.byName.has('merged') ? sql`and ${column('merged')} is not true` : sql``)

/** Whether a row is active: its first state, or not disabled; always when it has neither. */
function activeCondition(table: Table, alias: string): RawBuilder<unknown> {
  if (table.byName.has('isdisabled')) return sql`not coalesce(${sql.ref(`${alias}.isdisabled`)}, false)`
  if (table.byName.has('statecode')) return sql`coalesce(${sql.ref(`${alias}.statecode`)}, 0) = 0`
  return sql`true`
}
