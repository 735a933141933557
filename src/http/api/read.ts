import { type Each, type ODataQuery, parseODataOptions, RecordError, type Row, type Table } from '#records'
import { RequestError } from '../failure.ts'
import type { Call } from './call.ts'
import { levelOf } from './expand.ts'
import type { Preferences } from './prefer.ts'
import { type Json, presentRow } from './rows.ts'
import { type Shape, selected, shapeOf } from './shape.ts'
import { understood } from './understood.ts'
import { inZone } from './zone.ts'

/** Rows that are asked for: of a whole table, or those that belong to one row of another. */
export interface Asked {
  table: Table
  /** Below the service root, e.g. `accounts(…)/Account_Tasks`. */
  path: string
  each?: Each
  /** Only the addresses of the rows (`/$ref`). */
  ref?: boolean
}

/** One page of rows, asked by query options. */
export async function readRows(call: Call, asked: Asked, options: URLSearchParams, prefer: Preferences): Promise<Json> {
  const { given, query, shape } = understood(options, asked.table.name, call.regarding.records.catalogue)
  const page = await pageOf(call, { ...query, top: Math.min(given.top ?? Infinity, prefer.pageSize) }, asked.each)
  const left = (given.top ?? Infinity) - page.rows.length
  return {
    '@odata.context': asked.ref ? `${call.root}$metadata#Collection($ref)` : contextOf(call, shape, given, false),
    ...(page.count === undefined ? {} : { '@odata.count': page.count }),
    value: asked.ref
      ? page.rows.map((row) => ({ '@odata.id': addressOf(call, asked.table, row) }))
      : await presentRows(call, page.rows, shape, prefer),
    ...(page.next !== undefined && left > 0
      ? { '@odata.nextLink': nextLink(call, asked.path, options, page.next, left) }
      : {}),
  }
}

export async function countSet(call: Call, set: string, options: URLSearchParams): Promise<number> {
  const table = await readableTable(call, set)
  return countRows(call, { table, path: table.set }, options)
}

/** How many rows a filter leaves (`/$count`). */
export async function countRows(call: Call, asked: Asked, options: URLSearchParams): Promise<number> {
  const { filter, links } = parseODataOptions(options, asked.table.name, call.regarding.records.catalogue)
  const query = {
    table: asked.table.name,
    columns: [asked.table.id],
    top: 1,
    count: true,
    ...(filter ? { filter } : {}),
    ...(links ? { links } : {}),
  }
  return (await pageOf(call, query, asked.each)).count ?? 0
}

/** A row of a table that may be read. @throws RequestError 404 also where the row exists and may not be read. */
export async function readRow(
  call: Call,
  table: Table,
  id: string,
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Json> {
  for (const name of options.keys())
    if (name.startsWith('$') && name !== '$select' && name !== '$expand')
      throw new RequestError(400, 'QueryInvalid', `A single row takes $select and $expand, not ${name.slice(0, 50)}.`)
  const { given, query, shape } = understood(options, table.name, call.regarding.records.catalogue)
  const condition = { kind: 'condition', column: table.id, operator: 'eq', values: [id] } as const
  const page = await call.access.query({ ...query, filter: { kind: 'filter', type: 'and', items: [condition] } })
  const row = page.rows[0]
  if (!row) throw noSuchRow(table, id)
  const [json] = await presentRows(call, [row], shape, prefer)
  return { '@odata.context': contextOf(call, shape, given, true), ...json }
}

export function noSuchRow(table: Table, id: string): RequestError {
  return new RequestError(404, 'NotFound', `There is no ${table.name} ${id} that you may read.`, {
    target: table.name,
  })
}

async function pageOf(call: Call, asked: ODataQuery, each: Each | undefined) {
  const query = await inZone(call, asked)
  if (!each) return call.access.query(query)
  const [page] = (await call.access.queryEach(query, each)).values()
  return page ?? { rows: [] }
}

export async function presentRows(
  call: Call,
  rows: readonly Row[],
  shape: Shape,
  prefer: Preferences,
): Promise<Json[]> {
  const level = await levelOf(call, shape, rows, prefer)
  return rows.map((row) => presentRow(row, level))
}

/** @throws RecordError `PrivilegeDenied` where no row could be read whatever the question. */
export async function readableTable({ regarding, access }: Call, set: string): Promise<Table> {
  const table = regarding.records.catalogue.findSet(set)
  if (table && (await access.may('read', table.name))) return table
  if (table) {
    const privilege = `prvRead${table.privilegeName}`
    throw new RecordError('PrivilegeDenied', `Reading ${table.set} needs the privilege ${privilege}.`, {
      table: table.name,
      privilege,
    })
  }
  throw new RequestError(404, 'ResourceNotFound', `There is no entity set or function ${set.slice(0, 100)}.`, {
    target: set.slice(0, 100),
  })
}

export function addressOf({ root }: Call, table: Table, row: Row): string {
  return `${root}${table.set}(${String(row[table.id])})`
}

/** OData v4 JSON §10. */
export function contextOf(call: Call, shape: Shape, given: ODataQuery, single: boolean): string {
  const names = given.columns || given.expand ? `(${[...namesOf(given, shape)].join(',')})` : ''
  return `${call.root}$metadata#${shape.table.set}${names}${single ? '/$entity' : ''}`
}

function namesOf(given: ODataQuery, shape: Shape): string[] {
  const columns = given.columns ? selected(shape) : []
  const catalogue = shape.catalogue
  const expanded = (given.expand ?? []).map(({ name, navigation, columns, expand }): string => {
    const query = { table: navigation.table, ...(columns === 'all' ? {} : { columns }), expand }
    return `${name}(${namesOf(query, shapeOf(query, catalogue, 'nested').shape).join(',')})`
  })
  return [...columns, ...expanded]
}

export function nextLink(
  { root }: Call,
  path: string,
  options: URLSearchParams,
  token: string,
  left = Infinity,
): string {
  const next = new URLSearchParams(options)
  next.set('$skiptoken', token)
  if (left !== Infinity) next.set('$top', String(left))
  return `${root}${path}?${next.toString()}`
}
