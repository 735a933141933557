import { createHash } from 'node:crypto'
import { currentCursor, parseODataOptions, readChanges, type Table } from '#records'
import { RequestError } from '../failure.ts'
import type { Call } from './call.ts'
import type { Preferences } from './prefer.ts'
import { contextOf, presentRows } from './read.ts'
import type { Json } from './rows.ts'
import { shapeOf } from './shape.ts'

/** Columns of an update by which a row may leave what its reader sees. */
const MOVES: ReadonlySet<string> = new Set([
  'ownerid',
  'owninguser',
  'owningteam',
  'owningbusinessunit',
  'businessunitid',
  'principalobjectaccess',
])
/** What changes of a table cannot be asked together with. */
const REFUSED = ['$filter', '$orderby', '$expand', '$top', '$apply', '$count', 'fetchXml', 'savedQuery', 'userQuery']
const LINK = /^(1\.[0-9a-f-]{36}\.\d{1,18}\.\d{1,19})\.([0-9A-Za-z_-]{16})$/
const LISTING = /^(1\.[^~]{1,100})~([A-Za-z0-9_-]{1,65536})$/

/** Whether a request asks for changes, or lists a table to be told its changes afterwards. */
export function isTracking(options: URLSearchParams, prefer: Preferences): boolean {
  return options.has('$deltatoken') || prefer.trackChanges || LISTING.test(options.get('$skiptoken') ?? '')
}

/**
 * A table as its reader sees it, and from then on what changes (OData v4 protocol §11.3). The link that the last page
 * carries stands where the change feed stood before the first page was read, so that nothing falls between them; what
 * happened meanwhile comes twice.
 * @throws RequestError 400 for options that do not go with it, and for a link that is none; 410 when the link is too
 * old, or the reader's rights are others than when it was given.
 */
export async function readTracked(
  call: Call,
  table: Table,
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Json> {
  for (const name of REFUSED)
    if (options.has(name)) throw invalid(`${name} does not go with the changes of a table.`, name)
  if (table.view || table.ownership === 'child')
    throw invalid(`Changes of ${table.set} cannot be tracked: its rows follow those of other tables.`, table.name)
  const token = options.get('$deltatoken')
  return token === null ? listing(call, table, options, prefer) : changes(call, table, token, options, prefer)
}

async function listing(call: Call, table: Table, options: URLSearchParams, prefer: Preferences): Promise<Json> {
  const [, from, after] = LISTING.exec(options.get('$skiptoken') ?? '') ?? []
  const cursor = from ?? (await currentCursor(call.executor ?? call.regarding.database.sql))
  const { catalogue } = call.regarding.records
  const given = parseODataOptions(without(options, '$skiptoken'), table.name, catalogue)
  const { query, shape } = shapeOf(given, catalogue, 'nested')
  const page = await call.access.query({ ...query, top: prefer.pageSize, ...(after === undefined ? {} : { after }) })
  return {
    '@odata.context': contextOf(call, shape, given, false),
    value: await presentRows(call, page.rows, shape, prefer),
    ...(page.next === undefined
      ? { '@odata.deltaLink': link(call, table, options, '$deltatoken', `${cursor}.${await rightsOf(call, table)}`) }
      : { '@odata.nextLink': link(call, table, options, '$skiptoken', `${cursor}~${page.next}`) }),
  }
}

async function changes(
  call: Call,
  table: Table,
  token: string,
  options: URLSearchParams,
  prefer: Preferences,
): Promise<Json> {
  const [, from, rights] = LINK.exec(token) ?? []
  if (from === undefined) throw invalid('This is no link to changes that was given here.', '$deltatoken')
  const now = await rightsOf(call, table)
  if (rights !== now)
    throw new RequestError(410, 'RightsChanged', 'Your rights have changed since; list the table afresh.', {
      target: '$deltatoken',
    })
  const feed = await readChanges(call.executor ?? call.regarding.database.sql, from, {
    limit: prefer.pageSize,
    tables: [table.name],
  })
  const { catalogue } = call.regarding.records
  const given = parseODataOptions(without(options, '$deltatoken'), table.name, catalogue)
  const { query, shape } = shapeOf(given, catalogue, 'nested')
  const ids = [...new Set(feed.changes.map(({ id }) => id))]
  const condition = { kind: 'condition', column: table.id, operator: 'in', values: ids } as const
  const { rows } = await call.access.query({ ...query, filter: { kind: 'filter', type: 'and', items: [condition] } })
  const found = new Set(rows.map((row) => row[table.id]))
  const deleted = new Set(feed.changes.filter(({ kind }) => kind === 'delete').map(({ id }) => id))
  const moved = new Set(
    feed.changes.filter(({ columns }) => columns.some((column) => MOVES.has(column))).map(({ id }) => id),
  )
  // Of rows that the reader could not see before either, nothing is told but that they are gone.
  const gone = ids.filter((id) => !found.has(id) && (deleted.has(id) || moved.has(id)))
  const next = `${feed.cursor}.${now}`
  return {
    '@odata.context': `${contextOf(call, shape, given, false)}/$delta`,
    value: [
      ...(await presentRows(call, rows, shape, prefer)),
      ...gone.map((id) => ({
        '@odata.context': `${call.root}$metadata#${table.set}/$deletedEntity`,
        id,
        reason: deleted.has(id) ? 'deleted' : 'changed',
      })),
    ],
    [feed.more ? '@odata.nextLink' : '@odata.deltaLink']: link(call, table, options, '$deltatoken', next),
  }
}

/** What the reader may read of a table, as far as the table's own rows do not say it: a digest. */
async function rightsOf({ regarding, principal, executor }: Call, table: Table): Promise<string> {
  const context = await regarding.records.securityOf(principal, executor)
  const columns = [...context.columns]
    .filter(([name]) => name.startsWith(`${table.name}.`))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const scope = context.privileges.get(`prvread${table.privilegeName}`.toLowerCase())
  const sorted = scope && [scope.organization, scope.businessUnits.toSorted(), scope.owners.toSorted()]
  const reports = context.reports.read.toSorted()
  const names = context.both?.map(({ userId }) => userId)
  const text = JSON.stringify([
    context.unrestricted,
    context.userId,
    context.teams.toSorted(),
    reports,
    sorted,
    columns,
    names,
  ])
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}

function link(call: Call, table: Table, options: URLSearchParams, name: string, token: string): string {
  const next = without(without(options, '$skiptoken'), '$deltatoken')
  next.set(name, token)
  return `${call.root}${table.set}?${next.toString()}`
}

function without(options: URLSearchParams, name: string): URLSearchParams {
  const rest = new URLSearchParams(options)
  rest.delete(name)
  return rest
}

function invalid(message: string, target: string): RequestError {
  return new RequestError(400, 'QueryInvalid', message, { target })
}
