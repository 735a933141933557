import { type RawBuilder, sql } from 'kysely'
import type { Value } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import type { Field } from './source.ts'

type Reading = { sql: (field: RawBuilder<unknown>) => RawBuilder<unknown>; value: (found: unknown) => Value }

const number: Reading = { sql: (field) => sql`cast(${field} as text)`, value: Number }

/** Types that the drivers of the two engines would give back unlike. */
const READINGS: Partial<Record<ColumnType, Reading>> = {
  bigint: number,
  decimal: number,
  money: number,
  datetime: { sql: (field) => field, value: (found) => (found instanceof Date ? found : new Date(String(found))) },
  date: { sql: (field) => sql`to_char(${field}, 'YYYY-MM-DD')`, value: String },
  json: { sql: (field) => sql`cast(${field} as text)`, value: String },
  choices: { sql: (field) => sql`array_to_string(${field}, ',')`, value: String },
}

/** A field as it is selected. What may not be read is null. */
export function readSql(field: Field): RawBuilder<unknown> {
  if (!field.readable) return sql`cast(null as text)`
  return READINGS[field.type]?.sql(field.sql) ?? field.sql
}

/** The value of what `readSql` selected. Days are text such as `2026-01-05`, several choices `1,2`, JSON its text. */
export function readValue(found: unknown, field: Field): Value {
  if (found === null || found === undefined) return null
  return READINGS[field.type]?.value(found) ?? (found as Value)
}
