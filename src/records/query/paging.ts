import { createHash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { Query } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { coerce, SQL_TYPES } from './coerce.ts'
import { invalid } from './limits.ts'
import { all } from './source.ts'

/** One part of the order of rows. All parts together are unique, so that a position between two rows is exact. */
export interface Key {
  type: ColumnType
  sql: RawBuilder<unknown>
  descending: boolean
  /** Null comes before all values, and last when descending. */
  nullable: boolean
}

const VERSION = 1
const TOKEN = /^[A-Za-z0-9_-]{1,65536}$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

/**
 * A position in the rows of a query: the keys of the last row, and a digest of the question so that it fits no other.
 * It holds nothing that the reader could not have read, and a forged one reads nothing that the reader may not:
 * therefore it is checked strictly, and not signed.
 */
export function printToken(query: Query, keys: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify([VERSION, digest(query), ...keys])).toString('base64url')
}

/** The keys of a position. @throws RecordError `QueryInvalid` when it is not a position of this query. */
export function parseToken(query: Query, token: string, keys: readonly Key[]): (string | null)[] {
  const [version, question, ...values] = decode(token)
  if (version !== VERSION || question !== digest(query) || values.length !== keys.length) throw notOfThisQuery()
  return keys.map((key, index) => {
    const value = values[index]
    if (value === null && key.nullable) return null
    if (typeof value !== 'string' || value.includes('\0')) throw notOfThisQuery()
    if (key.type === 'datetime') {
      // Kept as it is: a Date would lose the microseconds.
      if (!INSTANT.test(value) || Number.isNaN(Date.parse(value))) throw notOfThisQuery()
      return value
    }
    return coerce(value, key.type, 'after', 'UTC')
  })
}

/** A key as text that loses nothing. */
export function keyText(key: Key, reference: RawBuilder<unknown>): RawBuilder<unknown> {
  if (key.type === 'datetime') {
    return sql`to_char(${reference} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  }
  return key.type === 'date' ? sql`to_char(${reference}, 'YYYY-MM-DD')` : sql`cast(${reference} as text)`
}

export function orderBy(keys: readonly Key[], reference: (index: number) => RawBuilder<unknown>): RawBuilder<unknown> {
  const parts = keys.map((key, index) => {
    const direction = key.descending ? sql` desc` : sql``
    const nulls = key.nullable ? (key.descending ? sql` nulls last` : sql` nulls first`) : sql``
    return sql`${reference(index)}${direction}${nulls}`
  })
  return sql.join(parts, sql`, `)
}

/** Where a position has a value, and where null: what the text of its statement depends on. */
export function formOf(token: string): string {
  return decode(token)
    .map((value) => (value === null ? '-' : '+'))
    .join('')
}

/** The rows that come after a position: of each key null, or a parameter. */
export function isAfter(keys: readonly Key[], values: readonly (RawBuilder<unknown> | null)[]): RawBuilder<unknown> {
  const [key, ...rest] = keys
  if (!key) return sql`false`
  const value = values[0] ?? null
  const later = isLater(key, value)
  if (rest.length === 0) return later
  const same = value === null ? sql`${key.sql} is null` : sql`${key.sql} = ${typed(key, value)}`
  const tie = sql`(${later}) or ((${same}) and (${isAfter(rest, values.slice(1))}))`
  // Says the same of the first key alone, so that an index on it can find the place.
  return value !== null && !key.descending ? all([sql`${key.sql} >= ${typed(key, value)}`, tie]) : tie
}

function isLater(key: Key, value: RawBuilder<unknown> | null): RawBuilder<unknown> {
  if (value === null) return key.descending ? sql`false` : sql`${key.sql} is not null`
  const beyond = sql`${key.sql} ${sql.raw(key.descending ? '<' : '>')} ${typed(key, value)}`
  return key.descending && key.nullable ? sql`${beyond} or ${key.sql} is null` : beyond
}

function typed(key: Key, value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`cast(${value} as ${sql.raw(SQL_TYPES[key.type] ?? 'text')})`
}

function decode(token: string): unknown[] {
  if (!TOKEN.test(token)) throw notOfThisQuery()
  try {
    const found: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    return Array.isArray(found) ? found : []
  } catch {
    throw notOfThisQuery()
  }
}

function notOfThisQuery() {
  return invalid('the position to continue after does not belong to it; start from the first page')
}

/** What decides which rows there are and in which order. */
function digest({ table, filter, links, order, distinct }: Query): string {
  const text = JSON.stringify([table, filter, links, order, distinct === true], (_name, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}
