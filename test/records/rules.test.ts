import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Access, openRecords, type Records, ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

describe.each(engines)('what people may write (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  let system: Access
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, {
      clock: new SimulatedClock(),
      custom: { columns: { contact: [{ name: 'new_salary', type: 'money', secured: true }] } },
    })
    system = records.as(SYSTEM)
  })
  afterAll(() => database.close())

  const user = async (...roles: string[]) => {
    const id = await system.create('systemuser', { lastname: 'Somebody', businessunitid: ROOT_BUSINESS_UNIT })
    await system.createMany(
      'systemuserroles',
      roles.map((roleid) => ({ systemuserid: id, roleid })),
    )
    return { id, access: records.as({ kind: 'user', id }), reference: { table: 'systemuser', id } }
  }

  const received = async (owner: { table: string; id: string }) => {
    const id = await system.create('email', { subject: 'Offer', statuscode: 4, directioncode: false, ownerid: owner })
    const party = await system.create('activityparty', {
      activityid: { table: 'email', id },
      participationtypemask: 1,
      addressused: 'x@example.com',
    })
    return { id, party, reference: { table: 'email', id } }
  }

  describe('T-92', () => {
    test('T-92: a received email is read-only for people except regarding, related and manual resolution', async () => {
      const { access, reference, id } = await user(ROLES.salesManager)
      const email = await received(reference)
      const account = await access.create('account', { name: 'Contoso' })
      await access.update('email', email.id, { regardingobjectid: { table: 'account', id: account } })
      await access.update('activityparty', email.party, { partyid: { table: 'account', id: account } })
      await access.create('activityparty', {
        activityid: email.reference,
        participationtypemask: 13,
        partyid: { table: 'account', id: account },
      })
      await access.create('annotation', { objectid: email.reference, subject: 'Called back' })
      const refused = { code: 'ColumnReadOnly' }
      await expect(access.update('email', email.id, { subject: 'Other' })).rejects.toMatchObject(refused)
      await expect(access.update('email', email.id, { statuscode: 1 })).rejects.toMatchObject(refused)
      await expect(access.update('activityparty', email.party, { addressused: 'y@z.de' })).rejects.toMatchObject(
        refused,
      )
      await expect(access.delete('activityparty', email.party)).rejects.toMatchObject(refused)
      for (const [table, values] of [
        ['activityparty', { activityid: email.reference, participationtypemask: 2 }],
        ['activitymimeattachment', { objectid: email.reference, filename: 'a.txt' }],
      ] as const)
        await expect(access.create(table, values)).rejects.toMatchObject(refused)
      await system.update('email', email.id, { subject: 'Other' })
      expect(await access.retrieve('email', email.id, ['subject', 'ownerid'])).toMatchObject({
        subject: 'Other',
        ownerid: id,
      })
    })

    test('T-92, SE-3: who tracks an email writes its parties and attachments along with it', async () => {
      const { access } = await user(ROLES.salesperson)
      await database.transaction(async (tx) => {
        const writer = access.in(tx)
        const id = await writer.create('email', { subject: 'Tracked', statuscode: 4, directioncode: false })
        await writer.create('activityparty', {
          activityid: { table: 'email', id },
          participationtypemask: 2,
          addressused: 'a@b.c',
        })
        await writer.create('activitymimeattachment', { objectid: { table: 'email', id }, filename: 'a.txt' })
      })
      expect((await access.query({ table: 'activitymimeattachment' })).rows).toMatchObject([{ filename: 'a.txt' }])
    })

    test('T-92: a draft stays open for its owner', async () => {
      const { access } = await user(ROLES.salesperson)
      const draft = await access.create('email', { subject: 'Draft' })
      const party = await access.create('activityparty', {
        activityid: { table: 'email', id: draft },
        participationtypemask: 2,
      })
      await access.update('email', draft, { subject: 'Better' })
      await access.delete('activityparty', party)
      expect(await access.retrieve('email', draft, ['subject'])).toMatchObject({ subject: 'Better' })
    })
  })

  test('T-89, B-60: one email per message id and direction, whoever creates it', async () => {
    await system.create('email', { messageid: '<1@x>', directioncode: false })
    await system.create('email', { messageid: '<1@x>', directioncode: true })
    await system.createMany('email', [{ subject: 'no id' }, { subject: 'no id' }])
    await expect(system.create('email', { messageid: '<1@x>', directioncode: false })).rejects.toMatchObject({
      code: 'DuplicateKey',
      column: 'messageid',
    })
  })

  test('SE-14, SE-16: create, append and append-to are each needed, and named when missing', async () => {
    const { access, reference } = await user(ROLES.appForOutlookUser)
    const other = await system.create('contact', { lastname: 'Unseen' })
    const mine = await system.create('contact', { lastname: 'Mine', ownerid: reference })
    await expect(access.create('account', { name: 'x' })).rejects.toMatchObject({
      code: 'PrivilegeDenied',
      privilege: 'prvCreateAccount',
    })
    await expect(
      access.create('task', { subject: 'x', regardingobjectid: { table: 'contact', id: other } }),
    ).rejects.toMatchObject({ code: 'NotFound', column: 'regardingobjectid' })
    await access.create('task', { subject: 'x', regardingobjectid: { table: 'contact', id: mine } })
    const lead = await system.create('lead', { lastname: 'L', ownerid: reference })
    await expect(
      access.create('task', { subject: 'x', regardingobjectid: { table: 'lead', id: lead } }),
    ).rejects.toMatchObject({ code: 'NotFound' })
    const incident = await system.create('incident', {
      title: 'I',
      customerid: { table: 'contact', id: mine },
      ownerid: reference,
    })
    await expect(
      access.create('task', { subject: 'x', regardingobjectid: { table: 'incident', id: incident } }),
    ).rejects.toMatchObject({ code: 'PrivilegeDenied', privilege: 'prvAppendToIncident' })
    await expect(access.update('contact', mine, { jobtitle: 'x' })).rejects.toMatchObject({
      privilege: 'prvWriteContact',
    })
  })

  test('SE-30, SE-31, SE-32: the role App for Outlook User holds what the pane needs, and no business role', async () => {
    const { access } = await user(ROLES.appForOutlookUser)
    expect(
      await Promise.all(
        ['prvUseOfficeApps', 'prvSyncToOutlook', 'prvSearchAvailability', 'prvreadmailbox'].map((name) =>
          access.holds(name),
        ),
      ),
    ).toEqual([true, true, true, true])
    expect(await access.holds('prvApproveRejectEmailAddress')).toBe(false)
    expect(await access.may('create', 'contact')).toBe(true)
    expect(await access.may('write', 'contact')).toBe(false)
    for (const verb of ['create', 'read', 'write', 'delete'] as const)
      expect(await access.may(verb, 'lead')).toBe(false)
    expect(await access.may('write', 'activityparty')).toBe(true)
  })

  test('assigning needs the assign privilege as far as the new owner', async () => {
    const seller = await user(ROLES.salesperson)
    const other = await user(ROLES.salesperson)
    const contact = await seller.access.create('contact', { lastname: 'C' })
    await expect(seller.access.update('contact', contact, { ownerid: other.reference })).rejects.toMatchObject({
      privilege: 'prvAssignContact',
    })
    const manager = await user(ROLES.salesManager)
    await manager.access.update('contact', contact, { ownerid: other.reference })
    await expect(seller.access.create('contact', { lastname: 'D', ownerid: other.reference })).rejects.toMatchObject({
      code: 'PrivilegeDenied',
    })
  })

  test('nobody gives themselves a role, and system columns are the system’s', async () => {
    const { access, id } = await user(ROLES.salesManager)
    await expect(
      access.create('systemuserroles', { systemuserid: id, roleid: ROLES.systemAdministrator }),
    ).rejects.toMatchObject({ code: 'PrivilegeDenied' })
    await expect(
      access.create('roleprivileges', {
        roleid: ROLES.salesManager,
        privilegename: 'prvWriteUser',
        privilegedepthmask: 8,
      }),
    ).rejects.toMatchObject({ code: 'PrivilegeDenied' })
    const team = await system.create('team', { name: 'T', businessunitid: ROOT_BUSINESS_UNIT })
    await expect(access.create('teammembership', { systemuserid: id, teamid: team })).rejects.toMatchObject({
      code: 'PrivilegeDenied',
    })
    await expect(access.create('contact', { lastname: 'x', createdon: new Date(0) })).rejects.toMatchObject({
      code: 'ColumnReadOnly',
    })
    await expect(access.create('principalobjectaccess', {})).rejects.toMatchObject({ code: 'ValidationFailed' })
  })

  test('SE-6: a disabled user holds nothing, administrators included', async () => {
    const { access, id } = await user(ROLES.systemAdministrator)
    expect(await access.may('write', 'role')).toBe(true)
    await system.update('systemuser', id, { isdisabled: true })
    expect(await access.may('read', 'contact')).toBe(false)
    await expect(access.query({ table: 'contact' })).rejects.toMatchObject({ privilege: 'prvReadContact' })
  })

  test('SE-21…SE-25: a secured column is null, refused in filters and not written without its permission', async () => {
    const seller = await user(ROLES.salesperson)
    const contact = await system.create('contact', { lastname: 'Rich', new_salary: 100.5, ownerid: seller.reference })
    const salary = { kind: 'condition', column: 'new_salary', operator: 'gt', values: [1] } as const
    const query = { table: 'contact', filter: { kind: 'filter', type: 'and', items: [salary] } } as const
    expect(await seller.access.retrieve('contact', contact, ['new_salary'])).toMatchObject({ new_salary: null })
    await expect(seller.access.query(query)).rejects.toMatchObject({ code: 'ColumnSecured' })
    await expect(seller.access.update('contact', contact, { new_salary: 1 })).rejects.toMatchObject({
      code: 'ColumnSecured',
    })
    await expect(seller.access.create('contact', { lastname: 'x', new_salary: 1 })).rejects.toMatchObject({
      code: 'ColumnSecured',
    })
    const profile = await system.create('fieldsecurityprofile', { name: 'Pay' })
    await system.create('fieldpermission', {
      fieldsecurityprofileid: profile,
      entityname: 'contact',
      attributelogicalname: 'new_salary',
      canread: 4,
      canupdate: 4,
    })
    await system.create('systemuserprofiles', { systemuserid: seller.id, fieldsecurityprofileid: profile })
    await seller.access.update('contact', contact, { new_salary: 200 })
    expect((await seller.access.query(query)).rows).toMatchObject([{ new_salary: 200 }])
    expect(
      await Promise.all(
        (['read', 'create', 'update'] as const).map((right) => seller.access.mayColumn(right, 'contact', 'new_salary')),
      ),
    ).toEqual([true, false, true])
  })

  test('sharing gives rights that the giver has, to those who hold the privilege', async () => {
    const giver = await user(ROLES.salesperson)
    const taker = await user(ROLES.appForOutlookUser)
    const id = await giver.access.create('contact', { lastname: 'Shared' })
    const record = { table: 'contact', id }
    await expect(taker.access.share(record, taker.reference, ['read'])).rejects.toMatchObject({ code: 'NotFound' })
    await giver.access.share(record, taker.reference, ['read', 'write'])
    expect(await taker.access.may('read', 'contact', id)).toBe(true)
    expect(await taker.access.may('write', 'contact', id)).toBe(false)
    await giver.access.unshare(record, taker.reference)
    expect(await taker.access.retrieve('contact', id)).toBeUndefined()
  })
})
