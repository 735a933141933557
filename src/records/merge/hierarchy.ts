import { sql } from 'kysely'
import type { Reference } from '../access.ts'
import { isPolymorphic, type Table } from '../tables/catalogue.ts'
import { updateRows } from '../write/update.ts'
import type { Write } from '../write/write.ts'

const DEEPEST = 100

/**
 * Where the merged record stands above the target (parent account, parent case), the target takes its place: it gets the
 * parent of the merged one, so that it never becomes its own ancestor (DU-23).
 */
export async function takePlace(
  write: Write,
  table: Table,
  { from, to }: { from: Reference; to: Reference },
): Promise<void> {
  const own = table.columns.filter(
    ({ name, type, targets }) => type === 'lookup' && name !== 'masterid' && targets?.includes(table.name),
  )
  for (const column of own) {
    const parent = sql.ref(`t.${column.name}`)
    const id = sql.ref(`t.${table.id}`)
    const { rows } = await sql<{ above: boolean; id: string | null; of: string | null }>`
      with recursive ancestor (id, depth) as (
        select ${parent}, 1 from ${sql.table(table.name)} as t where ${id} = ${to.id}::uuid
        union
        select ${parent}, depth + 1 from ancestor a join ${sql.table(table.name)} as t on ${id} = a.id where depth < ${DEEPEST})
      select exists (select 1 from ancestor where id = ${from.id}::uuid) as above, ${parent} as id,
        ${isPolymorphic(column) ? sql.ref(`t.${column.name}_table`) : sql.lit(table.name)} as of
      from ${sql.table(table.name)} as t where ${id} = ${from.id}::uuid`.execute(write.tx)
    const [found] = rows
    if (!found?.above) continue
    const next = found.id !== null && found.of !== null && found.id !== to.id ? { table: found.of, id: found.id } : null
    await updateRows(write, table, [{ [table.id]: to.id, [column.name]: next }])
  }
}
