import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRecords, type Records, ROOT_BUSINESS_UNIT, SYSTEM, SYSTEM_USER } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

describe.each(engines)('writing records (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  const clock = new SimulatedClock()
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, { clock })
  })
  afterAll(() => database.close())

  test('a record gets its defaults, state, owner and times, and is read back', async () => {
    const system = records.as(SYSTEM)
    const id = await system.create('contact', { firstname: 'Ann', lastname: 'Ames', emailaddress1: 'Ann@Example.com' })
    expect(await system.retrieve('contact', id)).toMatchObject({
      contactid: id,
      fullname: 'Ann Ames',
      statecode: 0,
      statuscode: 1,
      donotemail: false,
      ownerid: SYSTEM_USER,
      ownerid_table: 'systemuser',
      owninguser: SYSTEM_USER,
      owningbusinessunit: ROOT_BUSINESS_UNIT,
      createdby: SYSTEM_USER,
      createdon: clock.now(),
      versionnumber: expect.any(Number),
    })
    await clock.advance(1000)
    await system.update('contact', id, { lastname: 'Bell', birthdate: '1980-02-29' })
    expect(await system.retrieve('contact', id, ['fullname', 'birthdate', 'modifiedon'])).toMatchObject({
      fullname: 'Ann Bell',
      birthdate: '1980-02-29',
      modifiedon: clock.now(),
    })
  })

  test('opening again changes nothing and keeps the rows', async () => {
    database.statements.length = 0
    const again = await openRecords(database, { clock })
    expect(database.statements.filter((statement) => /^(create table \S*"|alter|create view)/.test(statement))).toEqual(
      [],
    )
    expect(await again.as(SYSTEM).retrieve('systemuser', SYSTEM_USER, ['fullname'])).toMatchObject({
      fullname: 'SYSTEM',
    })
  })

  test('100 emails with 300 parties are a handful of statements', async () => {
    const system = records.as(SYSTEM)
    const account = await system.create('account', { name: 'Contoso' })
    database.statements.length = 0
    await database.transaction(async (tx) => {
      const writer = system.in(tx)
      const emails = await writer.createMany(
        'email',
        Array.from({ length: 100 }, (_, n) => ({
          subject: `Message ${n}`,
          description: '<p>Hello</p>'.repeat(100),
          messageid: `<${n}@example.com>`,
          directioncode: false,
          statuscode: 4,
          regardingobjectid: { table: 'account', id: account },
          subjecthashes: `${n},${n + 1}`,
        })),
      )
      await writer.createMany(
        'activityparty',
        emails.flatMap((id) =>
          [1, 2, 3].map((role) => ({
            activityid: { table: 'email', id },
            participationtypemask: role,
            addressused: `p${role}@example.com`,
          })),
        ),
      )
    })
    expect(database.statements.length).toBeLessThanOrEqual(8)
  })
})
