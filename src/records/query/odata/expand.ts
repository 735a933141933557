import type { Query } from '../../query.ts'
import { checkLength, invalid, LIMITS, tooComplex } from '../limits.ts'
import { type Navigation, navigationNamed, tableNamed } from './navigation.ts'
import { Place } from './paths.ts'
import { parseSelect } from './select.ts'
import { splitTop } from './split.ts'

/** A query, and what else is read for each of its rows. */
export interface ODataQuery extends Query {
  expand?: readonly Expansion[]
}

/** One item of `$expand`: what is read along a navigation property beside each row. */
export interface Expansion {
  /** As the client called it. */
  name: string
  navigation: Navigation
  /** Only the addresses of the rows (`/$ref`). */
  ref: boolean
  /** Of a lookup: the alias of its link in the query of the row. */
  alias?: string
  columns: readonly string[] | 'all'
  /** Of a collection: the query of its rows, of all that belong to one row. */
  query?: ODataQuery
  /** The options as they were given, to say them again in a link to the next page. */
  options: ReadonlyMap<string, string>
  expand: readonly Expansion[]
}

/** What all levels of one request share. */
export interface Reading {
  aliases: ReadonlyMap<string, string>
  /** Items of `$expand` so far. */
  items: { count: number }
  depth: number
  /** Reads the options of a collection. */
  read: (given: ReadonlyMap<string, string>, place: Place, reading: Reading) => ODataQuery
}

const ITEM = /^\s*([A-Za-z_]\w{0,199})(\/\$ref)?\s*(?:\(([^]*)\))?\s*$/
const OF_LOOKUP: ReadonlySet<string> = new Set(['$select', '$expand'])
const OF_COLLECTION: ReadonlySet<string> = new Set(['$select', '$expand', '$filter', '$orderby', '$top', '$count'])

/**
 * Reads `$expand` (OData 4.01 URL conventions §5.1.3): `primarycontactid($select=fullname),Account_Tasks($top=5)`, also
 * within each other; `nav/$ref` gives addresses only. Lookups are linked to the place, collections have their own query.
 * @throws RecordError `QueryInvalid`, `QueryTooComplex` or `ColumnUnknown`, naming the item.
 */
export function parseExpand(text: string, place: Place, reading: Reading): Expansion[] {
  if (reading.depth >= LIMITS.expandDepth) throw tooComplex(`$expand is nested more than ${LIMITS.expandDepth} deep`)
  const deeper = { ...reading, depth: reading.depth + 1 }
  const names = new Set<string>()
  return splitTop(text, ',').map((part) => {
    if (++reading.items.count > LIMITS.expands) throw tooComplex(`more than ${LIMITS.expands} items of $expand`)
    const [, name, ref, inside] = ITEM.exec(part) ?? []
    if (name === undefined) throw invalid(`"${part.trim().slice(0, 100)}" of $expand is not understood`)
    if (names.has(name)) throw invalid(`$expand names ${name} twice`)
    names.add(name)
    const navigation = navigationNamed(name, place.table, place.catalog)
    if (!navigation) throw invalid(`${name} of $expand is no navigation property of ${place.table.name}`)
    const options = parseItem(inside ?? '', name, navigation.kind === 'one' ? OF_LOOKUP : OF_COLLECTION)
    if (ref && options.has('$expand')) throw invalid(`${name}/$ref of $expand has no rows to expand`)
    const item = { name, navigation, ref: ref !== undefined, options }
    return navigation.kind === 'one' ? alongLookup(item, place, deeper) : ofCollection(item, place, deeper)
  })
}

type Item = Pick<Expansion, 'name' | 'navigation' | 'ref' | 'options'>

function alongLookup(item: Item, place: Place, reading: Reading): Expansion {
  const target = place.go(item.name) as Place
  const select = item.options.get('$select')
  const selected = select === undefined ? undefined : parseSelect(select, target.table)
  const columns = item.ref ? [target.table.id] : (selected ?? 'all')
  place.read(item.name, columns)
  const nested = item.options.get('$expand')
  return {
    ...item,
    alias: target.alias as string,
    columns,
    expand: nested === undefined ? [] : parseExpand(nested, target, reading),
  }
}

function ofCollection(item: Item, place: Place, reading: Reading): Expansion {
  const target = tableNamed(item.navigation.table, place.catalog)
  const { expand = [], ...query } = reading.read(item.options, new Place(target, place.catalog), reading)
  return {
    ...item,
    columns: query.columns ?? 'all',
    query: item.ref ? { ...query, columns: [target.id] } : query,
    expand,
  }
}

function parseItem(inside: string, name: string, allowed: ReadonlySet<string>): Map<string, string> {
  const options = new Map<string, string>()
  if (inside.trim() === '') return options
  for (const part of splitTop(inside, ';')) {
    const at = part.indexOf('=')
    const option = part.slice(0, at).trim()
    if (at < 0 || !allowed.has(option))
      throw invalid(`"${part.trim().slice(0, 50)}" of $expand=${name}(…) is not understood`)
    if (options.has(option)) throw invalid(`$expand=${name}(…) has ${option} twice`)
    const value = part.slice(at + 1).trim()
    checkLength(value, `the option ${option}`)
    options.set(option, value)
  }
  return options
}
