import { RecordError } from '../../access.ts'
import type { Condition, Filter, Link, Operator, Value } from '../../query.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import { invalid, tooComplex } from '../limits.ts'
import { OPERATORS, oppositeOf, wrongCount } from '../operators.ts'
import type { Catalog } from '../source.ts'
import { NAMESPACE, operatorOf, TEXT_FUNCTIONS } from './functions.ts'
import { columnNamed, type Navigation, navigationNamed, tableNamed } from './navigation.ts'
import { Place } from './paths.ts'
import { TokenReader, type Word } from './reader.ts'
import { type Token, tokenize } from './tokens.ts'

/** What an OData filter asks: conditions, and the outer links that their paths go along. */
export interface ParsedFilter {
  filter: Filter
  links: readonly Link[]
}

type Item = Condition | Filter | Link

/**
 * Reads an OData `$filter` (OData 4.01 URL conventions 5.1.1, as far as Dataverse goes): comparisons, `and`, `or`,
 * `not`, `in`, `contains`, `startswith`, `endswith`, `Microsoft.Dynamics.CRM.*` functions, paths along lookups, `any`
 * and `all` over collections.
 * @throws RecordError `QueryInvalid` or `ColumnUnknown` with the position of what is not understood, `QueryTooComplex`.
 */
export function parseFilter(text: string, table: string, catalog: Catalog): ParsedFilter {
  const place = new Place(tableNamed(table, catalog), catalog)
  const filter = readFilter(text, place)
  return { filter, links: place.links() }
}

/** Reads a filter about a place; the links of its paths are added to the place. */
export function readFilter(text: string, place: Place, aliases?: ReadonlyMap<string, string>): Filter {
  return new FilterParser(tokenize(text, aliases), place).filter()
}

const DEPTH = 100
const COMPARISONS: ReadonlyMap<string, { operator: Operator; flipped: Operator }> = new Map([
  ['eq', { operator: 'eq', flipped: 'eq' }],
  ['ne', { operator: 'ne', flipped: 'ne' }],
  ['lt', { operator: 'lt', flipped: 'gt' }],
  ['le', { operator: 'le', flipped: 'ge' }],
  ['gt', { operator: 'gt', flipped: 'lt' }],
  ['ge', { operator: 'ge', flipped: 'le' }],
] as const)

class FilterParser {
  readonly #reader: TokenReader
  /** The places that can be named: the query's own table, or within `any` and `all` that of the variable. */
  #place: Place
  #variable: string | undefined
  #depth = 0
  readonly #aliases = new Set<string>()

  constructor(tokens: readonly Token[], place: Place) {
    this.#reader = new TokenReader(tokens)
    this.#place = place
  }

  filter(): Filter {
    const item = this.#or()
    if (this.#reader.peek().kind !== 'end') throw this.#reader.unexpected('the end')
    return item.kind === 'filter' ? item : { kind: 'filter', type: 'and', items: [item] }
  }

  #or(): Item {
    return this.#group('or', () => this.#group('and', () => this.#unary()))
  }

  #group(type: 'and' | 'or', read: () => Item): Item {
    const first = read()
    const items = [first]
    while (this.#reader.takeWord(type)) items.push(read())
    return items.length === 1 ? first : { kind: 'filter', type, items }
  }

  #unary(): Item {
    if (++this.#depth > DEPTH) throw tooComplex(`the OData expression is nested more than ${DEPTH} deep`)
    const item = this.#reader.takeWord('not') ? this.#negated() : this.#primary()
    this.#depth--
    return item
  }

