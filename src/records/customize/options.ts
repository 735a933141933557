import { sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError } from '../access.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'

/**
 * Options go only when no row holds them. Who would write one of them now waits, and is refused afterwards.
 * @throws RecordError `ValidationFailed` naming option and column.
 */
export async function refuseHeldOptions(tx: Executor, before: Catalogue, after: Catalogue): Promise<void> {
  for (const table of after.tables.filter(({ view }) => !view))
    for (const column of table.columns) {
      const codes = goneFrom(before.find(table.name)?.byName.get(column.name), column)
      if (codes.length > 0) await refuseHeld(tx, table, column, codes)
    }
}

function goneFrom(was: ColumnDefinition | undefined, { options }: ColumnDefinition): number[] {
  if (was?.options === options) return []
  return Object.keys(was?.options ?? {})
    .map(Number)
    .filter((code) => options?.[code] === undefined)
}

async function refuseHeld(tx: Executor, table: Table, column: ColumnDefinition, codes: number[]): Promise<void> {
  const at = { table: table.name, column: column.name }
  const kept = codes.find((code) => column.default === code)
  if (kept !== undefined)
    throw new RecordError('ValidationFailed', `New rows of "${table.name}" hold the option ${kept} by default.`, at)
  const several = column.type === 'choices'
  const held = several
    ? sql`${sql.ref(column.name)} && ${codes}::int[]`
    : sql`${sql.ref(column.name)} = any(${codes}::int[])`
  await sql`lock table ${sql.table(table.name)} in share row exclusive mode`.execute(tx)
  const { rows } = await sql`select 1 from ${sql.table(table.name)} where ${held} limit 1`.execute(tx)
  if (rows.length === 0) return
  throw new RecordError(
    'ValidationFailed',
    `Rows of "${table.name}" hold ${codes.length > 1 ? 'one of the options' : 'the option'} ${codes.join(', ')} in "${column.name}". Change those rows first.`,
    at,
  )
}
