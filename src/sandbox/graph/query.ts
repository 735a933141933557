import { badRequest } from './error.ts'
import { at, type Entity, type Filter, parseFilter } from './filter.ts'
import type { GraphAnswer, GraphRequest } from './request.ts'

/** What the query options of a request ask for. */
export interface Query {
  /** Undefined: everything that is told by default. */
  select: ReadonlySet<string> | undefined
  filter: Filter | undefined
  order: readonly { path: string; descending: boolean }[]
  top: number
  skip: number
  count: boolean
  /** As written. */
  expand: string
}

const MAX_TOP = 1_000
const DEFAULT_TOP = 10

const KNOWN = new Set([
  '$select',
  '$filter',
  '$orderby',
  '$top',
  '$skip',
  '$count',
  '$expand',
  '$search',
  '$skiptoken',
  '$deltatoken',
])

/** @throws GraphError 400 for an option that is none */
export function readQuery({ query }: GraphRequest): Query {
  for (const name of query.keys())
    if (name.startsWith('$') && !KNOWN.has(name)) throw badRequest(`Unknown query option '${name}'.`)
  const select = query.get('$select')
  const filter = query.get('$filter')
  const order = (query.get('$orderby') ?? '').split(',').flatMap((part) => {
    const [path, direction = 'asc'] = part.trim().split(/\s+/)
    return path ? [{ path, descending: direction.toLowerCase() === 'desc' }] : []
  })
  return {
    select:
      select === null
        ? undefined
        : new Set(
            select
              .split(',')
              .map((name) => name.trim())
              .filter(Boolean),
          ),
    filter: filter === null ? undefined : parseFilter(filter),
    order,
    top: number(query, '$top', DEFAULT_TOP, 1, MAX_TOP),
    skip: number(query, '$skip', 0, 0, Number.MAX_SAFE_INTEGER),
    count: query.get('$count') === 'true',
    expand: query.get('$expand') ?? '',
  }
}

function number(query: URLSearchParams, name: string, otherwise: number, least: number, most: number): number {
  const written = query.get(name)
  if (written === null) return otherwise
  const value = Number(written)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw badRequest(`The query specified in the URI is not valid. '${name}' is ${least} to ${most}.`)
}

/** The properties that were asked for, with those that are always told. @throws GraphError 400 for one that is none */
export function project(entity: Entity, select: Query['select'], extras: ReadonlySet<string> = new Set()): Entity {
  if (!select) return entity
  const known = new Map(Object.keys(entity).map((name) => [name.toLowerCase(), name]))
  const wanted = new Set<string>()
  for (const name of select) {
    const found = known.get(name.toLowerCase())
    if (found) wanted.add(found)
    else if (!extras.has(name))
      throw badRequest(`Could not find a property named '${name}' on this type.`, 'RequestBroker--ParseUri')
  }
  return Object.fromEntries(
    Object.entries(entity).filter(
      ([name]) => name === 'id' || name.startsWith('@odata.') || wanted.has(name) || expanded(name),
    ),
  )
}

function expanded(name: string): boolean {
  return /^(?:singleValueExtendedProperties|multiValueExtendedProperties|attachments|exceptionOccurrences|linkedResources|extensions|checklistItems|calendar)$/.test(
    name,
  )
}

export interface Listing<T> {
  items: readonly T[]
  /** For filters and order: what is cheap to make. */
  brief: (item: T) => Entity | Promise<Entity>
  /** What is told. */
  full: (item: T) => Entity | Promise<Entity>
  /** Name of the set in `@odata.context`. */
  context: string
  /** What may be asked for although an item has none. */
  extras?: ReadonlySet<string>
}

/** One page of a list. */
export async function list<T>(
  request: GraphRequest,
  url: string,
  { items, brief, full, context, extras }: Listing<T>,
): Promise<GraphAnswer> {
  const query = readQuery(request)
  checkOrder(query)
  let found: readonly T[] = items
  if (query.filter ?? query.order.length) {
    const entities = await Promise.all(items.map(async (item) => ({ item, entity: await brief(item) })))
    const kept = entities.filter(({ entity }) => query.filter?.matches(entity) ?? true)
    if (query.order.length) kept.sort((a, b) => compare(a.entity, b.entity, query.order))
    found = kept.map(({ item }) => item)
  }
  const page = found.slice(query.skip, query.skip + query.top)
  const value = await Promise.all(page.map(async (item) => project(await full(item), query.select, extras)))
  const more = query.skip + query.top < found.length
  return {
    status: 200,
    body: {
      '@odata.context': `${url}/$metadata#${context}`,
      ...(query.count && { '@odata.count': found.length }),
      value,
      ...(more && { '@odata.nextLink': nextLink(request, url, query.skip + query.top) }),
    },
  }
}

function nextLink(request: GraphRequest, url: string, skip: number): string {
  const query = new URLSearchParams(request.query)
  query.set('$skip', String(skip))
  return `${url}/${request.path.map(encodeURIComponent).join('/')}?${written(query)}`
}

/** With `$` as it is. */
export function written(query: URLSearchParams): string {
  return query.toString().replaceAll('%24', '$')
}

/** Exchange sorts only by what is filtered by, in the same order. */
function checkOrder({ filter, order }: Query): void {
  if (!filter || !order.length) return
  if (filter.paths.has((order[0] as { path: string }).path)) return
  throw badRequest('The restriction or sort order is too complex for this operation.', 'InefficientFilter')
}

function compare(a: Entity, b: Entity, order: Query['order']): number {
  for (const { path, descending } of order) {
    const [left, right] = [sortKey(at(a, path)), sortKey(at(b, path))]
    if (left !== right) return left < right === descending ? 1 : -1
  }
  return 0
}

function sortKey(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '')
}