  #negated(): Item {
    const grouped = this.#reader.isMark('(')
    const item = this.#unary()
    if (!grouped && item.kind === 'link' && item.type === 'any') return { ...item, type: 'not-any' }
    if (!grouped && item.kind === 'condition') {
      const operator = oppositeOf(item.operator)
      if (operator && OPERATORS[operator].opposite) return { ...item, operator }
    }
    if (item.kind === 'filter' && !item.not) return { kind: 'filter', type: item.type, not: true, items: item.items }
    return { kind: 'filter', type: 'and', not: true, items: [item] }
  }

  #primary(): Item {
    if (this.#reader.takeMark('(')) {
      const item = this.#or()
      this.#reader.expectMark(')')
      return item
    }
    const token = this.#reader.peek()
    if (token.kind === 'literal') return this.#flipped()
    if (token.kind !== 'word') throw this.#reader.unexpected('a condition')
    if (token.text.startsWith(NAMESPACE)) return this.#named()
    if (this.#reader.isMark('(', 1)) return this.#textFunction()
    return this.#aboutPath()
  }

  /** `5 lt age` */
  #flipped(): Condition {
    const value = this.#reader.literal()
    const comparison = this.#comparison()
    const { column, of } = this.#property(this.#path())
    return condition(column, of, comparison.flipped, value)
  }

  #aboutPath(): Item {
    const path = this.#path()
    const last = path.at(-1)
    if (path.length > 1 && (last?.text === 'any' || last?.text === 'all') && this.#reader.isMark('(')) {
      return this.#lambda(path.slice(0, -1), last.text)
    }
    const { column, of } = this.#property(path)
    if (!this.#reader.takeWord('in')) return condition(column, of, this.#comparison().operator, this.#reader.literal())
    this.#reader.expectMark('(')
    return withValues(column, of, 'in', this.#reader.literals(')'))
  }

  #textFunction(): Condition {
    const token = this.#reader.word()
    const found = TEXT_FUNCTIONS.get(token.text)
    if (!found) throw this.#reader.error(`the function ${token.text.slice(0, 50)} is not understood`, token)
    this.#reader.expectMark('(')
    const { column, of } = this.#property(this.#path())
    this.#reader.expectMark(',')
    const at = this.#reader.peek()
    const value = this.#reader.literal()
    if (typeof value !== 'string') throw this.#reader.error(`${token.text} takes a text`, at)
    this.#reader.expectMark(')')
    return withValues(column, of, found.operator, [found.value(value)])
  }

  /** `Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=3)` */
  #named(): Condition {
    const token = this.#reader.word()
    const operator = operatorOf(token.text)
    if (!operator) throw this.#reader.error(`the function ${token.text.slice(0, 80)} is not understood`, token)
    let property: { column: string; of: string | undefined } | undefined
    let values: readonly Value[] = []
    this.#reader.expectMark('(')
    do {
      const parameter = this.#reader.word()
      this.#reader.expectMark('=')
      if (parameter.text === 'PropertyName') property = this.#quotedPath()
      else if (parameter.text === 'PropertyValue') values = [this.#reader.literal()]
      else if (parameter.text === 'PropertyValues') {
        this.#reader.expectMark('[')
        values = this.#reader.literals(']')
      } else throw this.#reader.error(`the parameter ${parameter.text.slice(0, 50)} is not understood`, parameter)
    } while (this.#reader.takeMark(','))
    this.#reader.expectMark(')')
    if (!property) throw this.#reader.error(`${token.text} has no PropertyName`, token)
    const wanted = wrongCount(operator, values.length)
    if (wanted) throw this.#reader.error(`${token.text} takes ${wanted}`, token)
    return withValues(property.column, property.of, operator, values)
  }

  /** A path as the text of PropertyName. */
  #quotedPath() {
    const token = this.#reader.peek()
    const text = this.#reader.literal()
    if (typeof text !== 'string') throw this.#reader.error('PropertyName takes a text', token)
    return this.#property(text.split('/').map((part) => ({ kind: 'word', at: token.at, text: part })))
  }

  /** `contact_customer_accounts/any(c:c/firstname eq 'Anna')`, also of a row that lookups lead to. */
  #lambda(path: readonly Word[], quantifier: 'any' | 'all'): Link {
    const { place, rest } = this.#walk(path)
    const [name] = rest
    const navigation = name && rest.length === 1 ? navigationNamed(name.text, place.table, place.catalog) : undefined
    if (navigation?.kind !== 'many') {
      throw this.#reader.error(
        `${path.map(({ text }) => text).join('/')} is no collection that can be asked here`,
        path[0] as Word,
      )
    }
    const of = place === this.#place ? {} : { of: place.alias as string }
    this.#reader.expectMark('(')
    if (quantifier === 'any' && this.#reader.takeMark(')')) {
      return { ...related(navigation, 'any', this.#newAlias(navigation.name), this.#tieAlias(navigation), {}), ...of }
    }
    const variable = this.#reader.word().text
    this.#reader.expectMark(':')
    const alias = this.#newAlias(variable)
    const tie = this.#tieAlias(navigation)
    const outside = { place: this.#place, variable: this.#variable }
    const inside = new Place(tableNamed(navigation.table, place.catalog), place.catalog, alias)
    this.#place = inside
    this.#variable = variable
    const item = this.#or()
    this.#place = outside.place
    this.#variable = outside.variable
    this.#reader.expectMark(')')
    const filter: Filter = item.kind === 'filter' ? item : { kind: 'filter', type: 'and', items: [item] }
    const links = inside.links()
    return {
      ...related(navigation, quantifier, alias, tie, { filter, ...(links.length > 0 ? { links } : {}) }),
      ...of,
    }
  }

  #tieAlias({ via }: Navigation): string {
    return via ? this.#newAlias(`${via.table}_tie`) : ''
  }

  #newAlias(wanted: string): string {
    let alias = wanted
    for (let number = 2; this.#aliases.has(alias); number++) alias = `${wanted}${number}`
    this.#aliases.add(alias)
    return alias
  }

  #path(): Word[] {
    const path = [this.#reader.word()]
    while (this.#reader.takeMark('/')) path.push(this.#reader.word())
    return path
  }

  /** Follows lookups as far as they lead; within a lambda from its variable. */
  #walk(path: readonly Word[]): { place: Place; rest: readonly Word[] } {
    const [first, ...others] = path
    if (this.#variable !== undefined && first?.text !== this.#variable) {
      throw this.#reader.error(`within any and all, paths begin with "${this.#variable}/"`, first as Word)
    }
    let place = this.#place
    const rest = this.#variable === undefined ? [...path] : others
    while (rest.length > 1) {
      const next = place.go((rest[0] as Word).text)
      if (!next) break
      place = next
      rest.shift()
    }
    return { place, rest }
  }

  #property(path: readonly Word[]): { column: string; of: string | undefined } {
    const { place, rest } = this.#walk(path)
    const [name] = rest
    const column = name && rest.length === 1 ? columnNamed(name.text, place.table) : undefined
    if (!column) throw this.#unknown(place.table, name ?? (path[0] as Word))
    return { column, of: place === this.#place ? undefined : place.alias }
  }

  #comparison() {
    const token = this.#reader.peek()
    const found = token.kind === 'word' ? COMPARISONS.get(token.text) : undefined
    if (!found) throw this.#reader.unexpected('eq, ne, lt, le, gt, ge or in')
    this.#reader.word()
    return found
  }

  #unknown(table: TableDefinition, token: Word): RecordError {
    const message = `The table ${table.name} has no property ${token.text.slice(0, 100)} (character ${token.at + 1})`
    return new RecordError('ColumnUnknown', message, { table: table.name, column: token.text })
  }
}

