import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRecords, type Records, ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

const site = (format?: string) => ({
  name: 'new_site',
  set: 'new_sites',
  label: 'Site',
  columns: [{ name: 'new_mail', type: 'text', ...(format ? { format } : {}) }],
})

describe.each(engines)('resolving addresses (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  const clock = new SimulatedClock()
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, {
      clock,
      custom: { columns: { contact: [{ name: 'new_email4', type: 'text', format: 'email' }] } },
    })
  })
  afterAll(() => database.close())

  const resolve = async (address: string) =>
    (await records.resolveAddresses(database.sql, [address])).get(address)?.map(({ table, id }) => `${table} ${id}`)

  test('T-62: any column of format email of any table matches, custom ones too, whatever the letter case', async () => {
    const system = records.as(SYSTEM)
    const contact = await system.create('contact', { lastname: 'One', emailaddress2: ' Both@Example.COM ' })
    await clock.advance(1000)
    const lead = await system.create('lead', { lastname: 'Two', emailaddress3: 'both@example.com' })
    await clock.advance(1000)
    const custom = await system.create('contact', {
      lastname: 'Three',
      new_email4: 'BOTH@example.com',
      emailaddress1: 'both@example.com',
    })
    const queue = await system.create('queue', { name: 'Support', emailaddress: 'both@example.com' })
    expect(await resolve('BOTH@example.com')).toEqual([
      `contact ${contact}`,
      `lead ${lead}`,
      ...[`contact ${custom}`, `queue ${queue}`].sort((a, b) =>
        (a.split(' ')[1] as string).localeCompare(b.split(' ')[1] as string),
      ),
    ])
    expect(await resolve('nobody@example.com')).toEqual([])
    expect(await resolve('')).toEqual([])
  })

  test('T-63, T-65, T-67: name, owner, state and creation are those of the record now', async () => {
    const system = records.as(SYSTEM)
    const user = await system.create('systemuser', {
      lastname: 'Owner',
      businessunitid: ROOT_BUSINESS_UNIT,
      internalemailaddress: 'owner@example.com',
    })
    const created = clock.now()
    const contact = await system.create('contact', {
      firstname: 'Eve',
      lastname: 'Old',
      emailaddress1: 'eve@example.com',
    })
    await clock.advance(1000)
    await system.update('contact', contact, {
      lastname: 'New',
      statecode: 1,
      ownerid: { table: 'systemuser', id: user },
    })
    await system.update('systemuser', user, { isdisabled: true })
    const found = await records.resolveAddresses(database.sql, ['eve@example.com', 'owner@example.com'])
    expect(found.get('eve@example.com')).toEqual([
      {
        table: 'contact',
        id: contact,
        name: 'Eve New',
        active: false,
        createdOn: created,
        owner: { table: 'systemuser', id: user },
      },
    ])
    expect(found.get('owner@example.com')).toEqual([
      { table: 'systemuser', id: user, name: 'Owner', active: false, createdOn: created },
    ])
    await system.update('contact', contact, { emailaddress1: null, emailaddress2: 'eve2@example.com' })
    expect(await resolve('eve@example.com')).toEqual([])
    expect(await resolve('eve2@example.com')).toEqual([`contact ${contact}`])
    await system.delete('contact', contact)
    expect(await resolve('eve2@example.com')).toEqual([])
  })

  test('T-63: at most 101 records are given, in one statement', async () => {
    const system = records.as(SYSTEM)
    await system.createMany(
      'contact',
      Array.from({ length: 150 }, (_, n) => ({
        lastname: `C${n}`,
        emailaddress1: 'many@example.com',
        emailaddress2: 'many@example.com',
      })),
    )
    database.statements.length = 0
    const found = await records.resolveAddresses(database.sql, ['many@example.com', 'both@example.com'])
    expect(database.statements).toHaveLength(1)
    expect(found.get('many@example.com')).toHaveLength(101)
    expect(new Set(found.get('many@example.com')?.map((match) => match.id)).size).toBe(101)
  })

  test('T-69, SE-3: a person finds only records they may read', async () => {
    const system = records.as(SYSTEM)
    const user = await system.create('systemuser', { lastname: 'Reader', businessunitid: ROOT_BUSINESS_UNIT })
    await system.create('systemuserroles', { systemuserid: user, roleid: ROLES.appForOutlookUser })
    const mine = await system.create('contact', {
      lastname: 'Mine',
      emailaddress1: 'x@example.com',
      ownerid: { table: 'systemuser', id: user },
    })
    await system.create('contact', { lastname: 'Theirs', emailaddress1: 'x@example.com' })
    const found = await records.as({ kind: 'user', id: user }).resolveAddresses(['x@example.com'])
    expect(found.get('x@example.com')?.map((match) => match.id)).toEqual([mine])
    expect((await resolve('x@example.com'))?.length).toBe(2)
  })

  test('T-62: a column that becomes one of format email later is searched at once, and no longer when it ceases to be', async () => {
    const before = await openRecords(database, { clock, custom: { tables: [site()] } })
    const id = await before.as(SYSTEM).create('new_site', { new_name: 'Plant', new_mail: 'Plant@example.com' })
    expect(await resolve('plant@example.com')).toEqual([])
    await openRecords(database, { clock, custom: { tables: [site('email')] } })
    expect(await resolve('plant@example.com')).toEqual([`new_site ${id}`])
    await openRecords(database, { clock, custom: { tables: [site()] } })
    expect(await resolve('plant@example.com')).toEqual([])
  })
})
