import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  highlight,
  keepSearchIndex,
  openRecords,
  type Principal,
  type Records,
  ROLES,
  ROOT_BUSINESS_UNIT,
  SYSTEM,
  searchLag,
} from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'

const CUSTOM = {
  tables: [
    {
      name: 'new_tree',
      set: 'new_trees',
      label: 'Tree',
      ownership: 'user',
      columns: [
        { name: 'new_name', type: 'text', max: 100 },
        { name: 'new_secret', type: 'text', max: 100, secured: true },
      ],
    },
  ],
}

describe.each(engines)('search (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  let anna: Principal
  let cleo: Principal
  const clock = new SimulatedClock()
  const keep = async () => {
    while ((await keepSearchIndex({ database, catalogue: records.catalogue, clock })).more);
    expect(await searchLag(database.sql, records.catalogue)).toEqual({ pending: 0 })
  }
  const find = async (text: string, as: Principal = SYSTEM, more = {}) => {
    const { hits } = await records.search(as, { text, ...more })
    return hits.map(({ id }) => names.get(id) ?? id)
  }
  const names = new Map<string, string>()
  const make = async (name: string, table: string, values: Record<string, unknown>) => {
    const id = await records.as(SYSTEM).create(table, values as never)
    names.set(id, name)
    return id
  }
  const person = async (name: string, unit: string) => {
    const id = await make(name, 'systemuser', {
      lastname: name,
      internalemailaddress: `${name}@ours.example`,
      businessunitid: { table: 'businessunit', id: unit },
    })
    await records.as(SYSTEM).create('systemuserroles', {
      systemuserid: { table: 'systemuser', id },
      roleid: { table: 'role', id: ROLES.appForOutlookUser },
    })
    return { kind: 'user', id } as const
  }

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, { clock, custom: CUSTOM })
    anna = await person('anna', ROOT_BUSINESS_UNIT)
    cleo = await person('cleo', ROOT_BUSINESS_UNIT)
    const owner = { ownerid: { table: 'systemuser', id: (anna as { id: string }).id } }
    await make('müller', 'contact', {
      firstname: 'Jürgen',
      lastname: 'Müller',
      emailaddress1: 'j.mueller@Contoso.com',
      telephone1: '+49 (89) 1234-567',
      address1_postalcode: 'D-80331',
      ...owner,
    })
    await make('brien', 'contact', { firstname: 'Seán', lastname: "O'Brien", ...owner })
    await make('tokyo', 'account', { name: '東京都庁', ...owner })
    await make('contoso', 'account', { name: 'Contoso Müller KG', ...owner })
    await make('mail', 'email', {
      subject: 'Offer for wind turbines',
      description: '<p>Dear J&uuml;rgen,</p><script>hidden()</script><p>the gearbox costs 900 &euro;.</p>',
      sender: 'sales@ours.example',
      torecipients: 'j.mueller@contoso.com',
      ...owner,
    })
    await make('oak', 'new_tree', { new_name: 'Oak', new_secret: 'Treasure', ...owner })
    await keep()
  })
  afterAll(() => database.close())

  test('names, addresses, subjects and bodies are found, names first', async () => {
    expect((await find('muller', SYSTEM, { alike: false })).sort()).toEqual(['contoso', 'müller'])
    expect(await find('Mueller')).toContain('müller')
    expect(await find('MÜLL')).toEqual(expect.arrayContaining(['müller', 'contoso']))
    expect(await find('j.mueller@contoso.com')).toEqual(['müller', 'mail'])
    expect(await find('contoso.com')).toEqual(expect.arrayContaining(['müller', 'mail']))
    expect(await find('gearbox')).toEqual(['mail'])
    expect(await find('hidden', SYSTEM, { alike: false })).toEqual([])
    expect(await find('wind offer')).toEqual(['mail'])
    expect(await find('wind -offer')).toEqual([])
    expect(await find('obrien')).toEqual(['brien'])
    expect(await find('京都')).toEqual(['tokyo'])
    expect(await find('80331')).toEqual(['müller'])
  })

  test('a phone number is found however it is written', async () => {
    for (const typed of ['+49 89 1234567', '089/1234567', '1234567', '0049 89 1234567', '+49 89 1234'])
      expect([typed, await find(typed)]).toEqual([typed, ['müller']])
  })

  test('words spelt alike are found when there are no others', async () => {
    expect(await find('Contsoo')).toEqual(expect.arrayContaining(['contoso']))
    expect(await find('turbnies')).toEqual(['mail'])
    expect(await find('turbnies', SYSTEM, { alike: false })).toEqual([])
  })

  test('SE-3: only what the user may read is found and counted', async () => {
    expect(await find('müller', anna)).toContain('müller')
    expect(await find('gearbox', anna)).toEqual(['mail'])
    expect(await find('gearbox', cleo)).toEqual([])
    const { facets, count } = await records.search(cleo, { text: 'contoso' })
    expect([facets, count]).toEqual([[], 0])
    await expect(records.search(anna, { text: ' ' })).rejects.toThrow(/at least one word/)
    await expect(records.search(anna, { text: 'x', tables: ['nothing'] })).rejects.toThrow(/no table/)
  })

  test('SE-20: a secured column is never matched for who may not read it', async () => {
    expect(await find('treasure')).toEqual(['oak'])
    expect(await find('oak treasure')).toEqual(['oak'])
    const role = await records.as(SYSTEM).create('role', {
      name: 'Trees',
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    const user = { table: 'systemuser', id: (anna as { id: string }).id }
    await records.as(SYSTEM).create('roleprivileges', {
      roleid: { table: 'role', id: role },
      privilegename: 'prvReadnew_tree',
      privilegedepthmask: 8,
    })
    await records.as(SYSTEM).create('systemuserroles', { systemuserid: user, roleid: { table: 'role', id: role } })
    expect(await find('oak', anna)).toEqual(['oak'])
    expect(await find('treasure', anna)).toEqual([])
    expect(await find('tresure', anna)).toEqual([])
    const profile = await records.as(SYSTEM).create('fieldsecurityprofile', { name: 'Secrets' })
    const fieldsecurityprofileid = { table: 'fieldsecurityprofile', id: profile }
    await records.as(SYSTEM).create('fieldpermission', {
      fieldsecurityprofileid,
      entityname: 'new_tree',
      attributelogicalname: 'new_secret',
      canread: 4,
    })
    await records.as(SYSTEM).create('systemuserprofiles', { systemuserid: user, fieldsecurityprofileid })
    expect(await find('treasure', anna)).toEqual(['oak'])
  })

  test('facets count by table; pages follow each other', async () => {
    const all = await records.search(SYSTEM, { text: 'contoso' })
    expect(new Map(all.facets.map(({ table, count }) => [table, count]))).toEqual(
      new Map([
        ['contact', 1],
        ['account', 1],
        ['email', 1],
      ]),
    )
    const pages = await Promise.all([0, 1, 2].map((skip) => records.search(SYSTEM, { text: 'contoso', skip, top: 1 })))
    expect(pages.flatMap(({ hits }) => hits)).toEqual(all.hits)
    expect(await find('contoso', SYSTEM, { tables: ['account'] })).toEqual(['contoso'])
  })

  test('what changes is found anew, what goes is forgotten with its words', async () => {
    const id = await make('zeppelin', 'account', { name: 'Zeppelin Works' })
    expect(await find('zeppelin')).toEqual([])
    await keep()
    expect(await find('zeppelin')).toEqual(['zeppelin'])
    await records.as(SYSTEM).update('account', id, { name: 'Balloon Works' })
    await keep()
    expect(await find('zeppelin')).toEqual([])
    expect(await find('balloon')).toEqual(['zeppelin'])
    await records.as(SYSTEM).delete('account', id)
    await keep()
    expect(await find('balloon')).toEqual([])
    const { rows } = await sql`select word from search_word where word in ('zeppelin', 'balloon', 'contoso')`.execute(
      database.sql,
    )
    expect(rows).toEqual([{ word: 'contoso' }])
  })

  test('an index that lost its place reads everything anew', async () => {
    await sql`update search_state set cursor = '1.00000000-0000-0000-0000-000000000000.1.1'`.execute(database.sql)
    expect((await searchLag(database.sql, records.catalogue)).listing).toBe('all')
    await keep()
    expect(await find('gearbox')).toEqual(['mail'])
    expect((await find('contoso')).length).toBe(3)
  })
})

test('hits are marked, and long texts cut around them', () => {
  const terms = [{ words: ['muller', 'mueller'], prefix: true }]
  expect(highlight('Hans Müllers Hof', terms)).toBe('Hans {crmhit}Müllers{/crmhit} Hof')
  expect(highlight('nothing', terms)).toBeUndefined()
  const long = highlight(`${'x '.repeat(200)}Muller${' y'.repeat(200)}`, terms)
  expect(long).toMatch(/^….*\{crmhit\}Muller\{\/crmhit\}.*…$/)
  expect(long?.length).toBeLessThan(200)
})
