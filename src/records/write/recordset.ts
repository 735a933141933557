import { type RawBuilder, sql } from 'kysely'
import type { Stored } from './values.ts'

/**
 * Rows as a relation of the statement, `<alias>(column type, …)`, carried by one JSON parameter: so a bulk write is one
 * statement whatever its size, and the statement's text depends on the columns only.
 */
export function recordset(
  rows: readonly Stored[],
  columns: readonly { name: string; type: string }[],
  alias: string,
): RawBuilder<unknown> {
  const list = columns.map((column) => sql`${sql.id(column.name)} ${sql.raw(column.type)}`)
  return sql`json_to_recordset(${JSON.stringify(rows)}::text::json) as ${sql.id(alias)}(${sql.join(list)})`
}
