import type { RecordError } from '../access.ts'
import type { Value } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { invalid } from './limits.ts'
import { type Day, dayAt, instantAtWall, parseDay, printDay } from './zone.ts'

/** The SQL type of each type of column that can be compared. */
export const SQL_TYPES: Partial<Record<ColumnType, string>> = {
  text: 'text',
  memo: 'text',
  integer: 'integer',
  choice: 'integer',
  choices: 'integer',
  bigint: 'bigint',
  decimal: 'numeric',
  money: 'numeric',
  boolean: 'boolean',
  datetime: 'timestamptz',
  date: 'date',
  lookup: 'uuid',
  id: 'uuid',
}

const UUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i
const WHOLE = /^[+-]?\d{1,18}$/
const NUMBER = /^[+-]?\d{1,40}(\.\d{1,40})?(e[+-]?\d{1,2})?$/i
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}:?\d{2})?)?$/i

/**
 * A value in the text form of a column's SQL type. Text that says a time without an offset is a time of the user's zone.
 * @throws RecordError `QueryInvalid` naming column and value.
 */
export function coerce(value: Value, type: ColumnType, column: string, timeZone: string): string {
  const text = typeof value === 'string' ? value.trim() : value === null ? '' : String(value)
  switch (type) {
    case 'text':
    case 'memo':
      if (value === null || value instanceof Date) throw wrong(value, 'text', column)
      return String(value)
    case 'integer':
    case 'choice':
    case 'choices':
      if (!WHOLE.test(text) || Math.abs(Number(text)) > 2_147_483_647) throw wrong(value, 'a whole number', column)
      return text
    case 'bigint':
      if (!WHOLE.test(text)) throw wrong(value, 'a whole number', column)
      return text
    case 'decimal':
    case 'money':
      if (typeof value === 'boolean' || !NUMBER.test(text)) throw wrong(value, 'a number', column)
      return text
    case 'boolean':
      if (text === 'true' || text === '1') return 'true'
      if (text === 'false' || text === '0') return 'false'
      throw wrong(value, 'true or false', column)
    case 'id':
    case 'lookup': {
      const id = UUID.exec(text)?.[1]
      if (!id) throw wrong(value, 'an id (UUID)', column)
      return id.toLowerCase()
    }
    case 'datetime':
      return instantFrom(value, column, timeZone).toISOString()
    case 'date':
      return printDay(dayFrom(value, column, 'UTC'))
    case 'json':
    case 'secret':
      throw invalid(`the column ${column} cannot be compared`, { column })
  }
}

/** The day that a value means: of a point in time, the day in the zone. */
export function dayFrom(value: Value, column: string, timeZone: string): Day {
  if (value instanceof Date) return dayAt(instantFrom(value, column, timeZone), timeZone)
  const match = typeof value === 'string' ? TIME.exec(value.trim()) : undefined
  const day = match && parseDay(match[1] as string)
  if (!match || !day) throw wrong(value, 'a date', column)
  return match[3] ? dayAt(instantFrom(value, column, timeZone), timeZone) : day
}

function instantFrom(value: Value, column: string, timeZone: string): Date {
  if (value instanceof Date) return inRange(value, value, column)
  const match = typeof value === 'string' ? TIME.exec(value.trim()) : undefined
  const [, date = '', time = '00:00', offset] = match ?? []
  if (!parseDay(date)) throw wrong(value, 'a date and time', column)
  const wall = new Date(`${date}T${time}Z`)
  if (Number.isNaN(wall.getTime())) throw wrong(value, 'a date and time', column)
  if (!offset) return inRange(instantAtWall(wall, timeZone), value, column)
  return inRange(new Date(wall.getTime() - offsetOf(offset)), value, column)
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2))
  return (text.startsWith('-') ? -minutes : minutes) * 60_000
}

function inRange(date: Date, value: Value, column: string): Date {
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw wrong(value, 'a time of the years 1 to 9999', column)
  return date
}

function wrong(value: Value, wanted: string, column: string): RecordError {
  const shown = value instanceof Date ? 'a date' : JSON.stringify(value).slice(0, 100)
  return invalid(`the column ${column} is compared with ${shown}; it takes ${wanted}`, { column })
}
