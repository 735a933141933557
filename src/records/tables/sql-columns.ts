import { type RawBuilder, sql } from 'kysely'
import { isPolymorphic, type Table } from './catalogue.ts'
import type { ColumnDefinition, ColumnType } from './definition.ts'

/** How declared columns stand in the database: their SQL types, and how they are read the same from both engines. */

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  memo: 'text',
  integer: 'integer',
  bigint: 'bigint',
  decimal: 'numeric',
  money: 'numeric(23,4)',
  boolean: 'boolean',
  datetime: 'timestamptz',
  date: 'date',
  choice: 'integer',
  choices: 'integer[]',
  lookup: 'uuid',
  id: 'uuid',
  json: 'jsonb',
  secret: 'text',
}

export const sqlType = (column: ColumnDefinition): string => SQL_TYPES[column.type]

/** The SQL columns of a declared column: `<name>`, and `<name>_table` of a polymorphic lookup. */
export function storedColumns(column: ColumnDefinition): { name: string; type: string }[] {
  const own = { name: column.name, type: sqlType(column) }
  return isPolymorphic(column) ? [own, { name: `${column.name}_table`, type: 'text' }] : [own]
}

/**
 * An expression that yields the column's `Value` from either engine: dates as `YYYY-MM-DD`, numbers as numbers, json as
 * its text, several choices as `1,3`, secrets as null (MB-20).
 */
export function readExpression(column: ColumnDefinition, alias: string): RawBuilder<unknown> {
  const ref = sql.ref(`${alias}.${column.name}`)
  switch (column.type) {
    case 'date':
    case 'json':
      return sql`${ref}::text`
    case 'bigint':
    case 'decimal':
    case 'money':
      return sql`${ref}::float8`
    case 'choices':
      return sql`array_to_string(${ref}, ',')`
    case 'secret':
      return sql`null::text`
    case 'text':
    case 'memo':
    case 'integer':
    case 'boolean':
    case 'datetime':
    case 'choice':
    case 'lookup':
    case 'id':
      return sql`${ref}`
  }
}

/** The table that a lookup points to: stored when there are several, known when there is one. */
export function readTarget(column: ColumnDefinition, alias: string): RawBuilder<unknown> {
  if (isPolymorphic(column)) return sql`${sql.ref(`${alias}.${column.name}_table`)}`
  const only = sql.lit(column.targets?.[0] ?? null)
  return sql`case when ${sql.ref(`${alias}.${column.name}`)} is not null then ${only} end`
}

/** `<expression> as <name>` for every column asked for; a lookup yields its `_table` too. */
export function selectList(table: Table, names: readonly string[], alias: string): RawBuilder<unknown> {
  const parts = names.flatMap((name) => {
    const column = table.byName.get(name)
    if (!column) return []
    const own = sql`${readExpression(column, alias)} as ${sql.id(name)}`
    return column.type === 'lookup' ? [own, sql`${readTarget(column, alias)} as ${sql.id(`${name}_table`)}`] : [own]
  })
  return sql.join(parts)
}
