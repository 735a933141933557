import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, type Executor, pipelined, Retry } from '#database'
import { engines, openTestDatabase } from '../support/database.ts'

const all = () => sql`select * from item where id = ${100}`
const other = () => sql`select *, ${'x'}::text as x from item where id = ${100}`

async function sorted(db: Database, collation: 'C' | 'und-x-icu'): Promise<string> {
  const { rows } = await sql<{ w: string }>`
    select w from unnest(array['b', 'A', 'ä', 'a', 'Z']) w order by w collate ${sql.id(collation)}`.execute(db.sql)
  return rows.map((row) => row.w).join('')
}

describe.each(engines)('law 9: one path, %s', (engine) => {
  let db: Database
  beforeAll(async () => {
    db = await openTestDatabase(engine)
    await sql`create table item (id integer primary key, name text)`.execute(db.sql)
  })
  afterAll(() => db.close())

  test('values have the same JavaScript types on both engines', async () => {
    const { rows } = await sql`select 1::bigint as small, 9007199254740993::bigint as big, 1.5::numeric as numeric,
      '2026-01-02T03:04:05.678Z'::timestamptz as instant, '2026-01-02 03:04:05'::timestamp as plain,
      '2026-01-02'::date as date, '{"a": [1]}'::jsonb as json, '\\xff00'::bytea as bytes, count(*) as count,
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid as uuid, '1 day'::interval as interval,
      array[1, 2]::bigint[] as bigints, array['2026-01-02'::date] as dates, null as nothing,
      array['x', null] as texts, true as yes, 0.5::float8 as float`.execute(db.sql)
    expect(rows).toEqual([
      {
        small: 1,
        big: 9007199254740993n,
        numeric: 1.5,
        instant: new Date('2026-01-02T03:04:05.678Z'),
        plain: new Date('2026-01-02T03:04:05Z'),
        date: '2026-01-02',
        json: { a: [1] },
        bytes: Buffer.from([255, 0]),
        count: 1,
        uuid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        interval: '1 day',
        bigints: [1, 2],
        dates: ['2026-01-02'],
        nothing: null,
        texts: ['x', null],
        yes: true,
        float: 0.5,
      },
    ])
  })

  test('text sorts alike when its collation is stated', async () => {
    expect(await sorted(db, 'C')).toBe('AZabä')
    expect(await sorted(db, 'und-x-icu')).toBe('aAäbZ')
  })

  test('a transaction is whole or nothing', async () => {
    const work = db.transaction(async (tx) => {
      await sql`insert into item values (1, 'one')`.execute(tx)
      throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    expect((await sql`select * from item where id = 1`.execute(db.sql)).rows).toEqual([])
  })

  test('a transaction runs again when its work throws Retry, at most five times more', async () => {
    let runs = 0
    const result = await db.transaction(async (tx) => {
      await sql`insert into item values (2, 'two')`.execute(tx)
      if (++runs < 3) throw new Retry('once more')
      return runs
    })
    expect(result).toBe(3)
    runs = 0
    const never = db.transaction(async () => {
      runs++
      throw new Retry('for ever')
    })
    await expect(never).rejects.toThrow('for ever')
    expect(runs).toBe(6)
  })

  test('the database itself is refused inside a transaction, so that it cannot wait for itself', async () => {
    const work = db.transaction(() => sql`select 1`.execute(db.sql))
    await expect(work).rejects.toThrow('inside a transaction')
    const nested = db.transaction(() => db.transaction(async () => 1))
    await expect(nested).rejects.toThrow('inside a transaction')
  })

  test('transactions and queries from elsewhere wait their turn', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2
          ? db.transaction(async (tx) => {
              await sql`select pg_sleep(0.002)`.execute(tx)
              return index
            })
          : sql<{ n: number }>`select ${index}::integer as n`.execute(db.sql).then(({ rows }) => rows[0]?.n),
      ),
    )
    expect(results).toEqual(Array.from({ length: 20 }, (_, index) => index))
  })

  test('a transaction that hid the failure of a statement is not taken for committed', async () => {
    const work = db.transaction(async (tx) => {
      await sql`insert into item values (3, 'three')`.execute(tx)
      await sql`select 1 / 0`.execute(tx).catch(() => {})
    })
    await expect(work).rejects.toThrow('not committed')
  })

  test('errors carry the code of PostgreSQL', async () => {
    await sql`insert into item values (4, 'four')`.execute(db.sql)
    await expect(sql`insert into item values (4, 'four')`.execute(db.sql)).rejects.toMatchObject({
      code: '23505',
      constraint: 'item_pkey',
    })
  })

  test('a statement that is run often goes on when its table gains a column', async () => {
    await sql`insert into item values (100, 'hundred')`.execute(db.sql)
    for (let run = 0; run < 12; run++) await all().execute(db.sql)
    await sql`alter table item add column more text default 'more'`.execute(db.sql)
    const expected = { rows: [{ id: 100, name: 'hundred', more: 'more' }] }
    expect(await all().execute(db.sql)).toMatchObject(expected)
    for (let run = 0; run < 12; run++) await db.transaction((tx) => other().execute(tx))
    await sql`alter table item drop column more`.execute(db.sql)
    const { rows } = await db.transaction((tx) => other().execute(tx))
    expect(rows).toEqual([{ id: 100, name: 'hundred', x: 'x' }])
  })

  test('statements of one transaction may be sent together', async () => {
    const sums = await db.transaction((tx) =>
      Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          sql<{ sum: number }>`select ${n}::integer + ${n}::integer as sum`.execute(tx),
        ),
      ),
    )
    expect(sums.map(({ rows }) => rows[0]?.sum)).toEqual(Array.from({ length: 50 }, (_, n) => 2 * n))
  })

  test('pipelined statements are carried out in the order in which they are run, all of them or none', async () => {
    const found = await db.transaction(async (tx) => {
      const executor = await pipelined(tx)
      const [, , { rows }] = await Promise.all([
        sql`insert into item values (200, 'a')`.execute(executor),
        sql`update item set name = name || 'b' where id = 200`.execute(executor),
        sql`select name from item where id = 200`.execute(executor),
      ])
      return rows
    })
    expect(found).toEqual([{ name: 'ab' }])

    let kept: Executor | undefined
    const failing = db.transaction(async (tx) => {
      const executor = await pipelined(tx)
      kept = executor
      await Promise.all([
        sql`insert into item values (201, 'before')`.execute(executor),
        sql`select 1 / 0`.execute(executor),
        sql`insert into item values (202, 'after')`.execute(executor),
      ])
    })
    await expect(failing).rejects.toMatchObject({ code: '22012' })
    expect((await sql`select id from item where id in (201, 202)`.execute(db.sql)).rows).toEqual([])
    const after = db.transaction(async (tx) => {
      const executor = await pipelined(tx)
      const first = sql`select 1 / 0`.execute(executor)
      first.catch(() => undefined)
      await sql`select 2`.execute(executor)
    })
    await expect(after).rejects.toMatchObject({ code: '22012' })
    await expect(sql`select 1`.execute(kept as Executor)).rejects.toThrow(/transaction/i)
  })

  test('a wake-up from within a transaction comes after its commit, and not without it', async () => {
    const heard: string[] = []
    const stop = await db.listen('test', (payload) => heard.push(payload))
    await db.transaction(async () => db.notify('test', 'committed'))
    await db
      .transaction(async () => {
        await db.notify('test', 'rolled back')
        throw new Error('no')
      })
      .catch(() => {})
    await db.notify('test', 'plain')
    await expect.poll(() => heard).toEqual(['committed', 'plain'])
    await stop()
  })
})
