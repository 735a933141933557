import type { Catalogue, Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'

/** How much a hit in a column says, by the letters of PostgreSQL's weights: name, address, other text, long text. */
export type Weight = 'A' | 'B' | 'C' | 'D'

/** A column by which records are found. */
export interface SearchedColumn {
  column: ColumnDefinition
  weight: Weight
}

/** The tables whose records are found by search. */
export const searchedTables = (catalogue: Catalogue): Table[] => catalogue.tables.filter(isSearched)

const isSearched = (table: Table): boolean =>
  !table.view &&
  (table.search ?? (table.hasActivities || table.activity || table.custom) === true) &&
  searchedColumns(table).length > 0

/** The text columns of a table, but those that are not for people, and those that a searched name is joined of. */
export function searchedColumns(table: Table): SearchedColumn[] {
  const joins = new Set(table.byName.get(table.primaryName)?.joins)
  return table.columns
    .filter(({ type, name, search }) => (type === 'text' || type === 'memo') && search !== false && !joins.has(name))
    .map((column) => ({ column, weight: weightOf(table, column) }))
}

function weightOf(table: Table, column: ColumnDefinition): Weight {
  if (column.name === table.primaryName || column.name === 'subject') return 'A'
  if (column.format || ADDRESSES.has(column.name)) return 'B'
  return column.type === 'memo' ? 'D' : 'C'
}

/** Columns that hold addresses without being of their format. */
const ADDRESSES: ReadonlySet<string> = new Set(['sender', 'torecipients'])
