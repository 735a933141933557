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

  test('tables that were filled are looked at again, so that statements are planned for what they hold; once', async () => {
    const db = await openTestDatabase(engine)
    await sql`create table filled (id integer primary key)`.execute(db.sql)
    await sql`create table other (id integer primary key)`.execute(db.sql)
    for (const table of ['filled', 'other'])
      await sql`insert into ${sql.table(table)} select n from generate_series(1, 2000) n`.execute(db.sql)
    const known = async () => {
      const { rows } = await sql<{ name: string; rows: number }>`select relname as name, reltuples::int as rows
        from pg_class where relname in ('filled', 'other') order by 1`.execute(db.sql)
      return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]))
    }
    await db.lookAgain(['filled', 'nowhere'])
    expect((await known())['filled']).toBe(2000)
    expect((await known())['other']).toBe(-1)
    await sql`insert into filled select n from generate_series(2001, 2200) n`.execute(db.sql)
    await db.lookAgain(['filled'])
    expect((await known())['filled']).toBe(2000)
    await db.close()
  })
})
