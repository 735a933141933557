import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AuditDetail,
  openRecords,
  type Principal,
  pruneAudit,
  type Records,
  ROLES,
  ROOT_BUSINESS_UNIT,
  SYSTEM,
  type Values,
} from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'

const CUSTOM = { columns: { contact: [{ name: 'new_salary', type: 'text', max: 100, secured: true }] } }

const values = ({ changes }: AuditDetail) =>
  Object.fromEntries(changes.map(({ logicalName, oldValue, newValue }) => [logicalName, [oldValue, newValue]]))
const rows = (prefix: string) => Array.from({ length: 50 }, (_, n) => ({ name: `${prefix}${n}` }))

describe.each(engines)('the audit trail (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  let anna: Principal & { id: string }
  let ben: Principal & { id: string }
  const clock = new SimulatedClock()
  const history = async (table: string, id: string, as: Principal = SYSTEM) =>
    (await records.audit.history(as, { table, id })).details
  const person = async (name: string) => {
    const system = records.as(SYSTEM)
    const id = await system.create('systemuser', {
      lastname: name,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    const give = (role: string) =>
      system.create('systemuserroles', {
        systemuserid: { table: 'systemuser', id },
        roleid: { table: 'role', id: role },
      })
    await give(ROLES.salesperson)
    const role = await system.create('role', {
      name: `Reads history ${name}`,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    await system.create('roleprivileges', {
      roleid: { table: 'role', id: role },
      privilegename: 'prvReadRecordAuditHistory',
      privilegedepthmask: 8,
    })
    await give(role)
    return { kind: 'user', id } as const
  }

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, { clock, custom: CUSTOM })
    anna = await person('Anna')
    ben = await person('Ben')
    for (const id of [ROLES.systemAdministrator, ROLES.delegate])
      await records.as(SYSTEM).create('systemuserroles', {
        systemuserid: { table: 'systemuser', id: ben.id },
        roleid: { table: 'role', id },
      })
  })
  afterAll(() => database.close())

  test('B-83: who, when, before and after, on whose behalf', async () => {
    const id = await records.as(anna).create('contact', { lastname: 'Weber', birthdate: '1970-02-03' })
    await clock.advance(1000)
    await records
      .as({ kind: 'user', id: anna.id, by: ben.id })
      .update('contact', id, { lastname: 'Wagner', jobtitle: 'Boss' })
    await clock.advance(1000)
    await records.as(SYSTEM).update('contact', id, { ownerid: { table: 'systemuser', id: ben.id } })
    const [assigned, changed, created] = (await history('contact', id)) as [AuditDetail, AuditDetail, AuditDetail]
    expect(created).toMatchObject({ operation: 1, action: 1, userId: anna.id, at: new Date('2026-01-05T08:00:00Z') })
    expect(values(created)).toMatchObject({ lastname: [null, 'Weber'], birthdate: [null, '1970-02-03'] })
    expect(values(changed)).toEqual({ lastname: ['Weber', 'Wagner'], jobtitle: [null, 'Boss'] })
    expect(changed).toMatchObject({ userId: anna.id, by: ben.id })
    expect(changed.at).toEqual(new Date('2026-01-05T08:00:01Z'))
    expect(assigned).toMatchObject({ operation: 2, action: 13 })
    expect(values(assigned)).toEqual({ ownerid: [`systemuser,${anna.id}`, `systemuser,${ben.id}`] })
    await records.as(SYSTEM).delete('contact', id)
    const [gone] = await history('contact', id)
    expect(gone).toMatchObject({ operation: 3 })
    expect(values(gone as AuditDetail)).toMatchObject({ lastname: ['Wagner', null], statecode: [0, null] })
    await expect(history('contact', id, anna)).rejects.toThrow(/no Contact/)
  })

  test('B-83: a change of many rows is one statement more to read and one to write', async () => {
    const audited = () => database.statements.filter((text) => text.includes('audit')).length
    database.statements.length = 0
    const ids = await records.as(anna).createMany('account', rows('A'))
    expect(audited()).toBeLessThanOrEqual(2)
    database.statements.length = 0
    await records.as(anna).updateMany(
      'account',
      rows('B').map((row, n) => ({ ...row, accountid: ids[n] as string })),
    )
    expect(audited()).toBe(1)
    expect(values((await history('account', ids[7] as string))[0] as AuditDetail)).toEqual({ name: ['A7', 'B7'] })
  })

  test('B-83: what was undone leaves no trace, and a change that changes nothing neither', async () => {
    const id = await records.as(anna).create('account', { name: 'Same' })
    await records.as(anna).update('account', id, { name: 'Same' })
    await database
      .transaction(async (tx) => {
        await records.as(anna).in(tx).update('account', id, { name: 'Other' })
        throw new Error('undone')
      })
      .catch(() => undefined)
    expect(await history('account', id)).toHaveLength(1)
  })

  test('B-83: email of the engine is not audited, what people do with it is', async () => {
    const email: Values = { subject: 'Hello', ownerid: { table: 'systemuser', id: anna.id } }
    const id = await records.as(SYSTEM).create('email', email)
    expect(await history('email', id)).toEqual([])
    const account = await records.as(anna).create('account', { name: 'Adatum' })
    await records.as(anna).update('email', id, { regardingobjectid: { table: 'account', id: account } })
    const [change] = await history('email', id)
    expect(values(change as AuditDetail)).toEqual({ regardingobjectid: [null, `account,${account}`] })
  })

  test('B-83: everything, a table and a column can be switched off, by who may', async () => {
    await expect(records.audit.set(anna, { enabled: false })).rejects.toThrow(/prvWriteOrgSettings/)
    const changes = async () => {
      const id = await records.as(anna).create('lead', { subject: 'Topic', lastname: 'Lang' })
      const [created] = await history('lead', id)
      return created ? Object.keys(values(created)) : []
    }
    expect(await changes()).toEqual(expect.arrayContaining(['subject', 'lastname']))
    await records.audit.set(SYSTEM, { table: 'lead', column: 'lastname', enabled: false })
    expect(await changes()).not.toContain('lastname')
    await records.audit.set(SYSTEM, { table: 'lead', enabled: false })
    expect(await changes()).toEqual([])
    await records.audit.set(SYSTEM, { table: 'lead', enabled: undefined })
    await records.audit.set(SYSTEM, { enabled: false })
    expect(await changes()).toEqual([])
    await records.audit.set(SYSTEM, { enabled: undefined })
    expect(await changes()).toContain('subject')
    await expect(records.audit.set(SYSTEM, { table: 'contact', column: 'fullname', enabled: true })).rejects.toThrow(
      /never audited/,
    )
  })

  test('SE-20: secured columns are left out of the history for who may not read them', async () => {
    const id = await records.as(SYSTEM).create('contact', {
      lastname: 'Rich',
      new_salary: 'millions',
      ownerid: { table: 'systemuser', id: anna.id },
    })
    const [whole] = await history('contact', id)
    expect(values(whole as AuditDetail)).toMatchObject({ new_salary: [null, 'millions'] })
    const [seen] = (await history('contact', id, anna)) as [AuditDetail]
    expect(values(seen)).toMatchObject({ lastname: [null, 'Rich'] })
    expect(JSON.stringify(seen)).not.toMatch(/salary|millions/)
    await expect(records.as(anna).query({ table: 'audit' })).rejects.toThrow(/prvReadAuditSummary/)
  })

  test('B-83: the trail is written by changes only, and forgotten after its time', async () => {
    const { rows: found } = await records.as(SYSTEM).query({ table: 'audit', columns: ['auditid'], top: 1 })
    const id = String(found[0]?.['auditid'])
    await expect(records.as(SYSTEM).update('audit', id, { attributemask: 'x' })).rejects.toThrow(/cannot be changed/)
    await expect(records.as(SYSTEM).delete('audit', id)).rejects.toThrow(/cannot be deleted/)
    expect(await pruneAudit(database.sql, new Date('2026-01-05T08:00:00Z'))).toBe(0)
    expect(await pruneAudit(database.sql, new Date(clock.now().getTime() + 1))).toBeGreaterThan(0)
    const { rows: left } = await sql<{ n: number }>`select count(*)::int as n from audit`.execute(database.sql)
    expect(left).toEqual([{ n: 0 }])
  })
})
