import { type RawBuilder, sql } from 'kysely'
import { arrayLiteral } from './array-literal.ts'
import { bytesArray, textArray } from './array-parameter.ts'

/** A column and its SQL type as in DDL, e.g. `{ name: 'createdon', type: 'timestamptz' }`. */
export interface RowsetColumn {
  name: string
  type: string
  /** Rows of one statement mostly agree in it; where they do in every such column, each of these travels as one value. */
  even?: boolean
}

/**
 * Rows as a relation of the statement, `<alias>(column, …)`, carried by one array for each column: so a bulk write is one
 * statement whatever its size, and the statement's text depends on the columns only. Values are as elsewhere: `Date`,
 * numbers, bigints, text, bytes, arrays for array types, anything for json and jsonb; `undefined` is null.
 */
export function rowset(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns: readonly RowsetColumn[],
  alias: string,
): RawBuilder<unknown> {
  const isEven = agree(
    rows,
    columns.filter((column) => column.even),
  )
  const varying = isEven ? columns.filter((column) => !column.even) : columns
  const arrays = varying.map(({ name, type }) =>
    type === 'bytea'
      ? sql`${bytesArray(rows.map((row) => row[name] as Uint8Array | undefined))}::bytea[]`
      : sql`${textArray(rows.map((row) => textOf(row[name], type)))}::text[]`,
  )
  const names = sql.join(varying.map((column) => sql.id(column.name)))
  const values = sql.join(
    columns.map(({ name, type, even }) => {
      const value = isEven && even ? sql`${textOf(rows[0]?.[name], type) ?? null}` : sql.id(name)
      return sql`${value}::${sql.raw(type)} as ${sql.id(name)}`
    }),
  )
  return sql`(select ${values} from unnest(${sql.join(arrays)}) as u(${names})) as ${sql.id(alias)}`
}

function agree(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly RowsetColumn[]): boolean {
  const [first, ...others] = rows
  return first !== undefined && columns.every(({ name }) => others.every((row) => row[name] === first[name]))
}

/** A value as PostgreSQL reads it from text; undefined for null. */
function textOf(value: unknown, type: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (type === 'json' || type === 'jsonb') return JSON.stringify(value)
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) {
    const element = type.replace(/\[\]$/, '')
    return arrayLiteral(value.map((item) => textOf(item, element)))
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  throw new Error(`A value for ${type} is of type ${typeof value}, which only json and jsonb take.`)
}
