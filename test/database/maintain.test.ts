import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { engines, openTestDatabase } from '../support/database.ts'

describe.each(engines)('maintenance, %s', (engine) => {
  test('dead rows are removed, so that a table that is only rewritten does not grow', async () => {
    const db = await openTestDatabase(engine)
    await sql`create table busy (id integer primary key, words text)`.execute(db.sql)
    await sql`insert into busy select n, repeat('x', 500) from generate_series(1, 2000) n`.execute(db.sql)
    const size = async () =>
      (await sql<{ size: number }>`select pg_relation_size('busy') as size`.execute(db.sql)).rows[0]?.size ?? 0
    const sizes: number[] = []
    for (let round = 0; round < 6; round++) {
      await sql`update busy set words = words || ${round}::text`.execute(db.sql)
      await db.maintain()
      sizes.push(await size())
    }
    // A server decides itself when: there nothing is promised but that the data stay.
    const most = engine === 'embedded' ? (sizes[0] ?? 0) * 1.6 : Number.POSITIVE_INFINITY
    expect(sizes.at(-1)).toBeLessThan(most)
    expect((await sql`select count(*) as n from busy`.execute(db.sql)).rows).toEqual([{ n: 2000 }])
    await db.close()
  })
})
