import { type RawBuilder, sql } from 'kysely'
import type { Reference } from '../access.ts'
import { appendChanges } from '../changes/append.ts'
import { idArray } from '../security/predicate.ts'
import type { Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { deleteRows } from '../write/delete.ts'
import { groupBy, isWritable, type RowsChanged, react, type Write } from '../write/write.ts'

interface Merge {
  from: Reference
  to: Reference
}

/** Makes every lookup that points to a record point to another one of its table, and moves what was shared (DU-21). */
export async function repoint(write: Write, merge: Merge): Promise<void> {
  await removeCollisions(write, merge)
  const references = write.catalogue.referencesTo(merge.from.table).filter(({ table }) => isWritable(table))
  const parts = references.map(({ table, columns }, at) => ({
    name: sql.id(`part${at}`),
    part: movePart(write, table, columns, merge),
  }))
  if (parts.length > 0) {
    const { rows } = await sql<{ tablename: string; id: string; columns: string[] }>`
      with ${sql.join(parts.map(({ name, part }) => sql`${name} as (${part})`))}
      ${sql.join(
        parts.map(({ name }) => sql`select * from ${name}`),
        sql` union all `,
      )}`.execute(write.tx)
    await note(write, 'update', rows)
  }
  await moveCandidates(write, merge)
  await moveShares(write, merge)
}

function movePart(
  write: Write,
  table: Table,
  columns: readonly ColumnDefinition[],
  { from, to }: Merge,
): RawBuilder<unknown> {
  const points = (name: string) => sql`t.${sql.id(name)} = ${from.id}::uuid`
  const moved = columns.map(
    ({ name }) => sql`${sql.id(name)} = case when ${points(name)} then ${to.id}::uuid else t.${sql.id(name)} end`,
  )
  const any = sql.join(
    columns.map(({ name }) => points(name)),
    sql` or `,
  )
  // The two records point to each other no more than before.
  const others = table.name === from.table ? sql`and t.${sql.id(table.id)} <> all(${idArray([from.id, to.id])})` : sql``
  return sql`update ${sql.table(table.name)} as t set ${sql.join(moved)}, ${stamp(write)} where (${any}) ${others}
    returning ${sql.lit(table.name)}::text as tablename, t.${sql.id(table.id)} as id,
      array[${sql.join(columns.map(({ name }) => sql.lit(name)))}]::text[] as columns`
}

const stamp = ({ now, context }: Write) => sql`modifiedon = ${now.toISOString()}::timestamptz,
  modifiedby = ${context.userId}::uuid, versionnumber = nextval('recordversion')`

/** What could not stand beside what the target has already: the same queue's item, and the two as duplicates of each other. */
async function removeCollisions(write: Write, { from, to }: Merge): Promise<void> {
  for (const { table, columns } of write.catalogue.referencesTo(from.table)) {
    if (!isWritable(table)) continue
    const collisions = [
      ...(table.keys ?? []).flatMap((key) =>
        columns
          .filter(({ name }) => key.columns.includes(name))
          .map(({ name }) => collision(table, name, key.columns, { from, to })),
      ),
      ...(table.name === 'duplicaterecord'
        ? [
            sql`t.baserecordid = any(${idArray([from.id, to.id])}) and t.duplicaterecordid = any(${idArray([from.id, to.id])})`,
          ]
        : []),
    ]
    if (collisions.length === 0) continue
    const { rows } = await sql<{ id: string }>`select t.${sql.id(table.id)} as id from ${sql.table(table.name)} as t
      where ${sql.join(
        collisions.map((each) => sql`(${each})`),
        sql` or `,
      )}`.execute(write.tx)
    await deleteRows(
      write,
      table,
      rows.map(({ id }) => id),
    )
  }
}

function collision(table: Table, column: string, key: readonly string[], { from, to }: Merge): RawBuilder<unknown> {
  const same = key.filter((name) => name !== column).map((name) => sql` and o.${sql.id(name)} = t.${sql.id(name)}`)
  return sql`t.${sql.id(column)} = ${from.id}::uuid and exists (select 1 from ${sql.table(table.name)} as o
    where o.${sql.id(column)} = ${to.id}::uuid ${sql.join(same, sql``)})`
}

/** B-52: whom an ambiguous address might have meant as well; the target once, and not beside itself. */
async function moveCandidates(write: Write, { from, to }: Merge): Promise<void> {
  const { rows } = await sql<{ id: string }>`update activityparty as t set ${stamp(write)},
      candidates = (select jsonb_agg(distinct e) from jsonb_array_elements(replace(t.candidates::text, ${from.id}, ${to.id})::jsonb) as e
        where e ->> 'id' is distinct from t.partyid::text)
    where t.candidates is not null and position(${from.id} in t.candidates::text) > 0
    returning t.activitypartyid as id`.execute(write.tx)
  await note(
    write,
    'update',
    rows.map(({ id }) => ({ tablename: 'activityparty', id, columns: ['candidates'] })),
  )
}

/** Whoever could see the merged record by sharing sees the target with the rights of both. */
async function moveShares(write: Write, { from, to }: Merge): Promise<void> {
  const { rows: added } = await sql<{ id: string }>`update principalobjectaccess as p
    set accessrightsmask = p.accessrightsmask | o.accessrightsmask, ${stamp(write)}
    from principalobjectaccess as o where o.objectid = ${from.id}::uuid and p.objectid = ${to.id}::uuid
      and o.principalid = p.principalid returning p.principalobjectaccessid as id`.execute(write.tx)
  const { rows: gone } = await sql<{ id: string }>`delete from principalobjectaccess as o
    where o.objectid = ${from.id}::uuid and exists (select 1 from principalobjectaccess as p
      where p.objectid = ${to.id}::uuid and p.principalid = o.principalid)
    returning o.principalobjectaccessid as id`.execute(write.tx)
  const { rows: moved } = await sql<{ id: string }>`update principalobjectaccess as p set objectid = ${to.id}::uuid,
    ${stamp(write)} where p.objectid = ${from.id}::uuid returning p.principalobjectaccessid as id`.execute(write.tx)
  await note(write, 'update', [...shares(added, ['accessrightsmask']), ...shares(moved, ['objectid'])])
  await note(write, 'delete', shares(gone, []))
}

const shares = (rows: readonly { id: string }[], columns: string[]) =>
  rows.map(({ id }) => ({ tablename: 'principalobjectaccess', id, columns }))

async function note(
  write: Write,
  kind: RowsChanged['kind'],
  rows: readonly { tablename: string; id: string; columns: string[] }[],
): Promise<void> {
  const { principal } = write.context
  const changes = [...groupBy(rows, (row) => row.tablename)].map(
    ([table, group]): RowsChanged => ({
      table,
      kind,
      principal,
      rows: group.map(({ id, columns }) => ({ id, columns })),
    }),
  )
  await appendChanges(write.tx, changes, write.now)
  for (const change of changes) await react(write, change)
}
