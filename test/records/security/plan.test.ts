import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openRecords, ROLES, ROOT_BUSINESS_UNIT, readPredicate, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { openTestDatabase } from '../support/database.ts'

test('a user’s query reaches own, unit’s and shared records by indexes, and never walks over others’', async () => {
  const database = await openTestDatabase('server')
  const records = await openRecords(database, { clock: new SimulatedClock() })
  const system = records.as(SYSTEM)
  const unit = await system.create('businessunit', { name: 'Unit', parentbusinessunitid: ROOT_BUSINESS_UNIT })
  const user = await system.create('systemuser', { lastname: 'U', businessunitid: unit })
  await system.create('systemuserroles', { systemuserid: user, roleid: ROLES.salesperson })
  await system.createMany(
    'task',
    Array.from({ length: 5000 }, (_, n) => ({ subject: `Task ${n}` })),
  )
  await sql`analyze task`.execute(database.sql)
  const context = await records.securityOf({ kind: 'user', id: user })
  for (const name of ['task', 'activitypointer']) {
    const readable = readPredicate(records.catalogue, context, records.catalogue.table(name), 't')
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain (costs off) select * from ${sql.table(name)} as t where ${readable}`.execute(database.sql)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('task_ownerid_idx')
    expect(plan).toContain('task_owningbusinessunit_idx')
    expect(plan).not.toMatch(/Seq Scan on task/)
  }
  await database.close()
})
