import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { currentCursor, openRecords, pruneChanges, type Records, readChanges, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

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
    const from = await currentCursor(database.sql)
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
    const { changes, more } = await readChanges(database.sql, from)
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
    const from = await currentCursor(database.sql)
    for (let n = 0; n < 5; n++) {
      await system.createMany('account', [{ name: `A${n}` }, { name: `B${n}` }])
      await system.create('task', { subject: `T${n}` })
    }
    const whole = await readChanges(database.sql, from)
    const pages = []
    let cursor = from
    for (let more = true; more; ) {
      const page = await readChanges(database.sql, cursor, { limit: 4 })
      pages.push(...page.changes)
      cursor = page.cursor
      more = page.more
    }
    expect(pages).toEqual(whole.changes)
    expect((await readChanges(database.sql, from, { tables: ['task'] })).changes).toHaveLength(5)
    expect((await readChanges(database.sql, cursor)).changes).toEqual([])
  })

  test('a transaction that is rolled back leaves nothing', async () => {
    const from = await currentCursor(database.sql)
    const failed = database.transaction(async (tx) => {
      await records.as(SYSTEM).in(tx).create('account', { name: 'Gone' })
      throw new Error('on purpose')
    })
    await expect(failed).rejects.toThrow('on purpose')
    expect((await readChanges(database.sql, from)).changes).toEqual([])
  })

  test('what was pruned makes older cursors an error, never a gap', async () => {
    const system = records.as(SYSTEM)
    const old = await currentCursor(database.sql)
    await system.create('account', { name: 'Old' })
    const { cursor } = await readChanges(database.sql, old)
    await clock.advance(86_400_000)
    await system.create('account', { name: 'New' })
    await readChanges(database.sql, cursor)
    expect(await pruneChanges(database.sql, clock.now())).toBeGreaterThan(0)
    await expect(readChanges(database.sql, old)).rejects.toThrow(/no longer kept/)
    expect((await readChanges(database.sql, cursor)).changes).toHaveLength(1)
    await expect(readChanges(database.sql, 'nonsense')).rejects.toThrow(/no cursor/)
  })
})

describe('the change feed of two transactions at once', () => {
  test('one that commits late is never skipped, however they interleave', async () => {
    const database = await openTestDatabase('server')
    const records = await openRecords(database, { clock: new SimulatedClock() })
    const system = records.as(SYSTEM)
    let cursor = await currentCursor(database.sql)
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
    await read()
    expect(seen).toEqual([first, fourth, second, third])
    await database.close()
  })
  test('those of other databases of the same server hold nothing up', async () => {
    const [database, other] = [await openTestDatabase('server'), await openTestDatabase('server')]
    const records = await openRecords(database, { clock: new SimulatedClock() })
    const theirs = await other.sql.startTransaction().execute()
    await sql`select pg_current_xact_id()`.execute(theirs)
    const from = await currentCursor(database.sql)
    const id = await records.as(SYSTEM).create('account', { name: 'Seen at once' })
    expect((await readChanges(database.sql, from)).changes).toMatchObject([{ id }])
    expect((await readChanges(database.sql, await currentCursor(database.sql))).changes).toEqual([])
    await theirs.rollback().execute()
    await Promise.all([database.close(), other.close()])
  })

  test('one that has written nothing yet may still write', async () => {
    const database = await openTestDatabase('server')
    const records = await openRecords(database, { clock: new SimulatedClock() })
    const system = records.as(SYSTEM)
    const from = await currentCursor(database.sql)
    const early = await database.sql.startTransaction().execute()
    await sql`select pg_current_xact_id()`.execute(early)
    const second = await system.create('account', { name: 'Begun second, committed first' })
    const { changes, cursor } = await readChanges(database.sql, from)
    expect(changes).toEqual([])
    const first = await system.in(early).create('account', { name: 'Begun first, committed last' })
    expect((await readChanges(early, cursor)).changes, 'what the reader itself has not committed').toEqual([])
    await early.commit().execute()
    expect((await readChanges(database.sql, cursor)).changes.map(({ id }) => id)).toEqual([first, second])
    await database.close()
  })
})
