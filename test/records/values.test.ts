import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Access,
  openRecords,
  parseCustomization,
  type Records,
  ROOT_BUSINESS_UNIT,
  SYSTEM,
  type Values,
} from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

const custom = {
  tables: [
    {
      name: 'new_project',
      set: 'new_projects',
      label: 'Project',
      hasActivities: true,
      columns: [
        { name: 'new_budget', type: 'decimal' },
        { name: 'new_count', type: 'bigint' },
        { name: 'new_kind', type: 'choice', options: { 1: 'Small', 2: 'Large' }, default: 1 },
        { name: 'new_tags', type: 'choices', options: { 1: 'Red', 2: 'Green', 3: 'Blue' } },
        { name: 'new_facts', type: 'json' },
        { name: 'new_client', type: 'lookup', targets: ['account', 'contact'] },
      ],
    },
    {
      name: 'new_visit',
      set: 'new_visits',
      label: 'Visit',
      activity: true,
      columns: [{ name: 'new_place', type: 'text' }],
    },
  ],
}

describe.each(engines)('values (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  let system: Access
  const clock = new SimulatedClock()
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, { clock, custom })
    system = records.as(SYSTEM)
  })
  afterAll(() => database.close())

  test('any value of any type is read back as it was written', async () => {
    const account = { table: 'account', id: await system.create('account', { name: 'Contoso' }) }
    const project = fc.record({
      new_name: fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }).map((text) => text.replaceAll('\0', '')),
      new_budget: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
      new_count: fc.maxSafeInteger(),
      new_kind: fc.constantFrom(1, 2),
      new_tags: fc.uniqueArray(fc.constantFrom(1, 2, 3), { minLength: 1 }).map(String),
      new_client: fc.constantFrom(account, null),
      createdon: fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(project, { minLength: 1, maxLength: 5 }), async (projects) => {
        const ids = await system.createMany('new_project', projects)
        for (const [n, id] of ids.entries()) {
          const written = projects[n] as (typeof projects)[number]
          expect(await system.retrieve('new_project', id)).toMatchObject({
            ...written,
            new_name: written.new_name === '' ? null : written.new_name,
            new_budget: written.new_budget === 0 ? 0 : written.new_budget,
            new_client: written.new_client?.id ?? null,
            new_client_table: written.new_client?.table ?? null,
          })
        }
      }),
      { numRuns: 25 },
    )
  })

  test('json keeps its meaning, and text that no database holds is mended', async () => {
    const facts = { a: [1, 'x', null], b: { c: true } }
    const id = await system.create('new_project', { new_name: 'a\0b\ud800c', new_facts: JSON.stringify(facts) })
    const row = await system.retrieve('new_project', id)
    expect(JSON.parse(String(row?.['new_facts']))).toEqual(facts)
    expect(row?.['new_name']).toBe('ab\ufffdc')
  })

  test.each<[string, string, Values, string]>([
    ['too long', 'contact', { lastname: 'x'.repeat(51) }, 'ValueTooLong'],
    ['too many bytes for a key', 'email', { messageid: '€'.repeat(998) }, 'ValueTooLong'],
    ['no option', 'contact', { preferredcontactmethodcode: 77 }, 'ValueInvalid'],
    ['no date', 'contact', { birthdate: '2023-02-30' }, 'ValueInvalid'],
    ['no number', 'account', { numberofemployees: 1.5 }, 'ValueInvalid'],
    ['out of range', 'opportunity', { name: 'x', closeprobability: 101 }, 'ValueInvalid'],
    ['no such column', 'contact', { nonsense: 1 }, 'ColumnUnknown'],
    ['no such table', 'nonsense', {}, 'TableUnknown'],
    ['required', 'account', {}, 'ValueRequired'],
    ['set by the system', 'contact', { fullname: 'x' }, 'ColumnReadOnly'],
    ['a view', 'activitypointer', { subject: 'x' }, 'ValidationFailed'],
    ['wrong target', 'task', { regardingobjectid: { table: 'systemuser', id: ROOT_BUSINESS_UNIT } }, 'ValueInvalid'],
    ['missing target', 'task', { regardingobjectid: { table: 'account', id: ROOT_BUSINESS_UNIT } }, 'NotFound'],
    ['state and reason that differ', 'email', { statecode: 0, statuscode: 4 }, 'ValueInvalid'],
  ])('an error names table and column: %s', async (_title, table, values, code) => {
    await expect(system.create(table, values)).rejects.toMatchObject({ code, table })
  })

  test('a text too long says how long it may be', async () => {
    await expect(system.create('contact', { lastname: 'x'.repeat(51) })).rejects.toThrow(
      '"contact.lastname" holds at most 50 characters; the value has 51.',
    )
  })

  test('OE-1: a status reason brings its state, a state its default reason', async () => {
    const id = await system.create('email', { subject: 'x' })
    const status = async () => {
      const row = await system.retrieve('email', id, ['statecode', 'statuscode'])
      return [row?.['statecode'], row?.['statuscode']]
    }
    expect(await status()).toEqual([0, 1])
    await system.update('email', id, { statuscode: 6 })
    expect(await status()).toEqual([1, 6])
    await system.update('email', id, { statecode: 2 })
    expect(await status()).toEqual([2, 5])
  })

  test('activities of all kinds, custom ones too, stand in one list and may regard custom records', async () => {
    const project = { table: 'new_project', id: await system.create('new_project', { new_name: 'P' }) }
    const visit = await system.create('new_visit', { subject: 'Visit', regardingobjectid: project, new_place: 'Rome' })
    const mail = await system.create('email', { subject: 'Mail', regardingobjectid: project, statuscode: 4 })
    const { rows } = await system.query({
      table: 'activitypointer',
      columns: ['activitytypecode', 'subject', 'statecode', 'regardingobjectid'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'regardingobjectid', operator: 'eq', values: [project.id] }],
      },
      order: [{ column: 'subject' }],
    })
    expect(rows).toMatchObject([
      { activityid: mail, activitytypecode: 'email', statecode: 1, regardingobjectid_table: 'new_project' },
      { activityid: visit, activitytypecode: 'new_visit', statecode: 0 },
    ])
  })

  test('T-51: users are numbered from 1 in the order in which they were created', async () => {
    const ids = await system.createMany('systemuser', [
      { lastname: 'A', businessunitid: ROOT_BUSINESS_UNIT },
      { lastname: 'B', businessunitid: ROOT_BUSINESS_UNIT },
    ])
    const numbers = await Promise.all(ids.map((id) => system.retrieve('systemuser', id, ['identityid'])))
    expect(numbers.map((row) => row?.['identityid'])).toEqual([1, 2])
  })

  test('a change that changes nothing leaves no trace, and several of one row are one', async () => {
    const id = await system.create('account', { name: 'Same', revenue: 12.5 })
    const before = await system.retrieve('account', id)
    await clock.advance(1000)
    await system.update('account', id, { name: 'Same', revenue: 12.5 })
    expect(await system.retrieve('account', id)).toEqual(before)
    await system.updateMany('account', [
      { accountid: id, name: 'First', fax: '1' },
      { accountid: id, name: 'Second' },
    ])
    expect(await system.retrieve('account', id)).toMatchObject({ name: 'Second', fax: '1', modifiedon: clock.now() })
  })

  test('nothing is written when one row of many is refused', async () => {
    const [first, second] = (await system.createMany('account', [{ name: 'One' }, { name: 'Two' }])) as [string, string]
    const missing = '00000000-0000-4000-8000-00000000dead'
    const refused = database.transaction(async (tx) => {
      const writer = system.in(tx)
      await expect(
        writer.updateMany('account', [
          { accountid: first, name: 'Changed' },
          { accountid: missing, name: 'Changed' },
        ]),
      ).rejects.toMatchObject({ code: 'NotFound' })
      await expect(writer.deleteMany('account', [second, missing])).rejects.toMatchObject({ code: 'NotFound' })
    })
    await refused
    expect((await system.retrieve('account', first))?.['name']).toBe('One')
    expect((await system.retrieve('account', second))?.['name']).toBe('Two')
  })
})

