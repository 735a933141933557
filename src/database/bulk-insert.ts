import { type RawBuilder, sql } from 'kysely'
import { arrayLiteral } from './array-literal.ts'
import type { Executor } from './database.ts'

/** A column and its SQL type as in DDL, e.g. `{ name: 'createdon', type: 'timestamptz' }`. */
export interface BulkColumn {
  name: string
  type: string
}

/** Rows per statement: beyond it a statement's memory grows and nothing is won. */
const ROWS = 1000

/**
 * Inserts rows (arrays of values in the order of `columns`), a thousand per statement: one array parameter per column,
 * which both engines take faster than a list of VALUES or JSON. Values are as elsewhere: `Date`, numbers,
 * bigints, text, bytes, arrays for array types, anything for json and jsonb; `undefined` is null.
 * @param onConflict e.g. sql`on conflict (id) do nothing`.
 * @returns how many rows were inserted or, on conflict, updated.
 */
export async function bulkInsert(
  executor: Executor,
  table: string,
  columns: readonly BulkColumn[],
  rows: readonly (readonly unknown[])[],
  onConflict: RawBuilder<unknown> = sql``,
): Promise<number> {
  const names = sql.join(columns.map((column) => sql.id(column.name)))
  const values = sql.join(columns.map(({ type }, index) => sql`${sql.ref(`c${index}`)}::${sql.raw(type)}`))
  const aliases = sql.join(columns.map((_, index) => sql.id(`c${index}`)))
  let inserted = 0
  for (let at = 0; at < rows.length; at += ROWS) {
    const some = rows.slice(at, at + ROWS)
    const arrays = columns.map(({ type }, index) => arrayLiteral(some.map((row) => valueText(row[index], type))))
    // Elements of an array type travel as text: unnest would flatten arrays of arrays.
    const parameters = arrays.map((array, index) => sql`${array}::${sql.raw(elementType(columns[index]?.type))}[]`)
    const result = await sql`insert into ${sql.table(table)} (${names})
      select ${values} from unnest(${sql.join(parameters)}) as r(${aliases}) ${onConflict}`.execute(executor)
    inserted += Number(result.numAffectedRows ?? 0n)
  }
  return inserted
}

function elementType(type = 'text'): string {
  return type.endsWith('[]') ? 'text' : type
}

/** A value as PostgreSQL reads it from text; undefined for null. */
function valueText(value: unknown, type: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (type === 'json' || type === 'jsonb') return JSON.stringify(value)
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) {
    const element = type.replace(/\[\]$/, '')
    return arrayLiteral(value.map((item) => valueText(item, element)))
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  throw new Error(`A value for ${type} is of type ${typeof value}, which only json and jsonb take.`)
}
