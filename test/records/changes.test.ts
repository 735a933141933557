import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { currentCursor, openRecords, pruneChanges, type Records, readChanges, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

/**
 * Waits until everything that other databases of the server have under way has ended: the server counts its
 * transactions for all of them together, and a cursor stands before the oldest.
 */
async function settle(database: TestDatabase) {
  const { rows } = await sql<{ now: string }>`select pg_current_xact_id()::text as now`.execute(database.sql)
  const isSettled = async () => {
    const { rows: oldest } = await sql<{ passed: boolean }>`
      select pg_snapshot_xmin(pg_current_snapshot()) > ${rows[0]?.now}::text::xid8 as passed`.execute(database.sql)
    return oldest[0]?.passed
  }
  await expect.poll(isSettled, { timeout: 60_000 }).toBe(true)
}

async function readSettled(database: TestDatabase, cursor: string, options?: Parameters<typeof readChanges>[2]) {
  await settle(database)
  return readChanges(database.sql, cursor, options)
}

async function settledCursor(database: TestDatabase) {
  await settle(database)
  return currentCursor(database.sql)
}

describe.each(engines)('the change feed (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  const clock = new SimulatedClock()
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, { clock })
  })
  afterAll(() => database.close())

  test('SE-12: every write appears once, with kind, changed columns and author', async () => {
    const system = records.as(SYSTEM)
    const from = await settledCursor(database)
    const [ann, bob] = (await system.createMany('contact', [{ lastname: 'Ann' }, { lastname: 'Bob' }])) as [
      string,
      string,
    ]
    await system.updateMany('contact', [
      { contactid: ann, lastname: 'Ann', jobtitle: 'Boss' },
      { contactid: bob, lastname: 'Bob', jobtitle: null },
    ])
    await system.update('contact', ann, { firstname: 'A', parentcustomerid: { table: 'contact', id: bob } })
    await system.delete('contact', bob)
    const { changes, more } = await readSettled(database, from)
    expect(more).toBe(false)
    expect(changes.map(({ id, kind, columns }) => [id, kind, [...columns].sort()])).toEqual([
      [ann, 'create', []],
      [bob, 'create', []],
      [ann, 'update', ['jobtitle']],
      [ann, 'update', ['firstname', 'fullname', 'parentcustomerid']],
      // All lookups that may have pointed to the row that is gone.
      [ann, 'update', ['masterid', 'parentcustomerid']],
      [bob, 'delete', []],
    ])
  })

  test('read page by page it gives what it gives at once, also of some tables only', async () => {
    const system = records.as(SYSTEM)
    const from = await settledCursor(database)
    for (let n = 0; n < 5; n++) {
      await system.createMany('account', [{ name: `A${n}` }, { name: `B${n}` }])
      await system.create('task', { subject: `T${n}` })
    }
    const whole = await readSettled(database, from)
    const pages = []
    let cursor = from
    for (let more = true; more; ) {
      const page = await readSettled(database, cursor, { limit: 4 })
      pages.push(...page.changes)
      cursor = page.cursor
      more = page.more
    }
    expect(pages).toEqual(whole.changes)
    expect((await readSettled(database, from, { tables: ['task'] })).changes).toHaveLength(5)
    expect((await readSettled(database, cursor)).changes).toEqual([])
  })

  test('a transaction that is rolled back leaves nothing', async () => {
    const from = await settledCursor(database)
    const failed = database.transaction(async (tx) => {
      await records.as(SYSTEM).in(tx).create('account', { name: 'Gone' })
      throw new Error('on purpose')
    })
    await expect(failed).rejects.toThrow('on purpose')
    expect((await readSettled(database, from)).changes).toEqual([])
  })

  test('what was pruned makes older cursors an error, never a gap', async () => {
    const system = records.as(SYSTEM)
    const old = await settledCursor(database)
    await system.create('account', { name: 'Old' })
    const { cursor } = await readSettled(database, old)
    await clock.advance(86_400_000)
    await system.create('account', { name: 'New' })
    await readSettled(database, cursor)
    expect(await pruneChanges(database.sql, clock.now())).toBeGreaterThan(0)
    await expect(readChanges(database.sql, old)).rejects.toThrow(/no longer kept/)
    expect((await readSettled(database, cursor)).changes).toHaveLength(1)
    await expect(readChanges(database.sql, 'nonsense')).rejects.toThrow(/no cursor/)
  })
})

describe('the change feed of two transactions at once', () => {
  test('one that commits late is never skipped, however they interleave', async () => {
    const database = await openTestDatabase('server')
    const records = await openRecords(database, { clock: new SimulatedClock() })
    const system = records.as(SYSTEM)
    let cursor = await settledCursor(database)
    const seen: string[] = []
    const read = async () => {
      const page = await readChanges(database.sql, cursor)
      cursor = page.cursor
      seen.push(...page.changes.map((change) => change.id))
    }
    const early = await database.sql.startTransaction().execute()
    const first = await system.in(early).create('account', { name: 'Begun first, committed last' })
    const late = await database.sql.startTransaction().execute()
    const second = await system.in(late).create('account', { name: 'Begun second, committed first' })
    await late.commit().execute()
    const third = await system.create('account', { name: 'Between' })
    await read()
    const fourth = await system.in(early).create('account', { name: 'Late again' })
    await read()
    expect(seen).toEqual([])
    await early.commit().execute()
    await readSettled(database, cursor)
    await read()
    expect(seen).toEqual([first, fourth, second, third])
    await database.close()
  })
})
