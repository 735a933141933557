import { RecordError, type Values } from '../access.ts'
import { columnOf, SYSTEM_COLUMNS, type Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { type Stored, storeValue } from './values.ts'

/** Columns that SYSTEM may give when it creates a row (import keeps the first hour and author of a record). */
const GIVEN_BY_SYSTEM: ReadonlySet<string> = new Set(['createdon', 'createdby'])

/**
 * The stored form of what a caller wrote for a new row: values checked, defaults and state filled in.
 * @throws RecordError naming table and column.
 */
export function rowToCreate(table: Table, values: Values, bySystem: boolean): Stored {
  const row: Stored = {}
  for (const [name, value] of given(values)) {
    const column = writable(table, name, bySystem, bySystem && GIVEN_BY_SYSTEM.has(name))
    storeValue(row, table, column, value)
  }
  for (const column of table.filledColumns) {
    if (column.default !== undefined && row[column.name] === undefined) row[column.name] = column.default
    if (column.required && !isMadeBySystem(table, column) && isMissing(row[column.name])) missing(table, column)
  }
  return Object.assign(row, stateOf(table, row, true))
}

/** The stored form of a change to a row. @throws RecordError naming table and column. */
export function rowToUpdate(table: Table, values: Values, bySystem: boolean): Stored {
  const row: Stored = {}
  for (const [name, value] of given(values)) {
    if (name === table.id) continue
    const column = writable(table, name, bySystem, false)
    if (column.required && isMissing(value)) missing(table, column)
    storeValue(row, table, column, value)
  }
  return { ...row, ...stateOf(table, row, false) }
}

/** `<lookup>_table` entries come along when a row that was read is written back; the reference says it already. */
function given(values: Values): [string, Values[string]][] {
  return Object.entries(values).filter(([name, value]) => value !== undefined && !name.endsWith('_table'))
}

function writable(table: Table, name: string, bySystem: boolean, excepted: boolean): ColumnDefinition {
  const column = columnOf(table, name)
  if (name === table.id || excepted) return column
  if (SYSTEM_COLUMNS.has(name) || column.joins || (column.readOnly && !bySystem))
    throw new RecordError('ColumnReadOnly', `"${table.name}.${name}" is set by the system and cannot be written.`, {
      table: table.name,
      column: name,
    })
  return column
}

const isMissing = (value: unknown) => value === null || value === undefined || value === ''

const isMadeBySystem = (table: Table, column: ColumnDefinition) => column.name === table.id || column.name === 'ownerid'

function missing(table: Table, column: ColumnDefinition): never {
  throw new RecordError('ValueRequired', `"${table.name}.${column.name}" is required.`, {
    table: table.name,
    column: column.name,
  })
}

/** Each state has its own status reasons: the reason decides the state, or the state its default reason. */
function stateOf(table: Table, row: Stored, isNew: boolean): Stored {
  const states = table.byName.get('statuscode')?.states
  if (!states) return {}
  const { statecode, statuscode } = row
  if (typeof statuscode === 'number') {
    const state = states[statuscode]
    if (typeof statecode === 'number' && statecode !== state)
      throw new RecordError(
        'ValueInvalid',
        `Status reason ${statuscode} of "${table.name}" belongs to state ${state}, not to state ${statecode}.`,
        { table: table.name, column: 'statuscode' },
      )
    return { statecode: state }
  }
  const state = typeof statecode === 'number' ? statecode : isNew ? Math.min(...Object.values(states)) : undefined
  if (state === undefined) return {}
  const reason = Object.keys(states)
    .map(Number)
    .find((code) => states[code] === state)
  return { statecode: state, statuscode: reason }
}
