import { columnNamed, navigationNamed, type Row, type Table } from '#records'
import { RequestError } from '../failure.ts'
import { findOperation } from '../operations/index.ts'
import { answerOf, checkInput } from '../operations/operation.ts'
import type { Call } from './call.ts'
import { eachOf } from './expand.ts'
import { idByKey } from './keys.ts'
import { parseParameters } from './parameters.ts'
import type { Segment } from './path.ts'
import type { Preferences } from './prefer.ts'
import { type Asked, addressOf, countRows, noSuchRow, readableTable, readRow, readRows } from './read.ts'
import { type Json, presentValue } from './rows.ts'

/** What a path leads to: JSON, plain text (`$value`, `$count`), or nothing where a value is null. */
export type Found = { json: Json } | { text: string } | { nothing: true }

/** A row that a path has reached. */
interface At {
  table: Table
  id: string
}

/**
 * Follows a path from a set along navigation properties: `accounts(…)/primarycontactid/fullname/$value`,
 * `accounts(…)/Account_Tasks/$count`. Every row on the way is one that the reader may read.
 * @throws RequestError 404 naming the part that leads nowhere.
 */
export async function readAlong(
  call: Call,
  segments: readonly Segment[],
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Found> {
  const [first, ...rest] = segments
  const table = await readableTable(call, first?.name ?? '')
  if (first?.inside === undefined) {
    if (rest.length === 1 && isPlain(rest[0], '$ref'))
      return { json: await readRows(call, { table, path: `${table.set}/$ref`, ref: true }, options, prefer) }
    throw leadsNowhere(rest[0], table)
  }
  return fromRow(call, { table, id: await idByKey(call, table, first.inside) }, rest, options, prefer)
}

async function fromRow(
  call: Call,
  at: At,
  segments: readonly Segment[],
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Found> {
  const [segment, ...rest] = segments
  if (!segment) return { json: await readRow(call, at.table, at.id, options, prefer) }
  if (isPlain(segment, '$ref') && rest.length === 0) {
    await rowAt(call, at, [])
    return { json: { '@odata.context': `${call.root}$metadata#$ref`, '@odata.id': address(call, at) } }
  }
  const navigation = navigationNamed(segment.name, at.table, call.regarding.records.catalogue)
  if (navigation?.kind === 'one' && segment.inside === undefined) {
    const row = await rowAt(call, at, [navigation.to])
    const id = row[navigation.to]
    const target = call.regarding.records.catalogue.table(navigation.table)
    const there = typeof id === 'string' && row[`${navigation.to}_table`] === target.name
    if (there) return fromRow(call, { table: await readableTable(call, target.set), id }, rest, options, prefer)
    if (rest.length === 0) return { nothing: true }
    throw new RequestError(404, 'NotFound', `${segment.name} of ${at.table.name} ${at.id} is empty.`)
  }
  if (navigation?.kind === 'many') {
    await rowAt(call, at, [])
    const of = await readableTable(call, call.regarding.records.catalogue.table(navigation.table).set)
    const path = `${at.table.set}(${at.id})/${segment.name}`
    const asked = { table: of, path, each: eachOf(navigation, at.table.name, [at.id]) }
    return fromCollection(call, asked, segment, rest, options, prefer)
  }
  const column = segment.inside === undefined ? columnNamed(segment.name, at.table) : undefined
  if (column === undefined) return ofFunction(call, at, segment, rest, options)
  return property(call, at, segment.name, column, rest)
}

/** A function that is asked about the row: `systemusers(…)/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)`. */
async function ofFunction(
  call: Call,
  at: At,
  segment: Segment,
  rest: readonly Segment[],
  options: URLSearchParams,
): Promise<Found> {
  const operation = findOperation(segment.name)
  const { along } = operation ?? {}
  if (!operation || rest.length > 0 || !along?.tables.includes(at.table.name)) throw leadsNowhere(segment, at.table)
  await rowAt(call, at, [])
  const given = {
    ...parseParameters(segment.inside ?? '', options),
    [along.parameter]: { '@odata.id': addressOf(call, at.table, { [at.table.id]: at.id }) },
  }
  const output = await operation.run(call, checkInput(operation, given))
  const context = `${call.root}$metadata#Microsoft.Dynamics.CRM.${operation.name}Response`
  return { json: answerOf(operation).parse({ '@odata.context': context, ...output }) }
}

async function fromCollection(
  call: Call,
  asked: Asked,
  segment: Segment,
  rest: readonly Segment[],
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Found> {
  if (segment.inside !== undefined) {
    const id = await idByKey(call, asked.table, segment.inside)
    const items = [{ kind: 'condition' as const, column: asked.table.id, operator: 'eq' as const, values: [id] }]
    const query = {
      table: asked.table.name,
      columns: [],
      filter: { kind: 'filter' as const, type: 'and' as const, items },
    }
    const [page] = asked.each ? (await call.access.queryEach(query, asked.each)).values() : []
    if (!page?.rows.length) throw noSuchRow(asked.table, id)
    return fromRow(call, { table: asked.table, id }, rest, options, prefer)
  }
  const [next, ...more] = rest
  if (!next) return { json: await readRows(call, asked, options, prefer) }
  if (more.length === 0 && isPlain(next, '$count')) return { text: String(await countRows(call, asked, options)) }
  if (more.length === 0 && isPlain(next, '$ref'))
    return { json: await readRows(call, { ...asked, path: `${asked.path}/$ref`, ref: true }, options, prefer) }
  throw leadsNowhere(next, asked.table)
}

async function property(call: Call, at: At, name: string, column: string, rest: readonly Segment[]): Promise<Found> {
  const raw = rest.length === 1 && isPlain(rest[0], '$value')
  if (rest.length > 0 && !raw) throw leadsNowhere(rest[0], at.table)
  const value = presentValue((await rowAt(call, at, [column]))[column] ?? null)
  if (value === null) return { nothing: true }
  if (raw) return { text: String(value) }
  return { json: { '@odata.context': `${call.root}$metadata#${at.table.set}(${at.id})/${name}`, value } }
}

async function rowAt(call: Call, { table, id }: At, columns: readonly string[]): Promise<Row> {
  const row = await call.access.retrieve(table.name, id, columns)
  if (!row) throw noSuchRow(table, id)
  return row
}

function address(call: Call, { table, id }: At): string {
  return addressOf(call, table, { [table.id]: id })
}

function isPlain(segment: Segment | undefined, name: string): boolean {
  return segment?.name === name && segment.inside === undefined
}

function leadsNowhere(segment: Segment | undefined, table: Table): RequestError {
  const name = segment?.name ?? ''
  return new RequestError(404, 'ResourceNotFound', `${table.name} has no property ${name.slice(0, 100)}.`, {
    target: name.slice(0, 100),
  })
}
