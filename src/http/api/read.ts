import { parseFetch, parseODataOptions, type Query, RecordError, type Row, type Table } from '#records'
import { RequestError } from '../failure.ts'
import type { Call } from './call.ts'
import { formatsFor } from './formatted.ts'
import type { Preferences } from './prefer.ts'
import { type Json, type Presentation, presentRow, wantsFormats } from './rows.ts'
import { type Shape, selected, shapeOf } from './shape.ts'

/** Names of saved queries, which this version does not know. */
const NOT_YET = ['savedQuery', 'userQuery']

/** One page of an entity set (OData v4 protocol §11.2.6), asked by query options or by FetchXML. */
export async function readSet(call: Call, set: string, options: URLSearchParams, prefer: Preferences): Promise<Json> {
  const table = await readableTable(call, set)
  const fetchXml = options.get('fetchXml')
  return fetchXml === null
    ? readByOptions(call, table, options, prefer)
    : readByFetch(call, table, fetchXml, options, prefer)
}

export async function countSet(call: Call, set: string, options: URLSearchParams): Promise<number> {
  const table = await readableTable(call, set)
  const { filter, links } = parseODataOptions(options, table.name, call.regarding.records.catalogue)
  const page = await call.access.query({
    table: table.name,
    columns: [table.id],
    top: 1,
    count: true,
    ...(filter ? { filter } : {}),
    ...(links ? { links } : {}),
  })
  return page.count ?? 0
}

/** @throws RequestError 404 also where the row exists and may not be read. */
export async function readRow(
  call: Call,
  set: string,
  key: (table: Table) => string,
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Json> {
  const { catalogue } = call.regarding.records
  const table = await readableTable(call, set)
  const id = key(table)
  for (const name of options.keys())
    if (name.startsWith('$') && name !== '$select' && name !== '$expand')
      throw new RequestError(400, 'QueryInvalid', `A single row takes $select and $expand, not ${name.slice(0, 50)}.`)
  const given = parseODataOptions(options, table.name, catalogue)
  const { query, shape } = shapeOf(given, catalogue, 'nested')
  const condition = { kind: 'condition', column: table.id, operator: 'eq', values: [id] } as const
  const page = await call.access.query({ ...query, filter: { kind: 'filter', type: 'and', items: [condition] } })
  const row = page.rows[0]
  if (!row)
    throw new RequestError(404, 'NotFound', `There is no ${table.name} ${id} that you may read.`, {
      target: table.name,
    })
  const [json] = await presentRows(call, [row], shape, prefer)
  return { '@odata.context': contextOf(call, shape, given, true), ...json }
}

async function readByOptions(call: Call, table: Table, options: URLSearchParams, prefer: Preferences): Promise<Json> {
  for (const name of NOT_YET)
    if (options.has(name)) throw new RequestError(400, 'QueryInvalid', `${name} is not supported; use fetchXml.`)
  const given = parseODataOptions(options, table.name, call.regarding.records.catalogue)
  const { query, shape } = shapeOf(given, call.regarding.records.catalogue, 'nested')
  const top = Math.min(given.top ?? Infinity, prefer.pageSize)
  const page = await call.access.query({ ...query, top })
  const left = (given.top ?? Infinity) - page.rows.length
  return {
    '@odata.context': contextOf(call, shape, given, false),
    ...(page.count === undefined ? {} : { '@odata.count': page.count }),
    value: await presentRows(call, page.rows, shape, prefer),
    ...(page.next !== undefined && left > 0
      ? { '@odata.nextLink': nextLink(call, table, options, page.next, left) }
      : {}),
  }
}

/** `top` and `count` of FetchXML are the client's own paging, by cookie; without them pages follow `nextLink`. */
async function readByFetch(
  call: Call,
  table: Table,
  fetchXml: string,
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Json> {
  for (const name of options.keys())
    if (name.startsWith('$') && name !== '$skiptoken')
      throw new RequestError(400, 'QueryInvalid', `fetchXml and ${name.slice(0, 50)} do not go together.`)
  const given = parseFetch(fetchXml)
  if (given.table !== table.name)
    throw new RequestError(400, 'QueryInvalid', `The fetch asks for ${given.table}, the address for ${table.name}.`)
  const after = options.get('$skiptoken') ?? given.after
  const { query, shape } = shapeOf(given, call.regarding.records.catalogue, 'flat')
  const page = await call.access.query({
    ...query,
    top: Math.min(given.top ?? prefer.pageSize, 5000),
    ...(after === undefined ? {} : { after }),
  })
  const more: Json = {}
  if (page.next !== undefined && given.top !== undefined) {
    more['@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'] = page.next
    more['@Microsoft.Dynamics.CRM.morerecords'] = true
  } else if (page.next !== undefined) more['@odata.nextLink'] = nextLink(call, table, options, page.next, Infinity)
  return {
    '@odata.context': contextOf(call, shape, given, false),
    ...(page.count === undefined ? {} : { '@Microsoft.Dynamics.CRM.totalrecordcount': page.count }),
    value: await presentRows(call, page.rows, shape, prefer),
    ...more,
  }
}

async function presentRows(call: Call, rows: readonly Row[], shape: Shape, prefer: Preferences): Promise<Json[]> {
  const presentation: Presentation = { annotation: prefer.annotation }
  if (wantsFormats(prefer)) {
    const personal = (await call.regarding.options.personal([call.userId])).get(call.userId)
    presentation.formats = await formatsFor(call.access, shape, rows, personal?.['TimeZone'])
  }
  return rows.map((row) => presentRow(row, shape, presentation))
}

/** @throws RecordError `PrivilegeDenied` where no row could be read whatever the question. */
async function readableTable({ regarding, access }: Call, set: string): Promise<Table> {
  const table = regarding.records.catalogue.tables.find((each) => each.set === set)
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

/** OData v4 JSON §10. */
function contextOf({ root }: Call, shape: Shape, given: Query, single: boolean): string {
  const names = given.columns ? `(${selected(shape).join(',')})` : ''
  return `${root}$metadata#${shape.table.set}${names}${single ? '/$entity' : ''}`
}

function nextLink({ root }: Call, table: Table, options: URLSearchParams, token: string, left: number): string {
  const next = new URLSearchParams(options)
  next.set('$skiptoken', token)
  if (left !== Infinity) next.set('$top', String(left))
  return `${root}${table.set}?${next.toString()}`
}
