import type { ColumnDefinition, Table } from '#records'

/** Which column of the table each column of a file fills; null for none. */
export type Mapping = Readonly<Record<string, string | null>>

/** Added to the rows that could not be imported; an import passes over it. */
export const ERROR_COLUMN = 'import_error'

/** By the names and labels of columns, without regard to case, blanks and signs. */
export function mappingFor(table: Table, headings: readonly string[], given: Mapping = {}): Mapping {
  const byName = new Map<string, ColumnDefinition>()
  for (const column of table.columns) {
    if (column.label && !byName.has(plain(column.label))) byName.set(plain(column.label), column)
  }
  for (const column of table.columns) byName.set(plain(column.name), column)
  return Object.fromEntries(
    headings.map((heading) => {
      const chosen = given[heading]
      return [heading, chosen === undefined ? (byName.get(plain(heading))?.name ?? null) : chosen]
    }),
  )
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
