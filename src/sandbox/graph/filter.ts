import { propertyKey } from '../model/index.ts'
import { badRequest } from './error.ts'
import { readPropertyId } from './properties.ts'

/** What a filter is held against: the JSON of an entity. */
export type Entity = Readonly<Record<string, unknown>>
type Test = (entity: Entity, variables: Readonly<Record<string, unknown>>) => boolean
type Value = (entity: Entity, variables: Readonly<Record<string, unknown>>) => unknown

export interface Filter {
  matches(entity: Entity): boolean
  /** Paths it names, e.g. `receivedDateTime`. */
  paths: ReadonlySet<string>
}

/** `$filter` of OData as far as Exchange knows it. @throws GraphError 400 */
export function parseFilter(text: string): Filter {
  if (text.length > 4_000) throw badRequest('The filter is too long.')
  const parser = new Parser(tokensOf(text))
  const test = parser.disjunction()
  parser.end()
  return { matches: (entity) => test(entity, {}), paths: parser.paths }
}

const TOKEN =
  /\s*(?:('(?:[^']|'')*')|(\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)|(-?\d+(?:\.\d+)?)|([A-Za-z_@][\w@.]*(?:\/[\w.]+)*)|([(),:]))/y

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex
    const found = TOKEN.exec(text)
    if (!found) throw badRequest(`Syntax error at position ${at} in '${text}'.`)
    tokens.push(found[0].trim())
  }
  return tokens
}

class Parser {
  readonly paths = new Set<string>()
  readonly #tokens: string[]
  #at = 0
  #depth = 0

  constructor(tokens: string[]) {
    this.#tokens = tokens
  }

  disjunction(): Test {
    if (++this.#depth > 50) throw badRequest('The filter is nested too deeply.')
    const tests = [this.#conjunction()]
    while (this.#accept('or')) tests.push(this.#conjunction())
    this.#depth--
    return (entity, variables) => tests.some((test) => test(entity, variables))
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw badRequest(`Syntax error: '${this.#tokens[this.#at]}' is not expected.`)
  }

  #conjunction(): Test {
    const tests = [this.#negation()]
    while (this.#accept('and')) tests.push(this.#negation())
    return (entity, variables) => tests.every((test) => test(entity, variables))
  }

  #negation(): Test {
    if (this.#accept('not')) {
      const test = this.#negation()
      return (entity, variables) => !test(entity, variables)
    }
    if (this.#accept('(')) {
      const test = this.disjunction()
      this.#expect(')')
      return test
    }
    return this.#comparison()
  }

  #comparison(): Test {
    const word = this.#tokens[this.#at] ?? ''
    if (/\/any$/i.test(word)) return this.#any()
    if (word in TEXT_TESTS) return this.#textTest()
    const left = this.#value()
    const operator = this.#next()
    const compare = COMPARISONS[operator]
    if (!compare) throw badRequest(`Syntax error: '${operator}' is no comparison.`)
    const right = this.#value()
    return (entity, variables) => compare(left(entity, variables), right(entity, variables))
  }

  #any(): Test {
    const path = this.#next().replace(/\/any$/i, '')
    this.paths.add(path)
    this.#expect('(')
    const variable = this.#next()
    this.#expect(':')
    const test = this.disjunction()
    this.#expect(')')
    return (entity, variables) => {
      const list = at(entity, path)
      return Array.isArray(list) && list.some((each) => test(entity, { ...variables, [variable]: each }))
    }
  }

  #textTest(): Test {
    const name = this.#next() as keyof typeof TEXT_TESTS
    this.#expect('(')
    const left = this.#value()
    this.#expect(',')
    const right = this.#value()
    this.#expect(')')
    const test = TEXT_TESTS[name]
    return (entity, variables) => test(lower(left(entity, variables)), lower(right(entity, variables)))
  }

  #value(): Value {
    const token = this.#next()
    if (token.startsWith("'")) return constant(token.slice(1, -1).replaceAll("''", "'"))
    if (token === 'true' || token === 'false') return constant(token === 'true')
    if (token === 'null') return constant(null)
    if (/^\d{4}-\d\d-\d\d/.test(token)) return constant(new Date(token))
    if (/^-?\d/.test(token)) return constant(Number(token))
    if (token === 'cast') return this.#cast()
    if (!/^[A-Za-z]/.test(token)) throw badRequest(`Syntax error: '${token}' is not expected.`)
    this.paths.add(token)
    return (entity, variables) => {
      const [first = '', ...rest] = token.split('/')
      if (first in variables) return rest.length ? at(variables[first] as Entity, rest.join('/')) : variables[first]
      return at(entity, token)
    }
  }

  /** `cast(ep/value, Edm.Int32)`: values are compared as what they look like anyway. */
  #cast(): Value {
    this.#expect('(')
    const value = this.#value()
    this.#expect(',')
    this.#next()
    this.#expect(')')
    return value
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }

  #next(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw badRequest('Syntax error: the filter ends too early.')
    return token
  }

  #expect(token: string): void {
    const found = this.#next()
    if (found !== token) throw badRequest(`Syntax error: '${token}' expected, not '${found}'.`)
  }
}

const TEXT_TESTS = {
  startswith: (text: string, part: string) => text.startsWith(part),
  contains: (text: string, part: string) => text.includes(part),
  endswith: (text: string, part: string) => text.endsWith(part),
}

/** For comparisons: Exchange does not tell large letters from small ones. */
function lower(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : JSON.stringify(value ?? '')
}

const constant =
  (value: unknown): Value =>
  () =>
    value

export function at(entity: Entity | undefined, path: string): unknown {
  return path.split('/').reduce<unknown>((value, name) => (value as Entity | null | undefined)?.[name], entity)
}

type Comparison = (left: unknown, right: unknown) => boolean

const ordered =
  (test: (order: number) => boolean): Comparison =>
  (left, right) => {
    if (left === null || left === undefined || right === null || right === undefined) return false
    const [a, b] = [comparable(left, right), comparable(right, left)]
    return test(a < b ? -1 : a > b ? 1 : 0)
  }

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  eq: equal,
  ne: (left, right) => !equal(left, right),
  gt: ordered((order) => order > 0),
  ge: ordered((order) => order >= 0),
  lt: ordered((order) => order < 0),
  le: ordered((order) => order <= 0),
}

function equal(left: unknown, right: unknown): boolean {
  if ((left ?? null) === null || (right ?? null) === null) return (left ?? null) === (right ?? null)
  const [a, b] = [comparable(left, right), comparable(right, left)]
  if (typeof a === 'string' && typeof b === 'string') {
    const [first, second] = [readPropertyId(a), readPropertyId(b)]
    if (first && second) return propertyKey(first) === propertyKey(second)
    return a.toLowerCase() === b.toLowerCase()
  }
  return a === b
}

function comparable(value: unknown, other: unknown): number | string {
  if (value instanceof Date) return value.getTime()
  if (other instanceof Date) return Date.parse(String(value))
  if (typeof other === 'number') return Number(value)
  return typeof value === 'number' ? value : String(value)
}
