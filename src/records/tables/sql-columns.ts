import { isPolymorphic } from './catalogue.ts'
import type { ColumnDefinition, ColumnType } from './definition.ts'

/** How declared columns stand in the database: their SQL types. */

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

const sqlType = (column: ColumnDefinition): string => SQL_TYPES[column.type]

/** The SQL columns of a declared column: `<name>`, and `<name>_table` of a polymorphic lookup. */
export function storedColumns(column: ColumnDefinition): { name: string; type: string }[] {
  const own = { name: column.name, type: sqlType(column) }
  return isPolymorphic(column) ? [own, { name: `${column.name}_table`, type: 'text' }] : [own]
}
