import type { Condition, Filter, Link, Operator, Value } from '../../query.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import { invalid } from '../limits.ts'
import { OPERATORS } from '../operators.ts'
import type { Catalog } from '../source.ts'
import type { ParsedFilter } from './filter.ts'
import { containedIn, functionOf } from './functions.ts'
import { type Navigation, navigationsOf, propertyName, tableNamed } from './navigation.ts'

/**
 * Writes a filter as OData, which `parseFilter` reads back to the same filter; '' when it restricts nothing.
 * @throws RecordError `QueryInvalid` for what OData cannot say: links that are no navigation properties, or a negation
 * of nothing.
 */
export function printFilter({ filter, links }: ParsedFilter, table: string, catalog: Catalog): string {
  const text = new FilterPrinter(tableNamed(table, catalog), catalog, undefined, links).group(filter)
  return text ?? ''
}

const COMPARISONS: ReadonlySet<Operator> = new Set<Operator>(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])
const TEXT_FUNCTIONS: Partial<Record<Operator, string>> = { 'begins-with': 'startswith', 'ends-with': 'endswith' }
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const VARIABLE = /^[A-Za-z_]\w*$/

class FilterPrinter {
  readonly #catalog: Catalog
  readonly #table: TableDefinition
  readonly #prefix: string
  /** Path and table behind each alias. */
  readonly #paths = new Map<string, { path: string; table: TableDefinition }>()

  constructor(table: TableDefinition, catalog: Catalog, variable: string | undefined, links: readonly Link[]) {
    this.#catalog = catalog
    this.#table = table
    this.#prefix = variable === undefined ? '' : `${variable}/`
    this.#learn(links, table, this.#prefix)
  }

  /** Undefined for a group that always holds. */
  group(filter: Filter): string | undefined {
    const items = filter.items.map((item) => this.#item(item))
    const printed = items.filter((item) => item !== undefined)
    const always = filter.type === 'or' ? printed.length < items.length || items.length === 0 : printed.length === 0
    if (filter.not && always) throw invalid('OData cannot say that nothing is meant')
    if (always) return undefined
    const text = printed.join(` ${filter.type} `)
    return filter.not ? `not (${text})` : text
  }

  #item(item: Condition | Filter | Link): string | undefined {
    if (item.kind === 'condition') return this.#condition(item)
    if (item.kind === 'link') return this.#lambda(item)
    const text = this.group(item)
    return text === undefined || item.not ? text : `(${text})`
  }

  #condition({ column, operator, values, of }: Condition): string {
    const { path, table } = this.#place(of)
    const property = path + propertyName(column, table)
    const texts = values.map((value) => printValue(value, column, table))
    const opposite = OPERATORS[operator].opposite
    if (COMPARISONS.has(operator)) return `${property} ${operator} ${texts[0]}`
    if (operator === 'null') return `${property} eq null`
    if (operator === 'not-null') return `${property} ne null`
    if (operator === 'in' && values.length > 0) return `${property} in (${texts.join(',')})`
    const textFunction = TEXT_FUNCTIONS[operator]
    if (textFunction) return `${textFunction}(${property},${texts[0]})`
    if (opposite && TEXT_FUNCTIONS[opposite]) return `not ${TEXT_FUNCTIONS[opposite]}(${property},${texts[0]})`
    const contained = operator === 'like' || operator === 'not-like' ? containedIn(String(values[0])) : undefined
    if (contained !== undefined) return `${opposite ? 'not ' : ''}contains(${property},${quoted(contained)})`
    return printFunction(operator, property, texts)
  }

  #lambda(link: Link): string {
    const { path, table } = this.#place(link.of)
    const { navigation, row } = this.#collection(link, table)
    const quantifier = link.type === 'all' ? 'all' : 'any'
    const not = link.type === 'not-any' ? 'not ' : ''
    const start = `${not}${path}${navigation.name}/${quantifier}`
    if (!VARIABLE.test(row.alias)) throw invalid(`OData cannot name a variable ${row.alias}`)
    const inside = new FilterPrinter(tableNamed(row.table, this.#catalog), this.#catalog, row.alias, row.links ?? [])
    const filter = row.filter && inside.group(row.filter)
    if (filter !== undefined) return `${start}(${row.alias}:${filter})`
    if (quantifier === 'all') throw invalid(`OData cannot say "all" without a condition (${row.alias})`)
    return `${start}()`
  }

  /** The collection that a link asks of, and the link to its rows: behind the tie, where there is one. */
  #collection(link: Link, table: TableDefinition): { navigation: Navigation; row: Link } {
    if (link.type === 'inner' || link.type === 'outer') throw noWay(link)
    const [behind, second] = link.links ?? []
    const ways = navigationsOf(table, this.#catalog).filter(({ kind, to }) => kind === 'many' && to === link.to)
    const isTie = behind?.type === 'inner' && !second && !link.filter && link.type !== 'all'
    const tied = ways.find(
      ({ table: target, via }) =>
        isTie &&
        via?.table === link.table &&
        via.near === link.from &&
        behind.table === target &&
        behind.to === via.far,
    )
    if (tied && behind) return { navigation: tied, row: behind }
    const plain = ways.find(({ table: target, from, via }) => !via && target === link.table && from === link.from)
    if (plain) return { navigation: plain, row: link }
    throw noWay(link)
  }

  #place(alias: string | undefined): { path: string; table: TableDefinition } {
    if (alias === undefined) return { path: this.#prefix, table: this.#table }
    const found = this.#paths.get(alias)
    if (!found) throw invalid(`no link that can be reached here has the alias ${alias}`)
    return found
  }

  #learn(links: readonly Link[], table: TableDefinition, prefix: string): void {
    for (const link of links) {
      const navigation = navigationsOf(table, this.#catalog).find(
        ({ kind, table, from, to }) => kind === 'one' && table === link.table && from === link.from && to === link.to,
      )
      if (!navigation || link.type !== 'outer' || link.filter) throw noWay(link)
      const path = `${prefix}${navigation.name}/`
      const target = tableNamed(link.table, this.#catalog)
      this.#paths.set(link.alias, { path, table: target })
      this.#learn(link.links ?? [], target, path)
    }
  }
}

function printFunction(operator: Operator, property: string, texts: readonly string[]): string {
  const start = `${functionOf(operator)}(PropertyName=${quoted(property)}`
  const count = OPERATORS[operator].values
  if (count === 0) return `${start})`
  return count === 1 ? `${start},PropertyValue=${texts[0]})` : `${start},PropertyValues=[${texts.join(',')}])`
}

function printValue(value: Value, column: string, table: TableDefinition): string {
  if (value === null) throw invalid(`null as a value of ${column}; use the operator null`, { column })
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'string') return String(value)
  const type = table.columns.find(({ name }) => name === column)?.type
  const bare =
    ((type === 'lookup' || type === 'id') && UUID.test(value)) ||
    ((type === 'date' || type === 'datetime') && DAY.test(value)) ||
    ((type === 'bigint' || type === 'decimal') && /^-?\d+$/.test(value) && !Number.isSafeInteger(Number(value)))
  return bare ? value : quoted(value)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function noWay(link: Link) {
  return invalid(`OData has no navigation property for the link ${link.alias} (${link.type})`)
}
