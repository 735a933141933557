import { type RawBuilder, sql } from 'kysely'
import { RecordError, type Values } from '../access.ts'
import { addressColumns, refreshAddresses } from '../addresses/refresh.ts'
import { appendChanges } from '../changes/append.ts'
import { privilegeName, reaches, scopeOf } from '../security/context.ts'
import { accessPredicate } from '../security/predicate.ts'
import type { Table } from '../tables/catalogue.ts'
import { storedColumns } from '../tables/sql-columns.ts'
import { asDuplicate } from './errors.ts'
import { isPartOfEmail, lockedColumns, readOnlyEmail } from './locked.ts'
import { checkColumns, denied, ownerUnit, pointersOf } from './pointers.ts'
import { recordset } from './recordset.ts'
import { rowToUpdate } from './row.ts'
import { sealSecrets } from './secrets.ts'
import { checkTargets, lockedEmail } from './targets.ts'
import { moveOwnedRecords } from './units.ts'
import { isId, type Stored } from './values.ts'
import { groupBy, isWritable, type RowsChanged, react, type Write } from './write.ts'

/**
 * Changes rows of one table: for each set of columns one statement, which locks the rows, checks rights on them, writes
 * those that really differ and says which columns did. A change that changes nothing leaves no trace.
 */
export async function updateRows(write: Write, table: Table, rows: readonly Values[]): Promise<void> {
  if (rows.length === 0) return
  if (!isWritable(table))
    throw new RecordError('ValidationFailed', `Rows of "${table.name}" cannot be changed directly.`, {
      table: table.name,
    })
  const { context } = write
  const stored = rows.map((values) => {
    const id = values[table.id]
    if (!isId(id))
      throw new RecordError('ValueRequired', `A change to "${table.name}" must name its "${table.id}".`, {
        table: table.name,
        column: table.id,
      })
    const row = rowToUpdate(table, values, context.principal.kind === 'system')
    checkColumns(context, table, Object.keys(values), 'update')
    return { ...row, [table.id]: id.toLowerCase() }
  })
  await followOwner(write, table, stored)
  sealSecrets(write.secrets, table, stored)
  const changed: { id: string; columns: string[] }[] = []
  for (const group of groupBy(stored, (row) => Object.keys(row).sort().join()).values())
    changed.push(...(await updateGroup(write, table, group)))
  await afterwards(write, table, stored, changed)
}

/** Checks what the rows now point to; a new owner brings its business unit along. */
async function followOwner(write: Write, table: Table, rows: readonly Stored[]): Promise<void> {
  const { context } = write
  const pointers = pointersOf(table, rows).filter(
    ({ column, target }) => !(column.name === 'ownerid' && target.id === context.userId),
  )
  const targets = await checkTargets(write.tx, write.catalogue, context, table, pointers)
  for (const row of rows) {
    const owner = row['ownerid']
    if (table.ownership === 'user' && typeof owner === 'string') {
      row['owningbusinessunit'] = ownerUnit(context, targets, owner)
      checkNewPlace(write, table, { owner, businessUnit: row['owningbusinessunit'] as string })
    }
    if (table.ownership === 'business' && typeof row['businessunitid'] === 'string')
      checkNewPlace(write, table, { businessUnit: row['businessunitid'] })
  }
}

/** A record may only be moved to where the mover may put records. */
function checkNewPlace(write: Write, table: Table, place: { owner?: string; businessUnit?: string }): void {
  const privilege = table.ownership === 'user' ? 'assign' : 'write'
  if (!reaches(scopeOf(write.context, privilege, table), place)) denied(table, privilegeName(privilege, table))
}

interface Outcome {
  id: string
  readable: boolean
  writable: boolean
  assignable: boolean
  appendable: boolean
  locked: boolean
  columns: string[]
}

const differs = ({ name }: { name: string }) => sql`o.${sql.id(name)} is distinct from x.${sql.id(name)}`

