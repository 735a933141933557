import { RecordError } from '../../access.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import { columnNamed } from './navigation.ts'

/** The columns that `$select` names; undefined for all of them. */
export function parseSelect(text: string, table: TableDefinition): string[] | undefined {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('*')) return undefined
  return [...new Set(names.map((name) => column(name, table, '$select')))]
}

/** @throws RecordError `ColumnUnknown` naming the option. */
export function column(name: string, table: TableDefinition, option: string): string {
  const found = columnNamed(name, table)
  if (found) return found
  const message = `The table ${table.name} has no property "${name.slice(0, 100)}" (${option})`
  throw new RecordError('ColumnUnknown', message, { table: table.name, column: name })
}