const column = (type: string) => ({ columns: { contact: [{ name: 'new_x', type }] } })

describe('the file of custom tables', () => {
  test('every fault is named with its place', () => {
    const bad = {
      tables: [{ name: 'Project', set: 'new_ps', label: 'P', columns: [{ name: 'new_x', type: 'lookup' }] }],
      columns: { contact: [{ name: 'x', type: 'text' }] },
      more: 1,
    }
    expect(() => parseCustomization(bad)).toThrow(
      /tables\.0\.name: .*\n.*tables\.0\.columns\.0\.targets: .*\n.*columns\.contact\.0\.name: .*\n.*more/s,
    )
  })

  test('names that do not exist or exist already, and changed types, are refused', async () => {
    const database = await openTestDatabase()
    const open = (custom: unknown) => openRecords(database, { clock: new SimulatedClock(), custom })
    await open(column('text'))
    await expect(open(column('integer'))).rejects.toThrow(/"contact\.new_x" exists as text/)
    await expect(open({ columns: { nothing: [] } })).rejects.toThrow(/"nothing", which does not exist/)
    await expect(
      open({ columns: { contact: [{ name: 'new_y', type: 'lookup', targets: ['nothing'] }] } }),
    ).rejects.toThrow(/new_y/)
    await database.close()
  })
})