/** That rows of a collection exist; of one that is tied by a third table, that such a tie exists. */
function related(
  { table, from, to, via }: Navigation,
  type: 'any' | 'all',
  alias: string,
  tie: string,
  asked: Pick<Link, 'filter' | 'links'>,
): Link {
  if (!via) return { kind: 'link', table, from, to, type, alias, ...asked }
  // "Every" is "none that fails", which the tie can say of the row behind it.
  const filter = type === 'all' && asked.filter ? { filter: opposite(asked.filter) } : {}
  return {
    kind: 'link',
    table: via.table,
    from: via.near,
    to,
    type: type === 'all' ? 'not-any' : 'any',
    alias: tie,
    links: [{ kind: 'link', table, from, to: via.far, type: 'inner', alias, ...asked, ...filter }],
  }
}

function opposite(filter: Filter): Filter {
  return filter.not ? { kind: 'filter', type: 'and', not: true, items: [filter] } : { ...filter, not: true }
}

function condition(column: string, of: string | undefined, operator: Operator, value: Value): Condition {
  if (value !== null) return withValues(column, of, operator, [value])
  if (operator === 'eq') return withValues(column, of, 'null', [])
  if (operator === 'ne') return withValues(column, of, 'not-null', [])
  throw invalid(`the property ${column} cannot be compared with null by ${operator}`, { column })
}

function withValues(column: string, of: string | undefined, operator: Operator, values: readonly Value[]): Condition {
  return { kind: 'condition', column, operator, values, ...(of === undefined ? {} : { of }) }
}
