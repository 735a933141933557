import { RequestError } from '../failure.ts'
import type { Call } from './call.ts'
import { readByFetch } from './fetch.ts'
import type { Preferences } from './prefer.ts'
import { readableTable, readRows } from './read.ts'
import type { Json } from './rows.ts'

/** Names of saved queries, which this version does not know. */
const NOT_YET = ['savedQuery', 'userQuery']

/** One page of an entity set (OData v4 protocol §11.2.6), asked by query options or by FetchXML. */
export async function readSet(call: Call, set: string, options: URLSearchParams, prefer: Preferences): Promise<Json> {
  const table = await readableTable(call, set)
  for (const name of NOT_YET)
    if (options.has(name)) throw new RequestError(400, 'QueryInvalid', `${name} is not supported; use fetchXml.`)
  const fetchXml = options.get('fetchXml')
  return fetchXml === null
    ? readRows(call, { table, path: table.set }, options, prefer)
    : readByFetch(call, table, fetchXml, options, prefer)
}
