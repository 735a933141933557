import { parseFetch, type Table } from '#records'
import { RequestError } from '../failure.ts'
import type { Call } from './call.ts'
import type { Preferences } from './prefer.ts'
import { contextOf, nextLink, presentRows } from './read.ts'
import type { Json } from './rows.ts'
import { shapeOf } from './shape.ts'

/**
 * One page of an entity set, asked by FetchXML. Its `top` and `count` are the client's own paging, by cookie; without
 * them pages follow `nextLink`.
 */
export async function readByFetch(
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
  } else if (page.next !== undefined) more['@odata.nextLink'] = nextLink(call, table.set, options, page.next)
  return {
    '@odata.context': contextOf(call, shape, given, false),
    ...(page.count === undefined ? {} : { '@Microsoft.Dynamics.CRM.totalrecordcount': page.count }),
    value: await presentRows(call, page.rows, shape, prefer),
    ...more,
  }
}
