import type { Catalogue, Condition, Reference, Table, Value } from '#records'
import { RequestError } from '../../failure.ts'
import type { Call } from '../call.ts'
import { parseAddress } from './address.ts'
import { type Key, parseKey } from './key.ts'

/** A row named by whoever writes. */
export interface Place {
  table: Table
  key: Key
}

/** The addresses of rows that earlier requests of a batch wrote, by their Content-ID. */
export type Written = ReadonlyMap<string, string>

/** `$1` or `$1/…` is what the request with that Content-ID wrote (OData v4 protocol §11.7.3.1). @throws RequestError 400 */
export function withWritten(path: string, written: Written): string {
  const [, id, rest = ''] = /^\/?\$(\w{1,100})((?:[/?]|$).*)?$/s.exec(path) ?? []
  if (id === undefined || id === 'batch' || id === 'ref') return path
  const address = written.get(id)
  if (address !== undefined) return address + rest
  throw new RequestError(400, 'ContentIdUnknown', `No earlier request with the Content-ID ${id} wrote a row.`, {
    target: `$${id}`,
  })
}

/** `accounts(…)`, the same as an absolute address, or `$1`. @throws RequestError 400 */
export function placeOf(address: string, catalogue: Catalogue, written: Written): Place {
  const path = withWritten(address.replace(/^(https?:\/\/[^/?#]{1,300})?\/api\/data\/v\d+\.\d+\//i, ''), written)
  const [segment, more] = parseAddress(path.replace(/^\//, ''))
  const table = catalogue.tables.find(({ set }) => set === segment?.name)
  if (!table || segment?.inside === undefined || more)
    throw new RequestError(400, 'ReferenceInvalid', `“${address.slice(0, 200)}” is no row, e.g. accounts(00000000-…).`)
  return { table, key: parseKey(segment.inside, table) }
}

/** The id of the row that the caller may read; undefined when there is none. */
export async function findRow({ access }: Call, { table, key }: Place): Promise<string | undefined> {
  const wanted: [string, Value][] = 'id' in key ? [[table.id, key.id]] : Object.entries(key.columns)
  const items = wanted.map(
    ([column, value]): Condition => ({ kind: 'condition', column, operator: 'eq', values: [value] }),
  )
  const page = await access.query({
    table: table.name,
    columns: [table.id],
    filter: { kind: 'filter', type: 'and', items },
    top: 1,
  })
  const id = page.rows[0]?.[table.id]
  return typeof id === 'string' ? id : undefined
}

/** What a lookup is to hold. An id is taken as it is, since the write looks for the row. @throws RequestError 404 */
export async function referenceTo(call: Call, place: Place): Promise<Reference> {
  const id = 'id' in place.key ? place.key.id : await findRow(call, place)
  if (id === undefined) throw notFound(place.table)
  return { table: place.table.name, id }
}

/** @throws RequestError 404 also where the row exists and may not be read. */
export async function existing(call: Call, at: Place): Promise<Reference> {
  const id = await findRow(call, at)
  if (id === undefined) throw notFound(at.table)
  return { table: at.table.name, id }
}

export function notFound(table: Table): RequestError {
  return new RequestError(404, 'NotFound', `There is no such ${table.label} that you may read.`, { target: table.name })
}
