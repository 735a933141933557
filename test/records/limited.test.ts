import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openRecords, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { openTestDatabase } from '../support/database.ts'

test('HTTP: a question that takes too long is given up by the server, and the next one is answered', async () => {
  const database = await openTestDatabase('server')
  const records = await openRecords(database, { clock: new SimulatedClock() })
  const system = records.as(SYSTEM)
  await system.create('account', { name: 'There' })
  const asked = { table: 'account', columns: ['name'] }
  const blocker = await database.sql.startTransaction().execute()
  await sql`lock table account in access exclusive mode`.execute(blocker)
  const patient = system.query(asked)
  await expect(system.limited(100).query(asked)).rejects.toMatchObject({ code: '57014' })
  await expect(
    system.limited(100).aggregate({ table: 'account', groups: [], values: [{ alias: 'n', method: 'count' }] }),
  ).rejects.toMatchObject({ code: '57014' })
  await blocker.rollback().execute()
  expect((await patient).rows).toHaveLength(1)
  expect((await system.limited(5000).query(asked)).rows).toHaveLength(1)
  await database.close()
})
