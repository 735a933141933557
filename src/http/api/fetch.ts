import { parseFetch, parseFetchAggregation, type Table } from '#records'
import { RequestError } from '../failure.ts'
import { readAggregation } from './aggregate.ts'
import type { Call } from './call.ts'
import type { Preferences } from './prefer.ts'
import { contextOf, nextLink, presentRows } from './read.ts'
import type { Json } from './rows.ts'
import { shapeOf } from './shape.ts'
import { inZone } from './zone.ts'

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
  const aggregation = parseFetchAggregation(fetchXml)
  if (aggregation) return readAggregation(call, sameTable(aggregation, table), aggregation, prefer)
  const given = parseFetch(fetchXml)
  sameTable(given, table)
  const after = options.get('$skiptoken') ?? given.after
  const { query, shape } = shapeOf(given, call.regarding.records.catalogue, 'flat')
  const page = await call.access.query({
    ...(await inZone(call, query)),
    top: Math.min(given.top ?? prefer.pageSize, 5000),
    ...(after === undefined ? {} : { after, skip: 0 }),
  })
  const more: Json = {}
  if (page.next !== undefined) {
    more['@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'] = cookieOf(page.next, fetchXml)
    more['@Microsoft.Dynamics.CRM.morerecords'] = true
    if (given.top === undefined) more['@odata.nextLink'] = nextLink(call, table.set, options, page.next)
  }
  const counted: Json = {
    '@Microsoft.Dynamics.CRM.totalrecordcount': page.count ?? -1,
    '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': false,
  }
  return {
    '@odata.context': contextOf(call, shape, given, false),
    ...(page.count === undefined ? {} : counted),
    value: await presentRows(call, page.rows, shape, prefer),
    ...more,
  }
}

function sameTable(given: { table: string }, table: Table): Table {
  if (given.table === table.name) return table
  const message = `The fetch asks for ${given.table.slice(0, 100)}, the address for ${table.name}.`
  throw new RequestError(400, 'QueryInvalid', message)
}

/** The cookie in the form that clients of Dataverse take apart: what goes into `paging-cookie` is encoded twice. */
function cookieOf(position: string, fetchXml: string): string {
  const page = Number(/<fetch\s[^>]*\bpage=["'](\d{1,6})["']/.exec(fetchXml)?.[1] ?? 1)
  const inner = `<cookie page="${page}"><position last="${position}" /></cookie>`
  const encoded = encodeURIComponent(encodeURIComponent(inner))
  return `<cookie pagenumber="${page + 1}" pagingcookie="${encoded}" istracking="False" />`
}
