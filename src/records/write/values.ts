import { RecordError, type Reference, type Values } from '../access.ts'
import type { Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'

/** A value as it goes into the database, by SQL column name. */
export type Stored = Record<string, unknown>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const DAY = /^\d{4}-\d{2}-\d{2}$/
const INT32 = 2_147_483_647
/** Bytes of an indexed text; PostgreSQL refuses index entries of more than 2,704. */
const INDEXED_BYTES = 2_600

export const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value)

/**
 * Checks one value against its column and puts what is stored of it into a row. Text loses NUL characters and gets lone
 * surrogates replaced, since no database text can hold them.
 * @throws RecordError `ValueInvalid`, `ValueTooLong` or `ColumnUnknown`, naming table, column and limit.
 */
export function storeValue(row: Stored, table: Table, column: ColumnDefinition, value: Values[string]): void {
  if (column.type === 'lookup') storeReference(row, table, column, value)
  else if (value === null || value === undefined || value === '') row[column.name] = null
  else row[column.name] = storeScalar(table, column, value)
}

function storeScalar(
  table: Table,
  column: ColumnDefinition,
  value: Exclude<Values[string], null | undefined>,
): unknown {
  const bad = (wanted: string): never => invalid(table, column, `takes ${wanted}, not ${shown(value)}`)
  switch (column.type) {
    case 'text':
    case 'memo':
    case 'secret':
      return typeof value === 'string' ? storeText(table, column, value) : bad('text')
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= INT32 + (value < 0 ? 1 : 0)
        ? within(table, column, value)
        : bad('a whole number of 32 bits')
    case 'bigint':
      return typeof value === 'number' && Number.isSafeInteger(value)
        ? within(table, column, value)
        : bad('a whole number')
    case 'decimal':
    case 'money':
      return typeof value === 'number' && Number.isFinite(value) ? within(table, column, value) : bad('a number')
    case 'boolean':
      return typeof value === 'boolean' ? value : bad('true or false')
    case 'datetime':
      return storeInstant(value) ?? bad('a date and time')
    case 'date':
      return storeDay(value) ?? bad('a date (YYYY-MM-DD)')
    case 'choice':
      return typeof value === 'number' && column.options?.[value] !== undefined
        ? value
        : bad(`one of ${optionList(column)}`)
    case 'choices':
      return storeChoices(column, value) ?? bad(`numbers among ${optionList(column)}, separated by commas`)
    case 'id':
      return isId(value) ? value.toLowerCase() : bad('an id (UUID)')
    case 'json':
      return typeof value === 'string' ? parseJson(value, () => bad('JSON text')) : bad('JSON text')
    case 'lookup':
      return bad('a reference')
  }
}

function storeText(table: Table, column: ColumnDefinition, value: string): string {
  const clean = storable(value)
  if (column.max !== undefined && clean.length > column.max)
    throw new RecordError(
      'ValueTooLong',
      `"${table.name}.${column.name}" holds at most ${column.max} characters; the value has ${clean.length}.`,
      { table: table.name, column: column.name },
    )
  if (clean.length * 3 > INDEXED_BYTES && isIndexed(table, column) && Buffer.byteLength(clean) > INDEXED_BYTES)
    throw new RecordError(
      'ValueTooLong',
      `"${table.name}.${column.name}" is searched by and holds at most ${INDEXED_BYTES} bytes in UTF-8.`,
      { table: table.name, column: column.name },
    )
  return clean
}

const storable = (text: string) => (text.includes('\0') ? text.replaceAll('\0', '') : text).toWellFormed()

function isIndexed(table: Table, column: ColumnDefinition): boolean {
  const lists = [...(table.indexes ?? []), ...(table.keys ?? []).map((key) => key.columns)]
  return lists.some((columns) => columns.includes(column.name))
}

function within(table: Table, column: ColumnDefinition, value: number): number {
  const { min = -Infinity, maxValue = Infinity } = column
  if (value < min || value > maxValue) invalid(table, column, `takes ${min} to ${maxValue}, not ${value}`)
  return value
}

function storeInstant(value: unknown): string | undefined {
  const date =
    value instanceof Date ? value : typeof value === 'string' && /^\d{4}-.*T/.test(value) ? new Date(value) : undefined
  return date && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined
}

function storeDay(value: unknown): string | undefined {
  const day = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString().slice(0, 10) : value
  if (typeof day !== 'string' || !DAY.test(day)) return undefined
  const parsed = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day) ? day : undefined
}

/** Several choices are written as the Web API writes them: `"1,3"`. A column without options takes any number. */
function storeChoices(column: ColumnDefinition, value: unknown): number[] | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const numbers = String(value).split(',').map(Number)
  const open = Object.keys(column.options ?? {}).length === 0
  const known = (number: number) =>
    Number.isInteger(number) && Math.abs(number) <= INT32 && (open || column.options?.[number] !== undefined)
  return numbers.every(known) ? [...new Set(numbers)] : undefined
}

function storeReference(row: Stored, table: Table, column: ColumnDefinition, value: Values[string]): void {
  const targets = column.targets ?? []
  const reference = asReference(table, column, value)
  if (reference && !targets.includes(reference.table))
    invalid(table, column, `points to ${targets.join(', ')}, not to "${reference.table}"`)
  row[column.name] = reference?.id.toLowerCase() ?? null
  if (targets.length > 1) row[`${column.name}_table`] = reference?.table ?? null
}

/** A reference, or the bare id where there is only one table it can mean. */
function asReference(table: Table, column: ColumnDefinition, value: Values[string]): Reference | undefined {
  if (value === null || value === undefined || value === '') return undefined
  const [only, ...others] = column.targets ?? []
  if (isId(value) && only !== undefined && others.length === 0) return { table: only, id: value.toLowerCase() }
  if (typeof value === 'object' && 'table' in value && isId(value.id))
    return { table: value.table, id: value.id.toLowerCase() }
  return invalid(table, column, `takes a reference (table and id), not ${shown(value)}`)
}

function parseJson(text: string, fail: () => never): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? storable(value) : value))
  } catch {
    return fail()
  }
}

function optionList(column: ColumnDefinition): string {
  const options = Object.entries(column.options ?? {}).slice(0, 12)
  return options.map(([code, label]) => `${code} (${label})`).join(', ')
}

function shown(value: unknown): string {
  const text = value instanceof Date ? 'a date' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function invalid(table: Table, column: ColumnDefinition, what: string): never {
  throw new RecordError('ValueInvalid', `"${table.name}.${column.name}" ${what}.`, {
    table: table.name,
    column: column.name,
  })
}
