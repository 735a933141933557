import { type Catalogue, type ColumnDefinition, RecordError, type Table, type Value, type Values } from '#records'
import { RequestError } from '../../failure.ts'
import { type Many, type One, relationNamed } from './relations.ts'

/** What a body of JSON wants of a row, nothing looked up yet. */
export interface Draft {
  table: Table
  values: Values
  /** Lookups by address; null for nothing. */
  binds: { relation: One; to: string | null }[]
  /** Rows to be created before, which this one then points to. */
  before: { relation: One; draft: Draft }[]
  /** Rows to be created after, which then point to this one. */
  after: { relation: Many; drafts: Draft[] }[]
  /** Rows that exist, to be tied to this one. */
  ties: { relation: Many; to: string[] }[]
}

/** Rows of one request, within each other. */
const MOST_ROWS = 1000

/**
 * Reads the properties of a row (OData v4 JSON §7, §8.5): columns, `…@odata.bind`, and rows within the row.
 * @throws RequestError, RecordError 400 naming the property.
 */
export function draftOf(body: unknown, table: Table, catalogue: Catalogue): Draft {
  let left = MOST_ROWS
  return rowOf(body, table, table.name)

  function rowOf(given: unknown, at: Table, where: string): Draft {
    if (!isObject(given)) throw invalid(where, 'is an object of JSON')
    if (--left < 0) throw new RequestError(400, 'BodyTooComplex', `One request writes at most ${MOST_ROWS} rows.`)
    const draft: Draft = { table: at, values: {}, binds: [], before: [], after: [], ties: [] }
    for (const [name, value] of Object.entries(given)) addProperty(draft, name, value)
    return draft
  }

  function addProperty(draft: Draft, name: string, value: unknown): void {
    const [property, annotation] = split(name)
    if (annotation === 'odata.bind') addBind(draft, property, value)
    else if (property === '' && annotation === 'odata.type') checkType(draft.table, value)
    // Other annotations come along when a row that was read is sent back.
    else if (annotation === undefined) addValue(draft, property, value)
  }

  function addBind(draft: Draft, name: string, value: unknown): void {
    const relation = relationNamed(name, draft.table, catalogue)
    if (!relation) throw unknown(draft.table, name)
    if (relation.kind === 'one') {
      if (value !== null && !isAddress(value)) throw invalid(name, 'is bound to the address of a row, or null')
      draft.binds.push({ relation, to: value })
    } else {
      if (!Array.isArray(value) || !value.every(isAddress)) throw invalid(name, 'is bound to a list of addresses')
      left -= value.length
      draft.ties.push({ relation, to: value })
    }
  }

  function addValue(draft: Draft, name: string, value: unknown): void {
    const column = draft.table.byName.get(name)
    if (column && column.type !== 'lookup') {
      draft.values[name] = valueOf(draft.table, column, value)
      return
    }
    const relation = relationNamed(name, draft.table, catalogue)
    if (!relation) throw unknown(draft.table, name)
    if (relation.kind === 'many') {
      if (!Array.isArray(value)) throw invalid(name, 'is a list of rows')
      draft.after.push({ relation, drafts: value.map((each) => rowOf(each, relation.table, name)) })
    } else if (value === null) draft.binds.push({ relation, to: null })
    else if (!isObject(value)) throw invalid(name, `is a lookup: set ${name}@odata.bind to the address of a row`)
    else if (relation.table === undefined) throw invalid(name, `may point to several tables: say ${name}_<table>`)
    else draft.before.push({ relation, draft: rowOf(value, catalogue.table(relation.table), name) })
  }
}

function split(name: string): [string, string?] {
  const at = name.indexOf('@')
  return at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)]
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isAddress = (value: unknown): value is string => typeof value === 'string' && value.length <= 2000

function checkType(table: Table, type: unknown): void {
  if (typeof type !== 'string' || type.replace(/^#?(Microsoft\.Dynamics\.CRM\.)?/, '') !== table.name)
    throw invalid('@odata.type', `is Microsoft.Dynamics.CRM.${table.name} here`)
}

function unknown(table: Table, name: string): RecordError {
  const lookup = /^_(\w+)_value$/.exec(name)?.[1]
  const at = { table: table.name, column: name.slice(0, 200) }
  if (lookup !== undefined && table.byName.get(lookup)?.type === 'lookup')
    return new RecordError('ColumnReadOnly', `"${name}" is read only: set ${lookup}@odata.bind instead.`, at)
  return new RecordError('ColumnUnknown', `Table "${table.name}" has no property "${at.column}".`, at)
}

export function invalid(name: string, what: string): RequestError {
  return new RequestError(400, 'ValueInvalid', `${name.slice(0, 200)} ${what}.`, { target: name.slice(0, 200) })
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/i
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** One value of JSON for a column. Points in time say their offset, since no zone could be guessed for them. */
export function valueOf(table: Table, column: ColumnDefinition, value: unknown): Value {
  if (value !== null && !['string', 'number', 'boolean'].includes(typeof value))
    throw invalid(`${table.name}.${column.name}`, 'takes a single value')
  if (column.type === 'datetime' && typeof value === 'string' && value !== '') {
    if (DAY.test(value)) return `${value}T00:00:00Z`
    if (!INSTANT.test(value))
      throw invalid(`${table.name}.${column.name}`, 'takes a date and time with its offset, e.g. 2026-01-05T08:00:00Z')
  }
  return value as Value
}
