import { sql } from 'kysely'
import { RecordError } from '../access.ts'
import { ROLES, ROOT_BUSINESS_UNIT } from '../security/ids.ts'
import { idArray } from '../security/predicate.ts'
import type { Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import type { Write } from './write.ts'

const FIXED: ReadonlySet<string> = new Set([ROOT_BUSINESS_UNIT, ...Object.values(ROLES)])

/**
 * Whether rows may be deleted at all. Users are disabled, never deleted, since what they did names them; standard roles
 * stay; a record that others must point to stays as long as they do.
 * @throws RecordError `ValidationFailed` saying what stands in the way.
 */
export async function checkDeletable(write: Write, table: Table, ids: readonly string[]): Promise<void> {
  if (table.name === 'systemuser') refuse(table, 'A user cannot be deleted; disable the user instead.')
  if (ids.some((id) => FIXED.has(id)))
    refuse(table, `This ${table.label} belongs to every installation and cannot be deleted.`)
  const inTheWay = write.catalogue
    .referencesTo(table.name)
    .flatMap(({ table: other, columns }) =>
      columns.filter((column) => staysFor(other, column)).map((column) => ({ other, column })),
    )
  if (inTheWay.length === 0) return
  const checks = inTheWay.map(
    ({ other, column }) => sql`case when exists (select 1 from ${sql.table(other.name)}
      where ${sql.id(column.name)} = any(${idArray(ids)})) then ${sql.lit(`${other.label} (${column.name})`)} end`,
  )
  const { rows } = await sql<{ blocking: string[] }>`
    select array_remove(array[${sql.join(checks)}]::text[], null) as blocking`.execute(write.tx)
  const blocking = rows[0]?.blocking ?? []
  if (blocking.length > 0)
    refuse(table, `The ${table.label} is still needed by: ${blocking.join(', ')}. Point those to another one first.`)
}

/** A business unit stays as long as there are any below it. */
const staysFor = (table: Table, column: ColumnDefinition): boolean =>
  column.name === 'parentbusinessunitid' ||
  column.restricts === true ||
  (column.required === true &&
    column.goesAlong !== true &&
    (table.ownership === 'user' || table.ownership === 'business'))

function refuse(table: Table, message: string): never {
  throw new RecordError('ValidationFailed', message, { table: table.name })
}
