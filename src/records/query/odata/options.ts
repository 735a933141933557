import { RecordError } from '../../access.ts'
import type { Order, Query } from '../../query.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import { checkLength, checkLimits, invalid } from '../limits.ts'
import type { Catalog } from '../source.ts'
import { readFilter } from './filter.ts'
import { columnNamed, tableNamed } from './navigation.ts'
import { Place } from './paths.ts'

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
 * Reads the query options of a request for an entity set. `$expand` takes the navigation properties of lookups, whose
 * columns come back as `<navigation property>.<column>`. Options without `$` are the caller's.
 * @throws RecordError `QueryInvalid`, `QueryTooComplex`, `ColumnUnknown`, naming the option and what it is about.
 */
export function parseODataOptions(options: URLSearchParams, table: string, catalog: Catalog): Query {
  const given = collect(options)
  const aliases = new Map([...options].filter(([name]) => name.startsWith('@')))
  const place = new Place(tableNamed(table, catalog), catalog)
  const option = <T>(name: string, read: (text: string) => T): T | undefined => {
    const text = given.get(name)
    return text === undefined ? undefined : read(text)
  }
  const columns = option('$select', (text) => parseSelect(text, place.table))
  const filter = option('$filter', (text) => readFilter(text, place, aliases))
  const order = option('$orderby', (text) => parseOrderBy(text, place))
  option('$expand', (text) => parseExpand(text, place))
  const top = option('$top', wholeNumber)
  const count = option('$count', trueOrFalse)
  const after = given.get('$skiptoken')
  const links = place.links()
  const query: Query = {
    table,
    ...(columns ? { columns } : {}),
    ...(filter ? { filter } : {}),
    ...(links.length > 0 ? { links } : {}),
    ...(order ? { order } : {}),
    ...(top === undefined ? {} : { top }),
    ...(after === undefined ? {} : { after }),
    ...(count ? { count } : {}),
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

function parseSelect(text: string, table: TableDefinition): string[] | undefined {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('*')) return undefined
  return [...new Set(names.map((name) => column(name, table, '$select')))]
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

/** `primarycontactid($select=fullname,emailaddress1),ownerid_team` */
function parseExpand(text: string, place: Place): void {
  const item = /\s*([A-Za-z_]\w*)\s*(?:\(\s*\$select=([\w\s,*]+)\))?\s*(,|$)/y
  let end = ','
  while (end === ',') {
    const start = item.lastIndex
    const [, name, select, next] = item.exec(text) ?? []
    if (!name || next === undefined) {
      throw invalid(`"${text.slice(start, start + 50)}" of $expand is not understood (character ${start + 1})`)
    }
    const target = go(place, name, '$expand')
    place.read(name, (select && parseSelect(select, target.table)) || 'all')
    end = next
  }
}

function go(place: Place, name: string, option: string): Place {
  const target = place.go(name)
  if (target) return target
  throw invalid(`${name.slice(0, 100)} of ${option} is no navigation property of a lookup of ${place.table.name}`)
}

function column(name: string, table: TableDefinition, option: string): string {
  const found = columnNamed(name, table)
  if (found) return found
  const message = `The table ${table.name} has no property "${name.slice(0, 100)}" (${option})`
  throw new RecordError('ColumnUnknown', message, { table: table.name, column: name })
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw invalid(`$top is "${text.slice(0, 50)}"; it takes a whole number`)
  return Number(text)
}

function trueOrFalse(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw invalid(`$count is "${text.slice(0, 50)}"; it takes true or false`)
  return text === 'true'
}
