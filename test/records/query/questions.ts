import * as fc from 'fast-check'
import { OPERATORS } from '../../../src/records/query/operators.ts'
import type { Condition, Filter, Link, Operator, Order, Query, Value } from '../../../src/records/query.ts'
import type { ColumnType } from '../../../src/records/tables/definition.ts'
import { daysOf, id, instants, tables, texts, type World } from './world.ts'

/** Queries that can be asked of the small world, of every kind there is. */

const operators = Object.keys(OPERATORS) as Operator[]
const patterns = fc.oneof(
  texts.filter((text) => !text.includes('[')),
  fc.constantFrom('%n%', 'a_', 'a[%]%', '%[_]a', '_', '%'),
)

const TIE: Record<keyof World, readonly { table: keyof World; from: string; to: string }[]> = {
  person: [
    { table: 'company', from: 'companyid', to: 'employerid' },
    { table: 'company', from: 'companyid', to: 'ownerid' },
    { table: 'person', from: 'personid', to: 'ownerid' },
    { table: 'person', from: 'ownerid', to: 'personid' },
    { table: 'person', from: 'age', to: 'kind' },
  ],
  company: [
    { table: 'person', from: 'employerid', to: 'companyid' },
    { table: 'person', from: 'ownerid', to: 'companyid' },
    { table: 'company', from: 'parentid', to: 'companyid' },
    { table: 'company', from: 'companyid', to: 'parentid' },
  ],
}

function valueOf(type: ColumnType, operator: Operator): fc.Arbitrary<Value> {
  if (operator === 'like' || operator === 'not-like') return patterns
  if (OPERATORS[operator].values === 1 && operator.includes('-x-')) return fc.integer({ min: 1, max: 20 })
  if (type === 'datetime' && operator.startsWith('on')) return fc.oneof(daysOf, instants)
  return VALUES[type] ?? ids
}

const ids = fc.integer({ min: 1, max: 9 }).map(id)
const VALUES: Partial<Record<ColumnType, fc.Arbitrary<Value>>> = {
  text: texts,
  memo: texts,
  integer: fc.integer({ min: 0, max: 5 }),
  bigint: fc.integer({ min: 0, max: 3 }),
  choice: fc.constantFrom(1, 2, 3),
  choices: fc.constantFrom(1, 2, 3),
  money: fc.constantFrom(-1.5, 0, 2.25, 3),
  boolean: fc.boolean(),
  date: daysOf,
  datetime: instants,
}

function condition(table: keyof World, of?: string): fc.Arbitrary<Condition> {
  const columns = tables[table].columns.filter((column) => !column.secured && column.type !== 'secret')
  return fc.constantFrom(...columns).chain(({ name, type }) =>
    fc.constantFrom(...operators.filter((each) => OPERATORS[each].types.includes(type))).chain((operator) => {
      const count = OPERATORS[operator].values
      const size = count === 'many' ? { maxLength: 3 } : { minLength: count, maxLength: count }
      return fc.array(valueOf(type, operator), size).map((values) => ({
        kind: 'condition' as const,
        column: name,
        operator,
        values,
        ...(of === undefined ? {} : { of }),
      }))
    }),
  )
}

function filter(table: keyof World, depth: number, links: readonly Link[]): fc.Arbitrary<Filter> {
  const items: fc.Arbitrary<Condition | Filter | Link>[] = [condition(table), condition(table)]
  for (const link of joinsOf(links)) items.push(condition(link.table as keyof World, link.alias))
  if (depth > 0) items.push(filter(table, depth - 1, links), link(table, depth - 1, ['any', 'not-any', 'all']))
  if (depth > 0)
    for (const { table: linked, alias } of joinsOf(links).slice(0, 1))
      items.push(
        link(linked as keyof World, depth - 1, ['any', 'not-any', 'all']).map((each) => ({ ...each, of: alias })),
      )
  return fc.record(
    {
      kind: fc.constant('filter' as const),
      type: fc.constantFrom('and' as const, 'or' as const),
      not: fc.boolean(),
      items: fc.array(fc.oneof(...items), { maxLength: 3 }),
    },
    { requiredKeys: ['kind', 'type', 'items'] },
  )
}

let aliases = 0

function link(near: keyof World, depth: number, types: readonly Link['type'][]): fc.Arbitrary<Link> {
  return fc.tuple(fc.constantFrom(...TIE[near]), fc.constantFrom(...types)).chain(([tie, type]) => {
    const nested = depth > 0 ? linksOf(tie.table, depth - 1, 1) : fc.constant([])
    return nested.chain((links) =>
      fc
        .record({
          filter: fc.option(filter(tie.table, depth - 1, links), { nil: undefined }),
          columns: columnsOf(tie.table),
        })
        .map(
          ({ filter, columns }): Link => ({
            kind: 'link',
            ...tie,
            type,
            alias: `a${aliases++}`,
            ...(type === 'inner' || type === 'outer' ? { columns } : {}),
            ...(filter ? { filter } : {}),
            ...(links.length > 0 ? { links: links.map((each) => (isJoin(type) ? each : bare(each))) } : {}),
          }),
        ),
    )
  })
}

function linksOf(table: keyof World, depth: number, maxLength: number): fc.Arbitrary<Link[]> {
  return fc.array(link(table, depth, ['inner', 'outer', 'outer', 'any', 'not-any', 'all']), { maxLength })
}

function columnsOf(table: keyof World): fc.Arbitrary<string[]> {
  return fc.subarray(tables[table].columns.map(({ name }) => name).filter((name) => name !== 'password'))
}

const isJoin = (type: Link['type']) => type === 'inner' || type === 'outer'

/** Within a link that only asks for existence no columns are returned. */
function bare({ columns: _columns, links, ...link }: Link): Link {
  return { ...link, ...(links ? { links: links.map(bare) } : {}) }
}

function joinsOf(links: readonly Link[]): Link[] {
  return links.filter(({ type }) => isJoin(type)).flatMap((link) => [link, ...joinsOf(link.links ?? [])])
}

function sortable(table: keyof World): string[] {
  return tables[table].columns
    .filter(({ type, secured }) => !secured && !['memo', 'json', 'choices', 'secret'].includes(type))
    .map(({ name }) => name)
}

function order(table: keyof World, links: readonly Link[]): fc.Arbitrary<Order> {
  const choices: Order[] = [
    ...sortable(table).map((column) => ({ column })),
    ...joinsOf(links).flatMap((link) =>
      sortable(link.table as keyof World).map((column) => ({ column, of: link.alias })),
    ),
  ]
  return fc.tuple(fc.constantFrom(...choices), fc.boolean()).map(([order, descending]) => ({ ...order, descending }))
}

export const questions: fc.Arbitrary<Query> = fc
  .constantFrom('person' as const, 'company' as const)
  .chain((table) =>
    linksOf(table, 2, 2).chain((links) =>
      fc
        .record({
          columns: fc.option(columnsOf(table), { nil: undefined }),
          filter: fc.option(filter(table, 2, links), { nil: undefined }),
          order: fc.array(order(table, links), { maxLength: 3 }),
          distinct: fc.boolean(),
        })
        .map(({ columns, filter, ...rest }) => ({
          table,
          ...(columns ? { columns } : {}),
          ...(filter ? { filter } : {}),
          ...(links.length > 0 ? { links } : {}),
          ...rest,
        })),
    ),
  )
  .filter((query) => JSON.stringify(query).split('"kind":"link"').length <= 10)
