import { type RawBuilder, sql } from 'kysely'
import { rowset } from '#database'
import { RecordError } from '../access.ts'
import { type Place, reaches, scopeOf } from '../security/context.ts'
import { accessPredicate } from '../security/predicate.ts'
import { denied, type Placed, placeColumns } from '../security/refusal.ts'
import type { Table } from '../tables/catalogue.ts'
import { storedColumns } from '../tables/sql-columns.ts'
import { checkVersion } from './errors.ts'
import { isPartOfEmail, lockedColumns, readOnlyEmail } from './locked.ts'
import { pointersOf } from './pointers.ts'
import { refuseChange } from './refuse.ts'
import { lockedEmail } from './targets.ts'
import type { Stored } from './values.ts'
import type { Write } from './write.ts'

/** A row as it is about to be changed: what the principal may do with it, and the columns that would really change. */
interface Found extends Placed {
  id: string
  readable: boolean
  writable: boolean
  assignable: boolean
  appendable: boolean
  locked: boolean
  version: string
  columns: string[]
}

/**
 * Locks the rows that are about to be changed until the transaction ends and compares them with their new values; all
 * rows name the same columns. One statement.
 * @returns the SQL columns that differ, by id of the row.
 * @throws RecordError when a row does not exist, or the principal may not make the change.
 */
export async function findDifferences(
  write: Write,
  table: Table,
  rows: readonly Stored[],
): Promise<Map<string, readonly string[]>> {
  const { context, catalogue } = write
  const names = new Set(Object.keys(rows[0] ?? {}))
  const columns = table.columns.flatMap(storedColumns).filter(({ name }) => names.has(name))
  const compared = columns.filter(({ name }) => name !== table.id)
  const may = (privilege: 'read' | 'write' | 'assign' | 'append', wanted = true) =>
    wanted ? accessPredicate(catalogue, context, privilege, table, 't') : sql`true`
  const pointing = table.ownership === 'user' && pointersOf(table, rows).some(({ need }) => need === 'appendTo')
  const { rows: found } = await sql<Found>`select t.${sql.id(table.id)} as id, ${may('read')} as readable,
      ${may('write')} as writable, ${may('assign', names.has('ownerid'))} as assignable,
      ${may('append', pointing)} as appendable, ${lockedCondition(write, table)} as locked,
      ${placeColumns(table, 't')}, t.versionnumber::text as version,
      array_remove(array[${sql.join(compared.map(differingName))}]::text[], null) as columns
    from ${rowset(rows, columns, 'x')} join ${sql.table(table.name)} as t on t.${sql.id(table.id)} = x.${sql.id(table.id)}
    order by t.${sql.id(table.id)} for no key update of t`.execute(write.tx)
  const byId = new Map(found.map((row) => [row.id, row]))
  for (const row of rows) checkChange(write, table, row, byId.get(String(row[table.id])))
  return new Map(found.map(({ id, columns }) => [id, columns]))
}

const differingName = ({ name }: { name: string }) =>
  sql`case when t.${sql.id(name)} is distinct from x.${sql.id(name)} then ${sql.lit(name)} end`

function lockedCondition(write: Write, table: Table): RawBuilder<unknown> {
  if (write.context.principal.kind === 'system') return sql`false`
  if (table.name === 'email') return lockedEmail('t')
  if (!isPartOfEmail(table)) return sql`false`
  return sql`exists (select 1 from email as e where e.activityid = ${sql.ref(`t.${table.parent}`)} and ${lockedEmail('e')})`
}

function checkChange(write: Write, table: Table, row: Stored, found: Found | undefined): void {
  const id = String(row[table.id])
  if (!found?.readable) throw new RecordError('NotFound', `There is no ${table.label} ${id}.`, { table: table.name })
  if (!found.writable) refuseChange(write, table, 'write', found)
  if (!found.appendable) refuseChange(write, table, 'append', found)
  checkVersion(table, id, found.version, write.options)
  const fixed = found.locked ? lockedColumns(table, found.columns)[0] : undefined
  if (fixed !== undefined) readOnlyEmail(table, fixed)
  if (table.ownership === 'user' && found.columns.includes('ownerid')) {
    if (!found.assignable) refuseChange(write, table, 'assign', found)
    checkNewPlace(write, table, { owner: String(row['ownerid']), businessUnit: String(row['owningbusinessunit']) })
  }
  if (table.ownership === 'business' && found.columns.includes('businessunitid'))
    checkNewPlace(write, table, { businessUnit: String(row['businessunitid']) })
}

/** A record may only be moved to where the mover may put records. */
function checkNewPlace(write: Write, table: Table, place: Place): void {
  const privilege = table.ownership === 'user' ? 'assign' : 'write'
  if (!reaches(scopeOf(write.context, privilege, table), place)) denied(write.context, table, privilege, { place })
}
