import { parseApply } from '#records'
import { RequestError } from '../failure.ts'
import { readAggregation } from './aggregate.ts'
import type { Call } from './call.ts'
import { isTracking, readTracked } from './delta.ts'
import { readByFetch } from './fetch.ts'
import type { Preferences } from './prefer.ts'
import { readableTable, readRows } from './read.ts'
import type { Json } from './rows.ts'

/** Options that name a kept question, with the tables where it is kept. */
const KEPT = { savedQuery: 'savedquery', userQuery: 'userquery' } as const

/** One page of an entity set (OData v4 protocol §11.2.6), asked by query options or by FetchXML. */
export async function readSet(call: Call, set: string, options: URLSearchParams, prefer: Preferences): Promise<Json> {
  const table = await readableTable(call, set)
  if (isTracking(options, prefer)) return readTracked(call, table, options, prefer)
  const kept = await keptFetch(call, options)
  if (kept !== undefined) return readByFetch(call, table, kept, options, prefer)
  if (options.has('$apply')) {
    const aggregation = parseApply(options, table.name, call.regarding.records.catalogue)
    return readAggregation(call, table, aggregation, prefer)
  }
  const fetchXml = options.get('fetchXml')
  return fetchXml === null
    ? readRows(call, { table, path: table.set }, options, prefer)
    : readByFetch(call, table, fetchXml, options, prefer)
}

/** The FetchXML of the view that the request names, where its reader may read that view. */
async function keptFetch(call: Call, options: URLSearchParams): Promise<string | undefined> {
  for (const [option, table] of Object.entries(KEPT)) {
    const id = options.get(option)
    if (id === null) continue
    if (options.has('fetchXml') || options.has('$apply'))
      throw new RequestError(400, 'QueryInvalid', `${option} stands by itself, without fetchXml and $apply.`)
    const row = await call.access.retrieve(table, id.replace(/^\{|\}$/g, ''), ['fetchxml'])
    if (typeof row?.['fetchxml'] === 'string') return row['fetchxml']
    throw new RequestError(404, 'NotFound', `There is no ${table} ${id.slice(0, 50)} that you may read.`, {
      target: option,
    })
  }
  return undefined
}
