import * as fc from 'fast-check'
import type { ParsedFilter } from '../../../src/records/query/odata/filter.ts'
import { OPERATORS } from '../../../src/records/query/operators.ts'
import type { Condition, Filter, Link, Operator, Value } from '../../../src/records/query.ts'
import type { ColumnType } from '../../../src/records/tables/definition.ts'
import { daysOf, id, instants, tables, texts, type World } from './world.ts'

/** Filters in the form in which OData gives them: no group within a group without need, and paths as outer links. */

const operators = Object.keys(OPERATORS) as Operator[]
const anyText = fc.oneof(texts, fc.string({ unit: 'binary', maxLength: 6 }))

const VALUES: Partial<Record<ColumnType, fc.Arbitrary<Value>>> = {
  text: anyText,
  memo: anyText,
  integer: fc.integer(),
  bigint: fc.oneof(fc.integer(), fc.constant('9007199254740993')),
  choice: fc.constantFrom(1, 2, 3),
  choices: fc.constantFrom(1, 2, 3),
  money: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((n) => (n === 0 ? 0 : n)),
  boolean: fc.boolean(),
  date: daysOf,
  datetime: instants,
}

type Scope = { table: keyof World; of?: string }

/** The places that a filter about a table may speak of. */
const PLACES: Record<keyof World, (start: string) => Scope[]> = {
  person: (start) => [
    { table: 'person' },
    { table: 'company', of: `${start}employerid` },
    { table: 'company', of: `${start}employerid.parentid` },
    { table: 'person', of: `${start}ownerid_person` },
  ],
  company: (start) => [{ table: 'company' }, { table: 'company', of: `${start}parentid` }],
}

const COLLECTIONS: Record<keyof World, readonly { table: keyof World; from: string; to: string }[]> = {
  person: [{ table: 'person', from: 'ownerid', to: 'personid' }],
  company: [
    { table: 'person', from: 'employerid', to: 'companyid' },
    { table: 'company', from: 'parentid', to: 'companyid' },
  ],
}

function condition({ table, of }: Scope): fc.Arbitrary<Condition> {
  return fc.constantFrom(...tables[table].columns).chain(({ name, type }) =>
    fc.constantFrom(...operators).chain((operator) => {
      const count = OPERATORS[operator].values
      const size = count === 'many' ? { maxLength: 3 } : { minLength: count, maxLength: count }
      // An OData function on text takes text only.
      const isText = /like|begin|end/.test(operator)
      const value = isText ? anyText : (VALUES[type] ?? fc.integer({ min: 1, max: 9 }).map(id))
      return fc.array(value, size).map((values) => ({
        kind: 'condition' as const,
        column: name,
        operator,
        values,
        ...(of === undefined ? {} : { of }),
      }))
    }),
  )
}

type Item = Condition | Filter | Link

function item(table: keyof World, start: string, depth: number): fc.Arbitrary<Item> {
  const conditions = PLACES[table](start).map(condition)
  if (depth === 0) return fc.oneof(...conditions)
  return fc.oneof(
    ...conditions,
    group(table, start, depth - 1),
    negated(table, start, depth - 1),
    lambda(table, depth - 1),
  )
}

const groupType = fc.constantFrom('and' as const, 'or' as const)

function group(table: keyof World, start: string, depth: number): fc.Arbitrary<Filter> {
  return fc.record({
    kind: fc.constant('filter' as const),
    type: groupType,
    items: fc.array(item(table, start, depth), { minLength: 2, maxLength: 3 }),
  })
}

function negated(table: keyof World, start: string, depth: number): fc.Arbitrary<Filter> {
  return fc.oneof(
    group(table, start, depth).map((filter) => ({ ...filter, not: true })),
    item(table, start, depth)
      .filter((each) => each.kind !== 'filter' || each.not === true)
      .map((each) => ({ kind: 'filter' as const, type: 'and' as const, not: true, items: [each] })),
  )
}

let variables = 0

function lambda(table: keyof World, depth: number): fc.Arbitrary<Link> {
  return fc
    .tuple(fc.constantFrom(...COLLECTIONS[table]), fc.constantFrom('any' as const, 'not-any' as const, 'all' as const))
    .chain(([way, type]) => {
      const alias = `v${variables++}`
      return whole(way.table, `${alias}.`, depth).map(
        (filter): Link => ({
          kind: 'link',
          ...way,
          type,
          alias,
          filter,
          ...withLinks(linksOf(filter, `${alias}.`)),
        }),
      )
    })
}

/** A filter as a whole: a group, or one item by itself. */
function whole(table: keyof World, start: string, depth: number): fc.Arbitrary<Filter> {
  return item(table, start, depth).map((each) =>
    each.kind === 'filter' ? each : { kind: 'filter', type: 'and', items: [each] },
  )
}

/** The outer links that a filter's paths need, in the order in which they are spoken of. */
function linksOf(filter: Filter, start: string): Link[] {
  const roots: { alias: string; link: Link }[] = []
  for (const alias of aliasesIn(filter)) {
    let level = roots
    let path = start.slice(0, -1)
    for (const name of alias.slice(start.length).split('.')) {
      path = path ? `${path}.${name}` : name
      const target: keyof World = name === 'ownerid_person' ? 'person' : 'company'
      let entry = level.find((each) => each.alias === path)
      if (!entry) {
        const link: Link = {
          kind: 'link',
          table: target,
          from: `${target}id`,
          to: name === 'ownerid_person' ? 'ownerid' : name,
          type: 'outer',
          alias: path,
        }
        entry = { alias: path, link }
        level.push(entry)
      }
      level = children(entry)
    }
  }
  return roots.map(finished)
}

const nested = new WeakMap<Link, { alias: string; link: Link }[]>()

function children(entry: { link: Link }): { alias: string; link: Link }[] {
  const known = nested.get(entry.link) ?? []
  nested.set(entry.link, known)
  return known
}

function finished(entry: { link: Link }): Link {
  return { ...entry.link, ...withLinks(children(entry).map(finished)) }
}

function withLinks(links: Link[]): { links?: Link[] } {
  return links.length > 0 ? { links } : {}
}

function aliasesIn(filter: Filter): string[] {
  return filter.items.flatMap((each) => {
    if (each.kind === 'filter') return aliasesIn(each)
    return each.kind === 'condition' && each.of !== undefined ? [each.of] : []
  })
}

export const odataFilter: fc.Arbitrary<ParsedFilter> = whole('person', '', 3).map((filter) => ({
  filter,
  links: linksOf(filter, ''),
}))
