import { type Condition, columnNamed, type Table, type Value } from '#records'
import { RequestError } from '../failure.ts'
import type { Call } from './call.ts'
import { parseParameters } from './parameters.ts'
import { idOf } from './path.ts'

/**
 * The id of the row that a key names: its id, or `name='value'` for each column of an alternate key. Columns that are
 * only indexed serve too, as long as they name one row.
 * @throws RequestError 400 for what is no key, 404 without such a row, 409 with several.
 */
export async function idByKey(call: Call, table: Table, inside: string): Promise<string> {
  const id = idOf(inside, table.id)
  if (id !== undefined) return id
  if (!inside.includes('=')) throw noKey(table)
  const given = Object.entries(parseParameters(inside, new URLSearchParams()))
  const items = given.map(([name, value]) => conditionOf(table, name, value))
  const columns = new Set(items.map(({ column }) => column))
  if (items.length === 0 || !isKey(table, columns)) throw noKey(table)
  const page = await call.access.query({
    table: table.name,
    columns: [table.id],
    top: 2,
    filter: { kind: 'filter', type: 'and', items },
  })
  if (page.rows.length > 1)
    throw new RequestError(409, 'KeyAmbiguous', `Several rows of ${table.set} are meant by (${inside.slice(0, 100)}).`)
  const [row] = page.rows
  if (row) return String(row[table.id])
  throw new RequestError(404, 'NotFound', `There is no ${table.name} (${inside.slice(0, 100)}) that you may read.`, {
    target: table.name,
  })
}

function conditionOf(table: Table, name: string, value: unknown): Condition {
  const column = columnNamed(name, table)
  if (column === undefined || (value !== null && typeof value === 'object')) throw noKey(table)
  if (value === null) return { kind: 'condition', column, operator: 'null', values: [] }
  return { kind: 'condition', column, operator: 'eq', values: [value as Value] }
}

function isKey(table: Table, columns: ReadonlySet<string>): boolean {
  const keys = [...(table.keys ?? []).map((key) => key.columns), ...(table.indexes ?? [])]
  return keys.some((key) => key.length === columns.size && key.every((column) => columns.has(column)))
}

function noKey(table: Table): RequestError {
  const keys = (table.keys ?? []).map(({ columns }) => ` or (${columns.map((name) => `${name}=…`).join(',')})`)
  const message = `A row is named by its id, e.g. (${table.id}=00000000-…)${keys.join('')}.`
  return new RequestError(400, 'KeyInvalid', message, { target: table.id })
}
