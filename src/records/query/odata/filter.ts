import { RecordError } from '../../access.ts'
import type { Condition, Filter, Link, Operator, Value } from '../../query.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import { invalid, tooComplex } from '../limits.ts'
import { OPERATORS, oppositeOf, wrongCount } from '../operators.ts'
import type { Catalog } from '../source.ts'
import { NAMESPACE, operatorOf, TEXT_FUNCTIONS } from './functions.ts'
import { columnNamed, navigationNamed, tableNamed } from './navigation.ts'
import { Place } from './paths.ts'
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
  readonly #tokens: readonly Token[]
  /** The places that can be named: the query's own table, or within `any` and `all` that of the variable. */
  #place: Place
  #variable: string | undefined
  #next = 0
  #depth = 0
  readonly #aliases = new Set<string>()

  constructor(tokens: readonly Token[], place: Place) {
    this.#tokens = tokens
    this.#place = place
  }

  filter(): Filter {
    const item = this.#or()
    if (this.#peek().kind !== 'end') throw this.#unexpected('the end')
    return item.kind === 'filter' ? item : { kind: 'filter', type: 'and', items: [item] }
  }

  #or(): Item {
    return this.#group('or', () => this.#group('and', () => this.#unary()))
  }

  #group(type: 'and' | 'or', read: () => Item): Item {
    const first = read()
    const items = [first]
    while (this.#takeWord(type)) items.push(read())
    return items.length === 1 ? first : { kind: 'filter', type, items }
  }

  #unary(): Item {
    if (++this.#depth > DEPTH) throw tooComplex(`the OData expression is nested more than ${DEPTH} deep`)
    const item = this.#takeWord('not') ? this.#negated() : this.#primary()
    this.#depth--
    return item
  }

  #negated(): Item {
    const grouped = this.#isMark('(')
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
    if (this.#takeMark('(')) {
      const item = this.#or()
      this.#expectMark(')')
      return item
    }
    const token = this.#peek()
    if (token.kind === 'literal') return this.#flipped()
    if (token.kind !== 'word') throw this.#unexpected('a condition')
    if (token.text.startsWith(NAMESPACE)) return this.#named()
    const following = this.#tokens[this.#next + 1]
    if (following?.kind === 'mark' && following.text === '(') return this.#textFunction()
    return this.#aboutPath()
  }

  /** `5 lt age` */
  #flipped(): Condition {
    const value = this.#literal()
    const comparison = this.#comparison()
    const { column, of } = this.#property(this.#path())
    return condition(column, of, comparison.flipped, value)
  }

  #aboutPath(): Item {
    const path = this.#path()
    const last = path.at(-1)
    if (path.length > 1 && (last?.text === 'any' || last?.text === 'all') && this.#isMark('(')) {
      return this.#lambda(path.slice(0, -1), last.text)
    }
    const { column, of } = this.#property(path)
    if (!this.#takeWord('in')) return condition(column, of, this.#comparison().operator, this.#literal())
    this.#expectMark('(')
    return withValues(column, of, 'in', this.#literals(')'))
  }

  #textFunction(): Condition {
    const token = this.#word()
    const found = TEXT_FUNCTIONS.get(token.text)
    if (!found) throw this.#error(`the function ${token.text.slice(0, 50)} is not understood`, token)
    this.#expectMark('(')
    const { column, of } = this.#property(this.#path())
    this.#expectMark(',')
    const at = this.#peek()
    const value = this.#literal()
    if (typeof value !== 'string') throw this.#error(`${token.text} takes a text`, at)
    this.#expectMark(')')
    return withValues(column, of, found.operator, [found.value(value)])
  }

  /** `Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=3)` */
  #named(): Condition {
    const token = this.#word()
    const operator = operatorOf(token.text)
    if (!operator) throw this.#error(`the function ${token.text.slice(0, 80)} is not understood`, token)
    let property: { column: string; of: string | undefined } | undefined
    let values: readonly Value[] = []
    this.#expectMark('(')
    do {
      const parameter = this.#word()
      this.#expectMark('=')
      if (parameter.text === 'PropertyName') property = this.#quotedPath()
      else if (parameter.text === 'PropertyValue') values = [this.#literal()]
      else if (parameter.text === 'PropertyValues') {
        this.#expectMark('[')
        values = this.#literals(']')
      } else throw this.#error(`the parameter ${parameter.text.slice(0, 50)} is not understood`, parameter)
    } while (this.#takeMark(','))
    this.#expectMark(')')
    if (!property) throw this.#error(`${token.text} has no PropertyName`, token)
    const wanted = wrongCount(operator, values.length)
    if (wanted) throw this.#error(`${token.text} takes ${wanted}`, token)
    return withValues(property.column, property.of, operator, values)
  }

  /** A path as the text of PropertyName. */
  #quotedPath() {
    const token = this.#peek()
    const text = this.#literal()
    if (typeof text !== 'string') throw this.#error('PropertyName takes a text', token)
    return this.#property(text.split('/').map((part) => ({ kind: 'word', at: token.at, text: part })))
  }

  /** `contact_parentcustomerid/any(c: c/firstname eq 'Anna')` */
  #lambda(path: readonly Word[], quantifier: 'any' | 'all'): Link {
    const { place, rest } = this.#walk(path)
    const [name] = rest
    const navigation = name && rest.length === 1 ? navigationNamed(name.text, place.table, place.catalog) : undefined
    if (navigation?.kind !== 'many' || place !== this.#place) {
      throw this.#error(
        `${path.map(({ text }) => text).join('/')} is no collection that can be asked here`,
        path[0] as Word,
      )
    }
    this.#expectMark('(')
    const { table, from, to } = navigation
    const link = { kind: 'link' as const, table, from, to, type: quantifier }
    if (quantifier === 'any' && this.#takeMark(')')) return { ...link, alias: this.#newAlias(navigation.name) }
    const variable = this.#word().text
    this.#expectMark(':')
    const alias = this.#newAlias(variable)
    const outside = { place: this.#place, variable: this.#variable }
    const inside = new Place(tableNamed(table, place.catalog), place.catalog, alias)
    this.#place = inside
    this.#variable = variable
    const item = this.#or()
    this.#place = outside.place
    this.#variable = outside.variable
    this.#expectMark(')')
    const filter: Filter = item.kind === 'filter' ? item : { kind: 'filter', type: 'and', items: [item] }
    const links = inside.links()
    return { ...link, alias, filter, ...(links.length > 0 ? { links } : {}) }
  }

  #newAlias(wanted: string): string {
    let alias = wanted
    for (let number = 2; this.#aliases.has(alias); number++) alias = `${wanted}${number}`
    this.#aliases.add(alias)
    return alias
  }

  #path(): Word[] {
    const path = [this.#word()]
    while (this.#takeMark('/')) path.push(this.#word())
    return path
  }

  /** Follows lookups as far as they lead; within a lambda from its variable. */
  #walk(path: readonly Word[]): { place: Place; rest: readonly Word[] } {
    const [first, ...others] = path
    if (this.#variable !== undefined && first?.text !== this.#variable) {
      throw this.#error(`within any and all, paths begin with "${this.#variable}/"`, first as Word)
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
    const token = this.#peek()
    const found = token.kind === 'word' ? COMPARISONS.get(token.text) : undefined
    if (!found) throw this.#unexpected('eq, ne, lt, le, gt, ge or in')
    this.#next++
    return found
  }

  #literals(end: string): Value[] {
    const values: Value[] = []
    if (this.#takeMark(end)) return values
    do values.push(this.#literal())
    while (this.#takeMark(','))
    this.#expectMark(end)
    return values
  }

  #literal(): Value {
    const token = this.#peek()
    if (token.kind !== 'literal') throw this.#unexpected('a value')
    this.#next++
    return token.value
  }

  #word(): Word {
    const token = this.#peek()
    if (token.kind !== 'word') throw this.#unexpected('a name')
    this.#next++
    return token
  }

  #takeWord(text: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'word' || token.text !== text) return false
    this.#next++
    return true
  }

  #isMark(text: string): boolean {
    const token = this.#peek()
    return token.kind === 'mark' && token.text === text
  }

  #takeMark(text: string): boolean {
    if (!this.#isMark(text)) return false
    this.#next++
    return true
  }

  #expectMark(text: string): void {
    if (!this.#takeMark(text)) throw this.#unexpected(`"${text}"`)
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token
  }

  #unexpected(wanted: string): RecordError {
    return this.#error(`${wanted} is expected`, this.#peek())
  }

  #unknown(table: TableDefinition, token: Word): RecordError {
    const message = `The table ${table.name} has no property ${token.text.slice(0, 100)} (character ${token.at + 1})`
    return new RecordError('ColumnUnknown', message, { table: table.name, column: token.text })
  }

  #error(message: string, token: Token): RecordError {
    return invalid(`${message} (character ${token.at + 1})`)
  }
}

type Word = Extract<Token, { kind: 'word' }>

function condition(column: string, of: string | undefined, operator: Operator, value: Value): Condition {
  if (value !== null) return withValues(column, of, operator, [value])
  if (operator === 'eq') return withValues(column, of, 'null', [])
  if (operator === 'ne') return withValues(column, of, 'not-null', [])
  throw invalid(`the property ${column} cannot be compared with null by ${operator}`, { column })
}

function withValues(column: string, of: string | undefined, operator: Operator, values: readonly Value[]): Condition {
  return { kind: 'condition', column, operator, values, ...(of === undefined ? {} : { of }) }
}
