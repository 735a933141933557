import * as fc from 'fast-check'
import { OPERATORS } from '../../../src/records/query/operators.ts'
import type { Condition, Filter, Link, Operator, Query } from '../../../src/records/query.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
const xmlText = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text))

const condition: fc.Arbitrary<Condition> = fc
  .constantFrom(...(Object.keys(OPERATORS) as Operator[]))
  .chain((operator) => {
    const count = OPERATORS[operator].values
    const values = fc.array(xmlText, count === 'many' ? { maxLength: 4 } : { minLength: count, maxLength: count })
    return fc.record(
      { kind: fc.constant('condition' as const), column: name, operator: fc.constant(operator), values, of: name },
      { requiredKeys: ['kind', 'column', 'operator', 'values'] },
    )
  })

function filter(depth: number): fc.Arbitrary<Filter> {
  const items: fc.Arbitrary<Condition | Filter | Link>[] = [condition]
  if (depth > 0) items.push(filter(depth - 1), link(depth - 1, ['any', 'not-any']))
  return fc.record({
    kind: fc.constant('filter' as const),
    type: fc.constantFrom('and' as const, 'or' as const),
    items: fc.array(fc.oneof(...items), { maxLength: 3 }),
  })
}

function link(depth: number, types: readonly Link['type'][]): fc.Arbitrary<Link> {
  return fc.record(
    {
      kind: fc.constant('link' as const),
      table: name,
      from: name,
      to: name,
      type: fc.constantFrom(...types),
      alias: fc.constant(''),
      columns: fc.oneof(fc.constant('all' as const), fc.array(name, { minLength: 1, maxLength: 3 })),
      filter: filter(depth - 1),
      ...(depth > 0
        ? { links: fc.array(link(depth - 1, ['inner', 'outer', 'any']), { minLength: 1, maxLength: 2 }) }
        : {}),
    },
    { requiredKeys: ['kind', 'table', 'from', 'to', 'type', 'alias'] },
  )
}

/** Any query that FetchXML can say, with text as values. */
export const fetchQuery: fc.Arbitrary<Query> = fc
  .record(
    {
      table: name,
      columns: fc.array(name, { minLength: 1, maxLength: 4 }),
      filter: filter(2),
      links: fc.array(link(2, ['inner', 'outer', 'any']), { minLength: 1, maxLength: 2 }),
      order: fc.array(
        fc.record({ column: name, descending: fc.constant(true), of: name }, { requiredKeys: ['column'] }),
        { minLength: 1, maxLength: 3 },
      ),
      top: fc.integer({ min: 0, max: 5000 }),
      after: fc.base64String({ minLength: 4, maxLength: 40 }),
      count: fc.constant(true),
      distinct: fc.constant(true),
    },
    { requiredKeys: ['table'] },
  )
  .map(withAliases)
  .filter((query) => links(query) <= 10)

/** Gives every link its own alias. */
function withAliases(query: Query): Query {
  let next = 0
  const inLink = (link: Link): Link => ({
    ...link,
    alias: `a${next++}`,
    ...(link.filter ? { filter: inFilter(link.filter) } : {}),
    ...(link.links ? { links: link.links.map(inLink) } : {}),
  })
  const inFilter = (filter: Filter): Filter => ({
    ...filter,
    items: filter.items.map((item) => {
      if (item.kind === 'condition') return item
      return item.kind === 'filter' ? inFilter(item) : inLink(item)
    }),
  })
  return {
    ...query,
    ...(query.filter ? { filter: inFilter(query.filter) } : {}),
    ...(query.links ? { links: query.links.map(inLink) } : {}),
  }
}

function links(query: Query): number {
  return JSON.stringify(query).split('"kind":"link"').length - 1
}
