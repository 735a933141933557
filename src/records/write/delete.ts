import { type RawBuilder, sql } from 'kysely'
import { RecordError } from '../access.ts'
import { noteDeleted, valuesBefore } from '../audit/note.ts'
import { appendChanges } from '../changes/append.ts'
import { accessPredicate, idArray } from '../security/predicate.ts'
import { type Placed, placeColumns } from '../security/refusal.ts'
import { isPolymorphic, type Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { askCode } from './code.ts'
import { checkDeletable } from './deletable.ts'
import { checkVersion } from './errors.ts'
import { isPartOfEmail, readOnlyEmail } from './locked.ts'
import { refuseChange } from './refuse.ts'
import { lockedEmail } from './targets.ts'
import { isId } from './values.ts'
import { groupBy, isWritable, type RowsChanged, react, reactBefore, type Write } from './write.ts'

/**
 * Deletes rows of one table, and what belongs to them: parties, attachments, notes, queue items, links, shares. Other
 * records that point to them are kept and point to nothing (regarding). One statement checks, one for each level deletes.
 * @throws RecordError `NotFound`, `PrivilegeDenied`, or `ValidationFailed` when a record that must point to one of them
 *   stands in the way.
 */
export async function deleteRows(write: Write, table: Table, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  if (!isWritable(table))
    throw new RecordError('ValidationFailed', `Rows of "${table.name}" cannot be deleted directly.`, {
      table: table.name,
    })
  const wanted = [...new Set(ids.map((id) => id.toLowerCase()))]
  await checkRights(write, table, wanted)
  await askCode(
    write,
    table,
    'delete',
    wanted.map((id) => ({ [table.id]: id })),
  )
  await checkDeletable(write, table, wanted)
  await reactBefore(write, {
    table: table.name,
    kind: 'delete',
    principal: write.context.principal,
    rows: wanted.map((id) => ({ id, columns: [] })),
  })
  const before = await valuesBefore(write, table, wanted)
  const changes = await remove(write, table, wanted)
  await noteDeleted(write, table, before, changes)
  await appendChanges(write.tx, changes, write.now)
  for (const change of changes) await react(write, change)
}

async function checkRights(write: Write, table: Table, ids: readonly string[]): Promise<void> {
  const may = (privilege: 'read' | 'delete') => accessPredicate(write.catalogue, write.context, privilege, table, 't')
  const id = sql.ref(`t.${table.id}`)
  const bySystem = write.context.principal.kind === 'system'
  const locked =
    isPartOfEmail(table) && !bySystem
      ? sql`exists (select 1 from email as e where e.activityid = ${sql.ref(`t.${table.parent}`)} and ${lockedEmail('e')})
          ${table.name === 'activityparty' ? sql`and t.participationtypemask <> 13` : sql``}`
      : sql`false`
  const { rows } = await sql<Placed & { id: string; deletable: boolean; locked: boolean; version: string }>`
    select ${id} as id, ${may('delete')} as deletable, ${locked} as locked, ${placeColumns(table, 't')},
      t.versionnumber::text as version
    from ${sql.table(table.name)} as t
    where ${id} = any(${idArray(ids.filter(isId))}) and ${may('read')} order by ${id} for update of t`.execute(write.tx)
  const found = new Map(rows.map((row) => [row.id, row]))
  for (const wanted of ids) {
    const row = found.get(wanted)
    if (!row) throw new RecordError('NotFound', `There is no ${table.label} ${wanted}.`, { table: table.name })
    if (!row.deletable) refuseChange(write, table, 'delete', row)
    checkVersion(table, wanted, row.version, write.options)
    if (row.locked) readOnlyEmail(table, table.parent as string)
  }
}

/** What happens to rows that point to a deleted one: those that cannot do without it go with it. */
const goesAlong = (table: Table, column: ColumnDefinition): boolean =>
  column.goesAlong === true ||
  (column.required === true && (table.ownership === 'child' || table.ownership === 'organization'))

async function remove(write: Write, table: Table, ids: readonly string[]): Promise<RowsChanged[]> {
  const along: RowsChanged[] = []
  const parts: RawBuilder<unknown>[] = []
  for (const { table: other, columns } of write.catalogue.referencesTo(table.name)) {
    if (!isWritable(other)) continue
    const owned = columns.filter((column) => goesAlong(other, column))
    const loose = columns.filter((column) => !column.required && !goesAlong(other, column))
    const hasOwn = write.catalogue.referencesTo(other.name).length > 0
    if (owned.length > 0 && hasOwn) along.push(...(await removeAlong(write, other, owned, ids)))
    else if (owned.length > 0) parts.push(deletePart(other, sql`${pointsTo(owned, ids)}`))
    if (loose.length > 0) parts.push(clearPart(write, other, loose, owned, ids))
  }
  parts.push(deletePart(table, sql`t.${sql.id(table.id)} = any(${idArray(ids)})`))
  const named = parts.map((part, at) => ({ name: sql.id(`part${at}`), part }))
  const { rows } = await sql<{ tablename: string; id: string; kind: 'delete' | 'update'; columns: string[] }>`
    with ${sql.join(named.map(({ name, part }) => sql`${name} as (${part})`))},
    shares as (delete from principalobjectaccess where objectid = any(${idArray(ids)}) or principalid = any(${idArray(ids)})),
    addresses as (delete from emailaddress where recordid = any(${idArray(ids)}))
    ${sql.join(
      named.map(({ name }) => sql`select * from ${name}`),
      sql` union all `,
    )}`.execute(write.tx)
  const { principal } = write.context
  const changes = [...groupBy(rows, (row) => `${row.tablename} ${row.kind}`).values()].map((group) => ({
    table: (group[0] as (typeof rows)[number]).tablename,
    kind: (group[0] as (typeof rows)[number]).kind,
    principal,
    rows: group.map(({ id, columns }) => ({ id, columns })),
  }))
  return [...along, ...changes]
}

async function removeAlong(
  write: Write,
  table: Table,
  columns: readonly ColumnDefinition[],
  ids: readonly string[],
): Promise<RowsChanged[]> {
  const { rows } = await sql<{ id: string }>`select ${sql.id(table.id)} as id from ${sql.table(table.name)} as t
    where ${pointsTo(columns, ids)} for update of t`.execute(write.tx)
  if (rows.length === 0) return []
  return remove(
    write,
    table,
    rows.map((row) => row.id),
  )
}

const pointsTo = (columns: readonly ColumnDefinition[], ids: readonly string[]): RawBuilder<unknown> =>
  sql`(${sql.join(
    columns.map(({ name }) => sql`t.${sql.id(name)} = any(${idArray(ids)})`),
    sql` or `,
  )})`

function deletePart(table: Table, condition: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`delete from ${sql.table(table.name)} as t where ${condition}
    returning ${sql.lit(table.name)}::text as tablename, t.${sql.id(table.id)} as id, 'delete'::text as kind,
      array[]::text[] as columns`
}

/** Empties lookups; a party is marked, because its address still tells who it was. */
function clearPart(
  write: Write,
  table: Table,
  columns: readonly ColumnDefinition[],
  owned: readonly ColumnDefinition[],
  ids: readonly string[],
): RawBuilder<unknown> {
  const gone = (name: string) => sql`t.${sql.id(name)} = any(${idArray(ids)})`
  const cleared = columns.flatMap((column) => {
    const stored = isPolymorphic(column) ? [column.name, `${column.name}_table`] : [column.name]
    return stored.map(
      (name) => sql`${sql.id(name)} = case when ${gone(column.name)} then null else t.${sql.id(name)} end`,
    )
  })
  const party = table.name === 'activityparty' ? sql`, ispartydeleted = true` : sql``
  const kept = owned.length > 0 ? sql`and not ${pointsTo(owned, ids)}` : sql``
  return sql`update ${sql.table(table.name)} as t set ${sql.join(cleared)}${party},
      modifiedon = ${write.now.toISOString()}::timestamptz, modifiedby = ${write.context.userId}::uuid,
      versionnumber = nextval('recordversion')
    where ${pointsTo(columns, ids)} ${kept} ${columns.some((c) => c.targets?.includes(table.name)) ? sql`and not t.${sql.id(table.id)} = any(${idArray(ids)})` : sql``}
    returning ${sql.lit(table.name)}::text as tablename, t.${sql.id(table.id)} as id, 'update'::text as kind,
      array[${sql.join(columns.map(({ name }) => sql.lit(name)))}]::text[] as columns`
}
