import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '#database'
import { engines, openTestDatabase } from '../support/database.ts'

describe.each(engines)('jobs, %s', (engine) => {
  let db: Database
  beforeAll(async () => {
    db = await openTestDatabase(engine)
  })
  afterAll(() => db.close())

  const waiting = async (name: string) => {
    const { rows } = await sql<{ data: unknown }>`
      select data from pgboss.job where name = ${name} and state < 'active' order by created_on`.execute(db.sql)
    return rows.map((row) => row.data)
  }

  test('a job is sent with its transaction, or not at all', async () => {
    const failed = db.transaction(async (tx) => {
      await db.jobs.send(tx, 'mail', { n: 1 })
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    await db.transaction((tx) => db.jobs.send(tx, 'mail', { n: 2 }))
    await db.transaction((tx) => db.jobs.send(tx, 'mail', { n: 3 }))
    expect(await waiting('mail')).toEqual([{ n: 2 }, { n: 3 }])
  })

  test('a waiting job with the same key is not sent twice', async () => {
    await db.jobs.send(undefined, 'keyed', { n: 1 }, { key: 'a' })
    await db.transaction((tx) => db.jobs.send(tx, 'keyed', { n: 2 }, { key: 'a' }))
    await db.jobs.send(undefined, 'keyed', { n: 3 }, { key: 'b' })
    expect(await waiting('keyed')).toEqual([{ n: 1 }, { n: 3 }])
  })

  test('jobs are done, and again when they fail', async () => {
    const done: unknown[] = []
    let failures = 0
    await db.jobs.work('work', async (data) => {
      if ((data as { n: number }).n === 2 && failures++ === 0) throw new Error('first time')
      // A handler uses the database like anybody.
      await db.transaction((tx) => sql`select 1`.execute(tx))
      done.push(data)
    })
    for (const n of [1, 2, 3]) await db.jobs.send(undefined, 'work', { n }, { retries: 2 })
    await expect.poll(() => done.length, { timeout: 30_000 }).toBe(3)
    expect(done).toEqual(expect.arrayContaining([{ n: 1 }, { n: 2 }, { n: 3 }]))
    expect(failures).toBeGreaterThan(1)
    await db.jobs.stop()
  }, 60_000)
})
