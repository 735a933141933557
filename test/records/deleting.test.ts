import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRecords, type Records, ROLES, ROOT_BUSINESS_UNIT, SYSTEM, SYSTEM_USER } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

describe.each(engines)('deleting records (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  const reactions: string[] = []
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, {
      clock: new SimulatedClock(),
      reactions: [
        {
          table: 'account',
          kinds: ['create', 'delete'],
          react: async (change) => {
            reactions.push(`${change.kind} ${change.rows.length}`)
            if (change.kind === 'delete' && change.rows.length > 2) throw new Error('Too many at once')
          },
        },
      ],
    })
  })
  afterAll(() => database.close())

  test('parties, attachments, notes and queue items go with their email; what regards it is kept', async () => {
    const system = records.as(SYSTEM)
    const first = await system.create('email', { subject: 'First' })
    const reply = await system.create('email', {
      subject: 'Reply',
      parentactivityid: { table: 'email', id: first },
      correlatedactivityid: { table: 'email', id: first },
    })
    const email = { table: 'email', id: first }
    const queue = await system.create('queue', { name: 'Q' })
    const gone = [
      ['activityparty', await system.create('activityparty', { activityid: email, participationtypemask: 1 })],
      ['activitymimeattachment', await system.create('activitymimeattachment', { objectid: email })],
      ['annotation', await system.create('annotation', { objectid: email })],
      ['queueitem', await system.create('queueitem', { queueid: queue, objectid: email })],
    ] as const
    await system.delete('email', first)
    for (const [table, id] of gone) expect(await system.retrieve(table, id)).toBeUndefined()
    expect(
      await system.retrieve('email', reply, ['subject', 'parentactivityid', 'correlatedactivityid']),
    ).toMatchObject({
      subject: 'Reply',
      parentactivityid: null,
      correlatedactivityid: null,
    })
  })

  test('regarding becomes empty and parties are marked when their record is deleted', async () => {
    const system = records.as(SYSTEM)
    const contact = { table: 'contact', id: await system.create('contact', { lastname: 'Gone' }) }
    const email = await system.create('email', { subject: 'x', regardingobjectid: contact })
    const party = await system.create('activityparty', {
      activityid: { table: 'email', id: email },
      participationtypemask: 1,
      partyid: contact,
      addressused: 'gone@example.com',
    })
    await system.delete('contact', contact.id)
    expect(await system.retrieve('email', email)).toMatchObject({
      regardingobjectid: null,
      regardingobjectid_table: null,
    })
    expect(await system.retrieve('activityparty', party)).toMatchObject({
      partyid: null,
      ispartydeleted: true,
      addressused: 'gone@example.com',
    })
  })

  test('what is still needed is not deleted, and the error says by what', async () => {
    const system = records.as(SYSTEM)
    const account = await system.create('account', { name: 'Needed' })
    const incident = await system.create('incident', { title: 'Case', customerid: { table: 'account', id: account } })
    await expect(system.delete('account', account)).rejects.toThrow(/Case \(customerid\)/)
    await system.delete('incident', incident)
    await system.delete('account', account)
    await expect(system.delete('systemuser', SYSTEM_USER)).rejects.toThrow(/disable/)
    await expect(system.delete('role', ROLES.salesperson)).rejects.toThrow(/every installation/)
    await expect(system.delete('account', account)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('a role, a queue and a team take their own rows along', async () => {
    const system = records.as(SYSTEM)
    const role = await system.create('role', { name: 'R', businessunitid: ROOT_BUSINESS_UNIT })
    const team = await system.create('team', { name: 'T', businessunitid: ROOT_BUSINESS_UNIT })
    const privilege = await system.create('roleprivileges', {
      roleid: role,
      privilegename: 'prvReadAccount',
      privilegedepthmask: 8,
    })
    const link = await system.create('teamroles', { teamid: team, roleid: role })
    const member = await system.create('teammembership', { teamid: team, systemuserid: SYSTEM_USER })
    await system.delete('role', role)
    expect(await system.retrieve('roleprivileges', privilege)).toBeUndefined()
    expect(await system.retrieve('teamroles', link)).toBeUndefined()
    await system.delete('team', team)
    expect(await system.retrieve('teammembership', member)).toBeUndefined()
  })

  test('reactions run in the transaction of the write, and undo it when they fail', async () => {
    const system = records.as(SYSTEM)
    reactions.length = 0
    const ids = await system.createMany('account', [{ name: 'A' }, { name: 'B' }, { name: 'C' }])
    await expect(system.deleteMany('account', ids)).rejects.toThrow('Too many at once')
    expect((await system.query({ table: 'account' })).rows).toHaveLength(3)
    await system.deleteMany('account', ids.slice(0, 2))
    expect(reactions).toEqual(['create 3', 'delete 3', 'delete 2'])
  })
})
