import type { Order } from '../../query.ts'
import { checkLength, checkLimits, invalid } from '../limits.ts'
import type { Catalog } from '../source.ts'
import { type ODataQuery, parseExpand, type Reading } from './expand.ts'
import { readFilter } from './filter.ts'
import { tableNamed } from './navigation.ts'
import { Place } from './paths.ts'
import { column, parseSelect } from './select.ts'

const OPTIONS: ReadonlySet<string> = new Set([
  '$select',
  '$filter',
  '$orderby',
  '$top',
  '$count',
  '$expand',
  '$skiptoken',
])

/**
 * Reads the query options of a request for an entity set. Rows that lookups lead to are linked, and come back as
 * `<navigation property>.<column>`; collections are queries of their own. Options without `$` are the caller's.
 * @throws RecordError `QueryInvalid`, `QueryTooComplex`, `ColumnUnknown`, naming the option and what it is about.
 */
export function parseODataOptions(options: URLSearchParams, table: string, catalog: Catalog): ODataQuery {
  const aliases = new Map([...options].filter(([name]) => name.startsWith('@')))
  const reading: Reading = { aliases, items: { count: 0 }, depth: 0, read: readOptions }
  return readOptions(collect(options), new Place(tableNamed(table, catalog), catalog), reading)
}

function readOptions(given: ReadonlyMap<string, string>, place: Place, reading: Reading): ODataQuery {
  const option = <T>(name: string, read: (text: string) => T): T | undefined => {
    const text = given.get(name)
    return text === undefined ? undefined : read(text)
  }
  const columns = option('$select', (text) => parseSelect(text, place.table))
  const filter = option('$filter', (text) => readFilter(text, place, reading.aliases))
  const order = option('$orderby', (text) => parseOrderBy(text, place))
  const expand = option('$expand', (text) => parseExpand(text, place, reading))
  const top = option('$top', wholeNumber)
  const count = option('$count', trueOrFalse)
  const after = given.get('$skiptoken')
  const links = place.links()
  const query: ODataQuery = {
    table: place.table.name,
    ...(columns ? { columns } : {}),
    ...(filter ? { filter } : {}),
    ...(links.length > 0 ? { links } : {}),
    ...(order ? { order } : {}),
    ...(top === undefined ? {} : { top }),
    ...(after === undefined ? {} : { after }),
    ...(count ? { count } : {}),
    ...(expand ? { expand } : {}),
  }
  checkLimits(query)
  return query
}

function collect(options: URLSearchParams): Map<string, string> {
  const given = new Map<string, string>()
  for (const [name, text] of options) {
    if (!name.startsWith('$')) continue
    if (!OPTIONS.has(name)) throw invalid(`the option ${name.slice(0, 50)} is not understood`)
    if (given.has(name)) throw invalid(`the option ${name} is given twice`)
    checkLength(text, `the option ${name}`)
    given.set(name, text)
  }
  return given
}

function parseOrderBy(text: string, place: Place): Order[] {
  return text.split(',').map((part) => {
    const [path = '', direction = 'asc', ...more] = part.trim().split(/\s+/)
    if (more.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
      throw invalid(`"${part.trim().slice(0, 100)}" of $orderby is not understood`)
    }
    const names = path.split('/')
    const property = names.pop() ?? ''
    const at = names.reduce((from, name) => go(from, name, '$orderby'), place)
    return {
      column: column(property, at.table, '$orderby'),
      ...(direction === 'desc' ? { descending: true } : {}),
      ...(at.alias === undefined ? {} : { of: at.alias }),
    }
  })
}

function go(place: Place, name: string, option: string): Place {
  const target = place.go(name)
  if (target) return target
  throw invalid(`${name.slice(0, 100)} of ${option} is no navigation property of a lookup of ${place.table.name}`)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw invalid(`$top is "${text.slice(0, 50)}"; it takes a whole number`)
  return Number(text)
}

function trueOrFalse(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw invalid(`$count is "${text.slice(0, 50)}"; it takes true or false`)
  return text === 'true'
}
