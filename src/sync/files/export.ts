import { stringify } from 'csv-stringify/sync'
import writeExcel from 'write-excel-file/node'
import { type Access, type ColumnDefinition, type Query, RecordError, type Row, type Table } from '#records'
import type { Regarding } from '../regarding.ts'
import { type Cell, cellOf, csvCell } from './cells.ts'

const PAGE = 1000
/** A workbook is made in memory. */
const MOST_EXCEL = 50_000

/**
 * All rows of a query as the reader may see them, as CSV, page by page: nothing waits for the whole. Lookups have their
 * name beside the id. With a byte order mark, by which spreadsheets know UTF-8.
 */
export async function* exportCsv({ records }: Regarding, access: Access, query: Query): AsyncGenerator<string> {
  const columns = columnsOf(records.catalogue.table(query.table), query)
  yield `\uFEFF${stringify([headings(columns)], { record_delimiter: '\r\n' })}`
  for await (const rows of pages(access, query, columns)) {
    const lines = rows.map((row) => columns.flatMap((column) => cells(column, row)))
    yield stringify(lines, { record_delimiter: '\r\n' })
  }
}

/** The same as a workbook. @throws RecordError `QueryTooComplex` past 50,000 rows. */
export async function exportExcel({ records }: Regarding, access: Access, query: Query): Promise<Buffer> {
  const table = records.catalogue.table(query.table)
  const columns = columnsOf(table, query)
  const lines: object[][] = [headings(columns).map((value) => ({ value, fontWeight: 'bold' }))]
  for await (const rows of pages(access, query, columns)) {
    for (const row of rows) lines.push(columns.flatMap((column) => excelCells(column, row)))
    if (lines.length > MOST_EXCEL)
      throw new RecordError('QueryTooComplex', `A workbook has at most ${MOST_EXCEL} rows; export as CSV, or filter.`)
  }
  return writeExcel(lines as never, { sheet: table.label.slice(0, 31) } as never).toBuffer()
}

async function* pages(access: Access, query: Query, columns: readonly ColumnDefinition[]): AsyncGenerator<Row[]> {
  const names = columns.flatMap(({ name, type }) => (type === 'lookup' ? [name, `${name}_name`] : [name]))
  let left = query.top ?? Number.POSITIVE_INFINITY
  for (let after = query.after; left > 0; ) {
    const top = Math.min(PAGE, left)
    const page = await access.query({ ...query, columns: names, top, ...(after === undefined ? {} : { after }) })
    yield page.rows
    left -= page.rows.length
    if (page.next === undefined) return
    after = page.next
  }
}

function columnsOf(table: Table, { columns }: Query): ColumnDefinition[] {
  const wanted = columns ? new Set([table.id, ...columns]) : undefined
  return table.columns.filter(({ name, type }) => type !== 'secret' && (wanted?.has(name) ?? true))
}

const headings = (columns: readonly ColumnDefinition[]): string[] =>
  columns.flatMap(({ name, type }) => (type === 'lookup' ? [name, `${name}_name`] : [name]))

function cells(column: ColumnDefinition, row: Row): string[] {
  const own = csvCell(cellOf(column, row))
  return column.type === 'lookup' ? [own, csvCell(row[`${column.name}_name`] ?? null)] : [own]
}

/** Texts are texts: a workbook knows them from formulas. */
function excelCell(value: Cell): object {
  if (value === null) return { value: null }
  if (value instanceof Date) return { value, type: Date, format: 'yyyy-mm-dd hh:mm' }
  if (typeof value === 'number') return { value, type: Number }
  if (typeof value === 'boolean') return { value, type: Boolean }
  return { value: value.slice(0, 32_767), type: String }
}

function excelCells(column: ColumnDefinition, row: Row): object[] {
  const own = excelCell(cellOf(column, row))
  return column.type === 'lookup' ? [own, excelCell(row[`${column.name}_name`] ?? null)] : [own]
}
