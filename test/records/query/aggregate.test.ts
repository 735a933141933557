import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileAggregation } from '../../../src/records/query/aggregate.ts'
import { compileEach } from '../../../src/records/query/compile.ts'
import type { Aggregation, Each, Query, Row, Value } from '../../../src/records/query.ts'
import { Engine } from './engine.ts'
import { answer } from './oracle.ts'
import { questions } from './questions.ts'
import { id, view, worlds } from './world.ts'

describe.each(['embedded', 'server'] as const)('groups and collections (%s)', (kind) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine[kind]()
  })
  afterAll(() => engine.close())

  test('SE-1: an aggregation says of each group what follows from the rows that may be read', async () => {
    const column = fc.constantFrom('kind', 'active', 'born', 'age', 'employerid')
    const people = questions.filter(({ table }) => table === 'person')
    await fc.assert(
      fc.asyncProperty(worlds, people, fc.uniqueArray(column, { maxLength: 2 }), async (world, question, by) => {
        await engine.load(world)
        const { filter, links } = question
        const asked = { table: 'person', ...(filter ? { filter } : {}), ...(links ? { links } : {}) }
        const aggregation: Aggregation = {
          ...asked,
          groups: by.map((name) => ({ alias: `g_${name}`, column: name })),
          values: [
            { alias: 'n', method: 'count' },
            { alias: 'some', method: 'countcolumn', column: 'age' },
            { alias: 'kinds', method: 'countdistinct', column: 'kind' },
            { alias: 'total', method: 'sum', column: 'age' },
            { alias: 'least', method: 'min', column: 'seenon' },
            { alias: 'most', method: 'max', column: 'balance' },
          ],
        }
        const { statement, read } = compileAggregation(aggregation, view)
        const found = read(await engine.run(statement)).rows
        expect(found.map((row) => JSON.stringify(row)).toSorted()).toEqual(
          folded(answer(world, { ...asked, columns: ['age', 'kind', 'seenon', 'balance', ...by] }).rows, by)
            .map((row) => JSON.stringify(row))
            .toSorted(),
        )
      }),
      { numRuns: 150 },
    )
  })

  test('HTTP: what is asked of several rows at once is what is asked of each of them', async () => {
    const ways: readonly (Omit<Each, 'ids'> & { table: string })[] = [
      { table: 'person', column: 'employerid' },
      { table: 'person', column: 'ownerid', target: 'company' },
      { table: 'person', column: 'ownerid', target: 'person' },
      { table: 'company', column: 'parentid' },
    ]
    const ids = [1, 3, 5, 7].map(id)
    await fc.assert(
      fc.asyncProperty(
        worlds,
        questions,
        fc.nat(3),
        fc.integer({ min: 1, max: 3 }),
        async (world, question, at, top) => {
          const way = ways[at] as (typeof ways)[number]
          fc.pre(question.table === way.table)
          await engine.load(world)
          const asked: Query = { ...question, top, count: true }
          const { statement, pages } = compileEach(asked, { ...way, ids }, view)
          const found = pages(await engine.run(statement))
          for (const each of ids) {
            const items = [
              { kind: 'condition' as const, column: way.column, operator: 'eq' as const, values: [each] },
              ...(way.target === undefined
                ? []
                : [
                    {
                      kind: 'condition' as const,
                      column: `${way.column}_table`,
                      operator: 'eq' as const,
                      values: [way.target],
                    },
                  ]),
              ...(question.filter ? [question.filter] : []),
            ]
            const alone = await engine.ask({ ...asked, filter: { kind: 'filter', type: 'and', items } })
            const page = found.get(each)
            expect(page?.rows).toEqual(alone.rows)
            expect(page?.count).toBe(alone.count)
            expect(page?.next === undefined).toBe(alone.next === undefined)
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

/** The same by walking over the rows. */
function folded(rows: readonly Row[], by: readonly string[]): Row[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify(by.map((name) => row[name] ?? null))
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  if (by.length === 0 && groups.size === 0) groups.set('', [])
  return [...groups.values()].map((group): Row => {
    const of = (name: string) => group.map((row) => row[name] ?? null).filter((value) => value !== null)
    const ages = of('age').map(Number)
    const result: Row = {}
    for (const name of by) {
      result[`g_${name}`] = group[0]?.[name] ?? null
      if (name === 'employerid') result[`g_${name}_table`] = group[0]?.[name] ? 'company' : null
    }
    return {
      ...result,
      n: group.length,
      some: ages.length,
      kinds: new Set(of('kind')).size,
      total: ages.length > 0 ? ages.reduce((sum, age) => sum + age, 0) : null,
      least: extreme(of('seenon'), (a, b) => a < b),
      most: extreme(of('balance'), (a, b) => a > b),
    }
  })
}

function extreme(values: readonly Value[], before: (a: number, b: number) => boolean): Value {
  return values.reduce<Value>(
    (found, value) => (found === null || before(Number(value), Number(found)) ? value : found),
    null,
  )
}
