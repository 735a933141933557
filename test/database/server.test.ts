import { sql } from 'kysely'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { openDatabase } from '#database'
import { makeTestTarget, TEST_KEY } from '../support/database.ts'

const key = { text: TEST_KEY }

test('wake-ups reach every process, and go on after the connection was cut', async () => {
  const { target, remove } = await makeTestTarget('server')
  const [one, two] = [await openDatabase(target, { key }), await openDatabase(target, { key })]
  const heard: string[] = []
  const stop = await two.listen('news', (payload) => heard.push(payload))
  await one.notify('news', 'first')
  await expect.poll(() => heard).toEqual(['first'])
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query ~* 'listen' and pid <> pg_backend_pid()`.execute(one.sql)
  // Woken with nothing, because something may have been missed.
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['first', ''])
  await one.notify('news', 'second')
  await expect.poll(() => heard).toEqual(['first', '', 'second'])
  await stop()
  await one.notify('news', 'third')
  await Promise.all([one.close(), two.close()])
  expect(heard).toEqual(['first', '', 'second'])
  await remove()
})

test('deadlocks and serialization failures are run again', async () => {
  const { target, remove } = await makeTestTarget('server')
  const db = await openDatabase(target, { key })
  await sql`create table account (id integer primary key, balance integer)`.execute(db.sql)
  await sql`insert into account values (1, 0), (2, 0)`.execute(db.sql)
  let runs = 0
  const both = [
    [1, 2],
    [2, 1],
  ].map((order) =>
    db.transaction(async (tx) => {
      runs++
      for (const id of order) {
        await sql`update account set balance = balance + 1 where id = ${id}`.execute(tx)
        await sql`select pg_sleep(0.1)`.execute(tx)
      }
    }),
  )
  await Promise.all(both)
  const serializable = Array.from({ length: 4 }, () =>
    db.transaction(async (tx) => {
      await sql`set transaction isolation level serializable`.execute(tx)
      const { rows } = await sql<{ sum: number }>`select sum(balance) as sum from account`.execute(tx)
      await sql`select pg_sleep(0.02)`.execute(tx)
      await sql`update account set balance = ${rows[0]?.sum ?? 0} where id = 1`.execute(tx)
    }),
  )
  await Promise.all(serializable)
  expect(runs).toBeGreaterThan(2)
  expect((await sql`select balance from account where id = 2`.execute(db.sql)).rows).toEqual([{ balance: 2 }])
  await db.close()
  await remove()
})

test('a cut connection fails its transaction only', async () => {
  const { target, remove } = await makeTestTarget('server')
  const db = await openDatabase(target, { key, connections: 2 })
  const administrator = new Client({ connectionString: (target as { url: string }).url })
  await administrator.connect()
  const cut = db.transaction(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    await administrator.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await sql`select pg_sleep(1)`.execute(tx)
  })
  await expect(cut).rejects.toThrow(/connection|ECONNRESET|EPIPE/i)
  for (let index = 0; index < 4; index++) await sql`select 1`.execute(db.sql)
  await administrator.end()
  await db.close()
  await remove()
})
