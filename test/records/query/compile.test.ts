import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Query, Row } from '../../../src/records/query.ts'
import { Engine } from './engine.ts'
import { answer } from './oracle.ts'
import { questions } from './questions.ts'
import { worlds } from './world.ts'

describe.each(['embedded', 'server'] as const)('queries on the %s database', (kind) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine[kind]()
  })
  afterAll(() => engine.close())

  async function allPages(query: Query): Promise<{ rows: Row[]; counts: Set<number | undefined> }> {
    const rows: Row[] = []
    const counts = new Set<number | undefined>()
    let after: string | undefined
    for (let pages = 0; pages < 5_000; pages++) {
      const page = await engine.ask({ ...query, ...(after ? { after } : {}) })
      rows.push(...page.rows)
      counts.add(page.count)
      if (!page.next) return { rows, counts }
      after = page.next
    }
    throw new Error('Paging does not end')
  }

  test('SF-33: any query gives what a walk over all readable rows gives, whole and page by page', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, questions, fc.integer({ min: 1, max: 4 }), async (world, query, top) => {
        await engine.load(world)
        const expected = answer(world, query)
        expect((await engine.ask(query)).rows).toEqual(expected.rows)
        if (expected.count > 60) return
        const paged = await allPages({ ...query, top, count: true })
        expect(paged.rows).toEqual(expected.rows)
        expect([...paged.counts]).toEqual([expected.count])
      }),
      { numRuns: 300 },
    )
  })
})