async function updateGroup(
  write: Write,
  table: Table,
  rows: readonly Stored[],
): Promise<{ id: string; columns: string[] }[]> {
  const { context, catalogue } = write
  const names = new Set(Object.keys(rows[0] as Stored))
  const columns = table.columns.flatMap(storedColumns).filter(({ name }) => names.has(name))
  const values = columns.filter(({ name }) => name !== table.id)
  if (values.length === 0) return []
  const id = sql.id(table.id)
  const may = (privilege: 'read' | 'write' | 'assign' | 'append', wanted = true) =>
    wanted ? accessPredicate(catalogue, context, privilege, table, 't') : sql<boolean>`true`
  const pointing = table.ownership === 'user' && pointersOf(table, rows).some(({ need }) => need === 'appendTo')
  const { rows: found } = await sql<Outcome>`
    with x as materialized (select * from ${recordset(rows, columns, 'r')}),
    o as materialized (
      select ${sql.join(columns.map(({ name }) => sql`t.${sql.id(name)}`))}, ${may('read')} as may_read,
        ${may('write')} as may_write, ${may('assign', names.has('ownerid'))} as may_assign,
        ${may('append', pointing)} as may_append, ${lockedCondition(write, table)} as is_locked
      from ${sql.table(table.name)} as t where t.${id} in (select ${id} from x) order by t.${id} for no key update of t),
    d as (
      select o.${id} as id, o.may_read as readable, o.may_write as writable, o.may_assign as assignable,
        o.may_append as appendable, o.is_locked as locked,
        array_remove(array[${sql.join(values.map((c) => sql`case when ${differs(c)} then ${sql.lit(c.name)} end`))}]::text[], null) as columns
      from o join x on o.${id} = x.${id}),
    u as (
      update ${sql.table(table.name)} as t set ${sql.join(values.map(({ name }) => sql`${sql.id(name)} = x.${sql.id(name)}`))},
        modifiedon = ${write.now.toISOString()}::timestamptz, modifiedby = ${context.userId}::uuid,
        versionnumber = nextval('recordversion')
      from x join d on d.id = x.${id}
      where t.${id} = x.${id} and d.writable and d.assignable and d.appendable and cardinality(d.columns) > 0)
    select * from d`
    .execute(write.tx)
    .catch((error: unknown) => asDuplicate(table, error))
  checkOutcome(table, rows, found)
  return found.map((outcome) => ({ id: outcome.id, columns: outcome.columns })).filter((row) => row.columns.length > 0)
}

function lockedCondition(write: Write, table: Table): RawBuilder<unknown> {
  if (write.context.principal.kind === 'system') return sql`false`
  if (table.name === 'email') return lockedEmail('t')
  if (!isPartOfEmail(table)) return sql`false`
  return sql`exists (select 1 from email as e where e.activityid = ${sql.ref(`t.${table.parent}`)} and ${lockedEmail('e')})`
}

function checkOutcome(table: Table, rows: readonly Stored[], found: readonly Outcome[]): void {
  const byId = new Map(found.map((outcome) => [outcome.id, outcome]))
  for (const row of rows) {
    const id = String(row[table.id])
    const outcome = byId.get(id)
    if (!outcome?.readable)
      throw new RecordError('NotFound', `There is no ${table.label} ${id}.`, { table: table.name })
    if (!outcome.writable) denied(table, privilegeName('write', table), id)
    if (!outcome.assignable) denied(table, privilegeName('assign', table), id)
    if (!outcome.appendable) denied(table, privilegeName('append', table), id)
    const fixed = outcome.locked ? lockedColumns(table, outcome.columns)[0] : undefined
    if (fixed !== undefined) readOnlyEmail(table, fixed)
  }
}

async function afterwards(
  write: Write,
  table: Table,
  stored: readonly Stored[],
  changed: readonly { id: string; columns: string[] }[],
): Promise<void> {
  if (changed.length === 0) return
  const ids = (of: ReadonlySet<string>) =>
    changed.filter((row) => row.columns.some((name) => of.has(name))).map((row) => row.id)
  if (table.emailColumns.length > 0) {
    const stale = ids(addressColumns(table))
    if (stale.length > 0) await refreshAddresses(write.tx, table, stale)
  }
  if (table.name === 'systemuser' || table.name === 'team') {
    const moved = new Set(ids(new Set(['businessunitid'])))
    if (moved.size > 0)
      await moveOwnedRecords(
        write,
        stored.filter((row) => moved.has(String(row[table.id]))),
        table,
      )
  }
  const change: RowsChanged = {
    table: table.name,
    kind: 'update',
    principal: write.context.principal,
    rows: changed.map(({ id, columns }) => ({ id, columns: withComputed(table, columns) })),
  }
  await appendChanges(write.tx, [change], write.now)
  await react(write, change)
}

/** `<lookup>_table` is part of its lookup; a column joined from others changes with them. */
function withComputed(table: Table, columns: readonly string[]): string[] {
  const changed = new Set(columns.map((name) => (table.byName.has(name) ? name : name.replace(/_table$/, ''))))
  for (const { name, joins } of table.columns) if (joins?.some((source) => changed.has(source))) changed.add(name)
  return [...changed]
}
