import { type RawBuilder, sql } from 'kysely'
import type { Executor } from './database.ts'

/** A column and its SQL type as in DDL, e.g. `{ name: 'createdon', type: 'timestamptz' }`. */
export interface BulkColumn {
  name: string
  type: string
}

/** Rows per statement: beyond it a statement's memory grows and nothing is won. */
const ROWS = 1000

/**
 * Inserts rows (arrays of values in the order of `columns`) with one statement per thousand of them, all as one
 * parameter. Values are as elsewhere: `Date`, numbers, bigints, text, bytes, plain objects for json; `undefined` is null.
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
  const fields = sql.join(columns.map((column, index) => sql`${sql.id(`c${index}`)} ${sql.raw(column.type)}`))
  const values = sql.join(columns.map((_, index) => sql.ref(`r.c${index}`)))
  let inserted = 0
  for (let at = 0; at < rows.length; at += ROWS) {
    const json = JSON.stringify(rows.slice(at, at + ROWS).map(rowObject))
    const result = await sql`insert into ${sql.table(table)} (${names})
      select ${values} from json_to_recordset(${json}::json) as r(${fields}) ${onConflict}`.execute(executor)
    inserted += Number(result.numAffectedRows ?? 0n)
  }
  return inserted
}

function rowObject(row: readonly unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (let index = 0; index < row.length; index++) object[`c${index}`] = jsonValue(row[index])
  return object
}

function jsonValue(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return value
}
