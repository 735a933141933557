import { type RawBuilder, sql } from 'kysely'
import type { Reference } from '../access.ts'
import { appendChanges } from '../changes/append.ts'
import { isPolymorphic, type Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { groupBy, isWritable, type RowsChanged, react, type Write } from '../write/write.ts'

interface Conversion {
  from: Reference
  to: Reference
}

interface Moved {
  tablename: string
  id: string
  columns: string[]
}

/** Makes whatever can point to a record of either table, and what was shared, belong to the record that was made of another. */
export async function moveWhatBelongs(write: Write, conversion: Conversion): Promise<void> {
  const { from, to } = conversion
  const parts: RawBuilder<Moved>[] = [sharesOf(write, conversion)]
  for (const { table, columns } of write.catalogue.referencesTo(from.table)) {
    const both = columns.filter((column) => isPolymorphic(column) && column.targets?.includes(to.table))
    if (both.length > 0 && isWritable(table)) parts.push(pointersOf(write, table, both, conversion))
  }
  const named = parts.map((part, at) => ({ name: sql.id(`part${at}`), part }))
  const { rows } = await sql<Moved>`with ${sql.join(named.map(({ name, part }) => sql`${name} as (${part})`))}
    ${sql.join(
      named.map(({ name }) => sql`select * from ${name}`),
      sql` union all `,
    )}`.execute(write.tx)
  await note(write, rows)
}

function pointersOf(
  write: Write,
  table: Table,
  columns: readonly ColumnDefinition[],
  { from, to }: Conversion,
): RawBuilder<Moved> {
  const points = ({ name }: ColumnDefinition) => sql`t.${sql.id(name)} = ${from.id}::uuid`
  const moved = columns.flatMap((column) => [
    sql`${sql.id(column.name)} = case when ${points(column)} then ${to.id}::uuid else t.${sql.id(column.name)} end`,
    sql`${sql.id(`${column.name}_table`)} = case when ${points(column)} then ${to.table}
      else t.${sql.id(`${column.name}_table`)} end`,
  ])
  return sql<Moved>`update ${sql.table(table.name)} as t set ${sql.join(moved)}, ${stamp(write)}
    where ${sql.join(columns.map(points), sql` or `)}
    returning ${sql.lit(table.name)}::text as tablename, t.${sql.id(table.id)} as id,
      array[${sql.join(columns.map(({ name }) => sql.lit(name)))}]::text[] as columns`
}

const sharesOf = (write: Write, { from, to }: Conversion) => sql<Moved>`update principalobjectaccess as t
  set objectid = ${to.id}::uuid, objecttypecode = ${to.table}, ${stamp(write)} where t.objectid = ${from.id}::uuid
  returning 'principalobjectaccess'::text as tablename, t.principalobjectaccessid as id,
    array['objectid']::text[] as columns`

const stamp = ({ now, context }: Write) => sql`modifiedon = ${now.toISOString()}::timestamptz,
  modifiedby = ${context.userId}::uuid, versionnumber = nextval('recordversion')`

async function note(write: Write, rows: readonly Moved[]): Promise<void> {
  const changes = [...groupBy(rows, ({ tablename }) => tablename)].map(
    ([table, group]): RowsChanged => ({
      table,
      kind: 'update',
      principal: write.context.principal,
      rows: group.map(({ id, columns }) => ({ id, columns })),
    }),
  )
  await appendChanges(write.tx, changes, write.now)
  for (const change of changes) await react(write, change)
}
