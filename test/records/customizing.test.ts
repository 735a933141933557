import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { type CustomChange, openRecords, type Records, SYSTEM } from '#records'
import { engines, makeTestTarget, openTestDatabase, TEST_KEY } from '../support/database.ts'

/** Declarations that the API makes, on both stores and in several processes. */

const tableOf = (name: string, more: object = {}): CustomChange => ({
  do: 'addTable',
  table: { name, set: `${name}s`, label: name, columns: [], ...more },
})
const columnOf = (table: string, name: string): CustomChange => ({
  do: 'addColumn',
  table,
  column: { name, type: 'text', max: 20 },
})

const extra = (type: 'text' | 'integer', format?: 'email'): CustomChange => ({
  do: 'addColumn',
  table: 'contact',
  column: { name: 'new_extra', type, ...(format ? { format } : {}) },
})

describe.each(engines)('%s', (engine) => {
  let database: Database
  let records: Records
  beforeAll(async () => {
    database = await openTestDatabase(engine)
    records = await openRecords(database)
  })
  afterAll(() => database.close())
  const as = () => records.as(SYSTEM)

  it('Customization: what the API declares is what the file would declare', async () => {
    const columns = [
      { name: 'new_size', type: 'choice' as const, optionSet: 'new_sizes' },
      { name: 'new_mail', type: 'text' as const, format: 'email' as const },
    ]
    const optionSet = { name: 'new_sizes', label: 'Sizes', options: { 1: 'Small' } }
    const tie = { name: 'new_ties', table: 'new_tie', first: 'new_alike', second: 'contact' }
    await records.customize(SYSTEM, [
      { do: 'addOptionSet', optionSet },
      tableOf('new_alike', { columns, hasActivities: true }),
      columnOf('account', 'new_code'),
      { do: 'addManyToMany', relationship: tie },
    ])
    const other = await openTestDatabase(engine)
    try {
      const byFile = await openRecords(other, {
        custom: {
          tables: [{ name: 'new_alike', set: 'new_alikes', label: 'new_alike', columns, hasActivities: true }],
          columns: { account: [{ name: 'new_code', type: 'text', max: 20 }] },
          optionSets: [optionSet],
          manyToMany: [tie],
        },
      })
      for (const name of ['new_alike', 'account', 'new_tie'])
        expect(records.catalogue.table(name)).toEqual(byFile.catalogue.table(name))
    } finally {
      await other.close()
    }
  })

  it('Customization: it is there after the installation was opened again', async () => {
    await records.customize(SYSTEM, [tableOf('new_stays')])
    const again = await openRecords(database)
    await again.as(SYSTEM).create('new_stays', { new_name: 'A' })
    expect(again.catalogue.table('new_stays').custom).toBe(true)
  })

  it('Customization: one change that fails takes all others of its request with it', async () => {
    const changes = [tableOf('new_half'), columnOf('new_half', 'new_one'), columnOf('nosuch', 'new_two')]
    await expect(records.customize(SYSTEM, changes)).rejects.toThrow('"nosuch", which does not exist')
    expect(records.catalogue.find('new_half')).toBeUndefined()
    const { rows } = await sql`select 1 from pg_class where relname = 'new_half'`.execute(database.sql)
    expect(rows).toEqual([])
    await records.customize(SYSTEM, [tableOf('new_half')])
  })

  it('Customization: many who declare at once each build on what the one before declared', async () => {
    const names = Array.from({ length: 6 }, (_, at) => `new_many${at}`)
    await Promise.all(names.map((name) => records.customize(SYSTEM, [tableOf(name), columnOf('contact', `${name}_c`)])))
    for (const name of names) await as().create(name, { new_name: name })
    const id = await as().create('contact', { lastname: 'X', new_many0_c: '0', new_many5_c: '5' })
    expect(await as().retrieve('contact', id, ['new_many5_c'])).toMatchObject({ new_many5_c: '5' })
  })

  it('Customization: a column that is deleted is gone with its values and addresses, and its name is free', async () => {
    await records.customize(SYSTEM, [extra('text', 'email')])
    const id = await as().create('contact', { lastname: 'Y', new_extra: 'extra@adatum.example' })
    expect((await as().resolveAddresses(['extra@adatum.example'])).size).toBe(1)
    await records.customize(SYSTEM, [{ do: 'dropColumn', table: 'contact', name: 'new_extra' }])
    expect((await as().resolveAddresses(['extra@adatum.example'])).get('extra@adatum.example') ?? []).toEqual([])
    await expect(as().retrieve('contact', id, ['new_extra'])).rejects.toThrow('no column new_extra')
    await records.customize(SYSTEM, [extra('integer')])
    expect((await as().retrieve('contact', id, ['new_extra']))?.['new_extra']).toBeNull()
  })
})

test('Customization: another process knows a new table when it is next asked, and a taken one is taken', async () => {
  const { target, remove } = await makeTestTarget('server')
  const databases = [
    await openDatabase(target, { key: { text: TEST_KEY } }),
    await openDatabase(target, { key: { text: TEST_KEY } }),
  ] as const
  try {
    const [here, there] = [await openRecords(databases[0]), await openRecords(databases[1])]
    await here.customize(SYSTEM, [tableOf('new_far'), columnOf('account', 'new_far_c')])
    expect(there.catalogue.find('new_far')).toBeUndefined()
    expect(await there.refresh()).toBe(true)
    await there.as(SYSTEM).create('new_far', { new_name: 'There' })
    // Both at once: neither loses what the other declared.
    await Promise.all([here.customize(SYSTEM, [tableOf('new_a')]), there.customize(SYSTEM, [tableOf('new_b')])])
    await here.refresh()
    await there.refresh()
    for (const each of [here, there])
      expect([each.catalogue.find('new_a'), each.catalogue.find('new_b')]).not.toContain(undefined)
    await here.customize(SYSTEM, [{ do: 'dropTable', name: 'new_a' }])
    await there.refresh()
    expect(there.catalogue.find('new_a')).toBeUndefined()
  } finally {
    for (const each of databases) await each.close()
    await remove()
  }
})

test('Customization: a write of a user who has an older declaration in a transaction begins anew with the newer one', async () => {
  const { target, remove } = await makeTestTarget('server')
  const one = await openDatabase(target, { key: { text: TEST_KEY } })
  const two = await openDatabase(target, { key: { text: TEST_KEY } })
  try {
    const [here, there] = [await openRecords(one), await openRecords(two)]
    const userId = await here.as(SYSTEM).create('systemuser', {
      lastname: 'Ann',
      domainname: 'ann@adatum.example',
      businessunitid: { table: 'businessunit', id: (await rootUnit(here)) ?? '' },
    })
    await here.customize(SYSTEM, [tableOf('new_asked')])
    const ann = there.as({ kind: 'user', id: userId })
    await expect(two.transaction((tx) => ann.in(tx).create('new_asked', { new_name: 'X' }))).rejects.toThrow(
      'prvCreatenew_asked',
    )
  } finally {
    await one.close()
    await two.close()
    await remove()
  }
})

async function rootUnit(records: Records): Promise<string | undefined> {
  const { rows } = await records.as(SYSTEM).query({ table: 'businessunit', columns: ['businessunitid'], top: 1 })
  return rows[0]?.['businessunitid'] as string | undefined
}
