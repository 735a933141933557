import type { ColumnDefinition, Row } from '#records'

/** What stands in a cell of a table for people. */
export type Cell = string | number | boolean | Date | null

/** A row's value as people read it, and as an import reads it again: choices by their label. */
export function cellOf(column: ColumnDefinition, row: Row): Cell {
  const value = row[column.name] ?? null
  if (value === null) return null
  if (column.type === 'choice') return column.options?.[Number(value)] ?? value
  if (column.type === 'choices')
    return String(value)
      .split(',')
      .map((code) => column.options?.[Number(code)] ?? code)
      .join('; ')
  return value
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe before it, which spreadsheets show as text (OWASP,
 * CSV injection). `readable` takes it off again.
 */
export const harmless = (text: string): string => (FORMULA.test(text) ? `'${text}` : text)
export const readable = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text

const FORMULA = /^[=+\-@\t\r]/

export function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (cell instanceof Date) return cell.toISOString()
  return typeof cell === 'string' ? harmless(cell) : String(cell)
}
