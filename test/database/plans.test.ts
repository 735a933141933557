import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, rowset } from '#database'
import { engines, openTestDatabase } from '../support/database.ts'

const COLUMNS = [{ name: 'id', type: 'integer' }]
const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }))

describe.each(engines)('plans of statements, %s', (engine) => {
  let db: Database
  beforeAll(async () => {
    db = await openTestDatabase(engine)
  })
  afterAll(() => db.close())

  /** How many of the statements that name `word` the session keeps, after each was run some times with so many values. */
  function keptAfter(word: string, count: number): Promise<number> {
    return db.transaction(async (tx) => {
      const ids = rows(count).map(({ id }) => id)
      for (let time = 0; time < 8; time++) {
        await sql`select ${sql.ref(`r.id`)} as ${sql.id(word)} from ${rowset(rows(count), COLUMNS, 'r')}`.execute(tx)
        await sql`select oid as ${sql.id(word)} from pg_class where oid = any(${ids}::oid[])`.execute(tx)
      }
      const { rows: kept } = await sql<{ count: number }>`select count(*)::int as count from pg_prepared_statements
        where statement like ${`%as "${word}"%`}`.execute(tx)
      return kept[0]?.count ?? 0
    })
  }

  test('a statement that comes again is planned once', async () => {
    expect(await keptAfter('few', 2)).toBe(2)
  })

  test('a statement about many values is planned for them: a plan for few may read a whole table for each', async () => {
    expect(await keptAfter('many', 500)).toBe(0)
  })
})
