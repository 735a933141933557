import { sql } from 'kysely'
import { rowset } from '#database'
import { RecordError, type Values } from '../access.ts'
import { addressColumns, refreshAddresses } from '../addresses/refresh.ts'
import { noteUpdated, valuesBefore } from '../audit/note.ts'
import { appendChanges } from '../changes/append.ts'
import { refuseDuplicates } from '../duplicates/detect.ts'
import { checkSecurityRows } from '../security/guards.ts'
import type { Table } from '../tables/catalogue.ts'
import { storedColumns } from '../tables/sql-columns.ts'
import { refuseClosing } from './closed.ts'
import { askCode } from './code.ts'
import { findDifferences } from './differences.ts'
import { asDuplicate } from './errors.ts'
import { checkLockedParents } from './locked.ts'
import { checkColumns, ownerUnit, pointersOf } from './pointers.ts'
import { rowToUpdate } from './row.ts'
import { sealSecrets } from './secrets.ts'
import { checkTargets } from './targets.ts'
import { moveOwnedRecords } from './units.ts'
import { isId, type Stored } from './values.ts'
import { groupBy, isWritable, type RowsChanged, react, type Write } from './write.ts'

/** A row that was changed, with the SQL columns that were. */
interface Changed {
  id: string
  columns: readonly string[]
}

/**
 * Changes rows of one table: one statement to check what they point to, two for each set of columns, one for the feed.
 * A change that changes nothing leaves no trace. Nothing is written before every row has been checked.
 */
export async function updateRows(write: Write, table: Table, given: readonly Values[]): Promise<void> {
  if (given.length === 0) return
  if (!isWritable(table))
    throw new RecordError('ValidationFailed', `Rows of "${table.name}" cannot be changed directly.`, {
      table: table.name,
    })
  const rows = await askCode(write, table, 'update', given)
  const stored = mergeById(
    table,
    rows.map((values) => storedChange(write, table, values)),
  )
  await followOwner(write, table, stored)
  sealSecrets(write.secrets, table, stored)
  const groups = [...groupBy(stored, (row) => Object.keys(row).sort().join()).values()]
  const changed: Changed[] = []
  const writes: Stored[][] = []
  for (const group of groups) {
    const differences = await findDifferences(write, table, group)
    for (const [id, columns] of differences) if (columns.length > 0) changed.push({ id, columns })
    writes.push(group.filter((row) => differences.get(String(row[table.id]))?.length))
  }
  const moved = changed.filter(({ columns }) => columns.includes('statecode')).map(({ id }) => id)
  refuseClosing(write, table, stored, new Set(moved))
  await checkSecurityRows(write, table, writes.flat())
  const before = await valuesBefore(
    write,
    table,
    changed.map(({ id }) => id),
    new Set(
      changed.flatMap(({ columns }) => columns.flatMap((name) => [name, `${name}_table`, name.replace(/_table$/, '')])),
    ),
  )
  for (const group of writes) await writeGroup(write, table, group)
  await noteUpdated(write, table, before, writes.flat(), new Map(changed.map(({ id, columns }) => [id, columns])))
  await afterwards(write, table, stored, changed)
}

function storedChange(write: Write, table: Table, values: Values): Stored {
  const id = values[table.id]
  if (!isId(id))
    throw new RecordError('ValueRequired', `A change to "${table.name}" must name its "${table.id}".`, {
      table: table.name,
      column: table.id,
    })
  checkColumns(write.context, table, Object.keys(values), 'update')
  return { ...rowToUpdate(table, values, write.context.principal.kind === 'system'), [table.id]: id.toLowerCase() }
}

/** Several changes of one row are one; the later ones win. */
function mergeById(table: Table, rows: readonly Stored[]): Stored[] {
  const merged = new Map<unknown, Stored>()
  for (const row of rows) merged.set(row[table.id], { ...merged.get(row[table.id]), ...row })
  return [...merged.values()]
}

/** Checks what the rows now point to; a new owner brings its business unit along. */
async function followOwner(write: Write, table: Table, rows: readonly Stored[]): Promise<void> {
  const { context } = write
  const pointers = pointersOf(table, rows).filter(
    ({ column, target }) => !(column.name === 'ownerid' && target.id === context.userId),
  )
  const targets = await checkTargets(write.tx, write.catalogue, context, table, pointers)
  checkLockedParents(table, rows, targets)
  if (table.ownership !== 'user') return
  for (const row of rows)
    if (typeof row['ownerid'] === 'string') row['owningbusinessunit'] = ownerUnit(context, targets, row['ownerid'])
}

async function writeGroup(write: Write, table: Table, rows: readonly Stored[]): Promise<void> {
  if (rows.length === 0) return
  const names = new Set(Object.keys(rows[0] ?? {}))
  const columns = table.columns.flatMap(storedColumns).filter(({ name }) => names.has(name))
  const set = columns
    .filter(({ name }) => name !== table.id)
    .map(({ name }) => sql`${sql.id(name)} = x.${sql.id(name)}`)
  await sql`update ${sql.table(table.name)} as t set ${sql.join(set)},
      modifiedon = ${write.now.toISOString()}::timestamptz, modifiedby = ${write.context.userId}::uuid,
      modifiedonbehalfby = ${actorOf(write)}::uuid, versionnumber = nextval('recordversion')
    from ${rowset(rows, columns, 'x')} where t.${sql.id(table.id)} = x.${sql.id(table.id)}`
    .execute(write.tx)
    .catch((error: unknown) => asDuplicate(table, error))
}

/** Who acted in the name of the user. */
function actorOf({ context: { principal } }: Write): string | null {
  return principal.kind === 'user' ? (principal.by ?? null) : null
}

async function afterwards(
  write: Write,
  table: Table,
  stored: readonly Stored[],
  changed: readonly Changed[],
): Promise<void> {
  if (changed.length === 0) return
  const touching = (names: ReadonlySet<string>) => changed.filter((row) => row.columns.some((name) => names.has(name)))
  const stale = table.emailColumns.length > 0 ? touching(addressColumns(table)).map((row) => row.id) : []
  if (stale.length > 0) await refreshAddresses(write.tx, table, stale)
  if (table.name === 'systemuser' || table.name === 'team') {
    const moved = new Set(touching(new Set(['businessunitid'])).map((row) => row.id))
    const owners = stored.filter((row) => moved.has(String(row[table.id])))
    if (owners.length > 0) await moveOwnedRecords(write, owners, table)
  }
  const change: RowsChanged = {
    table: table.name,
    kind: 'update',
    principal: write.context.principal,
    rows: changed.map(({ id, columns }) => ({ id, columns: declaredColumns(table, columns) })),
  }
  await refuseDuplicates(write, table, change.rows)
  await appendChanges(write.tx, [change], write.now)
  await react(write, change)
}

/** `<lookup>_table` is part of its lookup; a column joined from others changes with them. */
function declaredColumns(table: Table, columns: readonly string[]): string[] {
  const changed = new Set(columns.map((name) => (table.byName.has(name) ? name : name.replace(/_table$/, ''))))
  for (const { name, joins } of table.columns) if (joins?.some((source) => changed.has(source))) changed.add(name)
  return [...changed]
}
