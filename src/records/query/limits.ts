import { RecordError } from '../access.ts'
import type { Condition, Filter, Link, Query, Value } from '../query.ts'

/** The bounds of one query, whoever made it. */
export const LIMITS = {
  links: 15,
  /** Links within links (SF-33). */
  linkDepth: 5,
  conditions: 500,
  /** Groups within groups. */
  depth: 20,
  /** Characters of a query in text form. */
  text: 32_768,
  /** Values of one condition. */
  values: 20_000,
  /** Characters of one value. */
  value: 32_768,
  orders: 10,
  columns: 1_000,
  /** Navigation properties expanded by one request, and how deep within each other. */
  expands: 15,
  expandDepth: 5,
  top: 100_000,
  /** Rows that may be left out by number; further on, pages follow positions. */
  skip: 50_000,
  /** Rows that one aggregation reads. */
  aggregated: 50_000,
  /** Groups and values of one aggregation. */
  aggregates: 50,
} as const

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
const ALIAS = /^[A-Za-z_][A-Za-z0-9_.]{0,199}$/

/**
 * Refuses what is too large or has names that could not be, before anything else looks at it.
 * @throws RecordError `QueryTooComplex` or `QueryInvalid`, naming the element.
 */
export function checkLimits(query: Query): void {
  const aliases = new Set<string>()
  let conditions = 0

  name(query.table, 'table')
  for (const column of many(query.columns ?? [], LIMITS.columns, 'columns')) name(column, 'column')
  for (const order of many(query.order ?? [], LIMITS.orders, 'orders')) name(order.column, 'column of an order')
  if (query.top !== undefined && !(Number.isInteger(query.top) && query.top >= 0 && query.top <= LIMITS.top)) {
    throw invalid(`top must be a whole number from 0 to ${LIMITS.top}, not ${query.top}`)
  }
  if (query.skip !== undefined && !(Number.isInteger(query.skip) && query.skip >= 0 && query.skip <= LIMITS.skip)) {
    throw tooComplex(`rows from ${LIMITS.skip} on are reached by positions (paging cookies) only`)
  }
  if (query.filter) filter(query.filter, 1, 0)
  for (const item of query.links ?? []) link(item, 1, 1)

  function filter(group: Filter, depth: number, linkDepth: number): void {
    if (depth > LIMITS.depth) throw tooComplex(`groups are nested more than ${LIMITS.depth} deep`)
    for (const item of group.items) {
      if (item.kind === 'condition') condition(item)
      else if (item.kind === 'filter') filter(item, depth + 1, linkDepth)
      else link(item, depth + 1, linkDepth + 1)
    }
  }

  function condition(item: Condition): void {
    if (++conditions > LIMITS.conditions) throw tooComplex(`it has more than ${LIMITS.conditions} conditions`)
    name(item.column, 'column of a condition')
    checkValues([item.values], ` of the condition on ${item.column}`)
  }

  function link(item: Link, depth: number, linkDepth: number): void {
    if (linkDepth > LIMITS.linkDepth) {
      throw tooComplex(`the link ${item.alias} is nested more than ${LIMITS.linkDepth} deep`)
    }
    if (!ALIAS.test(item.alias)) throw invalid(`"${item.alias}" cannot be the alias of a link`)
    if (aliases.has(item.alias)) throw invalid(`two links have the alias ${item.alias}`)
    aliases.add(item.alias)
    if (aliases.size > LIMITS.links) throw tooComplex(`it has more than ${LIMITS.links} links`)
    for (const each of [item.table, item.from, item.to]) name(each, `name in the link ${item.alias}`)
    if (item.columns !== 'all') many(item.columns ?? [], LIMITS.columns, `columns of the link ${item.alias}`)
    if (item.filter) filter(item.filter, depth, linkDepth)
    for (const nested of item.links ?? []) link(nested, depth, linkDepth + 1)
  }
}

/** Refuses values that are too many or too long, of conditions whose query is known to be fine otherwise. */
export function checkValues(conditions: readonly (readonly Value[])[], where = ' of a condition'): void {
  for (const values of conditions)
    for (const value of many(values, LIMITS.values, `values${where}`)) {
      if (typeof value !== 'string') continue
      if (value.length > LIMITS.value) throw tooComplex(`a value${where} is too long`)
      if (value.includes('\0')) throw invalid(`a value${where} contains U+0000`)
    }
}

/** Refuses text that is too long to be read. @throws RecordError `QueryTooComplex`. */
export function checkLength(text: string, what: string): void {
  if (text.length > LIMITS.text) throw tooComplex(`${what} has more than ${LIMITS.text} characters`)
}

export function invalid(message: string, at: { table?: string; column?: string } = {}): RecordError {
  return new RecordError('QueryInvalid', `The query is not valid: ${message}`, at)
}

export function tooComplex(message: string): RecordError {
  return new RecordError('QueryTooComplex', `The query is too complex: ${message}`)
}

function many<T>(items: readonly T[], limit: number, what: string): readonly T[] {
  if (items.length > limit) throw tooComplex(`more than ${limit} ${what}`)
  return items
}

function name(text: string, what: string): void {
  if (!NAME.test(text)) throw invalid(`"${text.slice(0, 100)}" cannot be the name of a ${what}`)
}
