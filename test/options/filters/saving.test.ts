import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { QUERY_TYPE, warningsAbout } from '#options'
import { parseFetch, ROLES, SYSTEM, type Values } from '#records'
import { type Company, openCompany, type Person } from '../../incoming/support/company.ts'
import { engines, openTestInstallation } from '../../support/database.ts'
import { addUserWithRole, as, condition, fetchXml, filterOf, saveFilter } from './support.ts'

const nested = (depth: number): string =>
  depth === 0
    ? ''
    : `<link-entity name="account" from="accountid" to="${depth === 5 ? 'parentcustomerid' : 'parentaccountid'}" alias="a${depth}">${nested(depth - 1)}</link-entity>`

describe.each(engines)('saving filters (%s)', (engine) => {
  let company: Company
  let ada: Person
  let cust: Person
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(engine))
    ada = await addUserWithRole(company, 'Ada', ROLES.systemAdministrator)
    cust = await addUserWithRole(company, 'Cust', ROLES.systemCustomizer)
  })
  afterAll(() => company?.close())

  const access = (person: Person) => company.regarding.records.as(as(person))
  /** What a save is refused with. */
  const refused = async (values: Values, wanted: object, person = company.anna) => {
    const saving = access(person).create('userquery', values)
    await expect(saving).rejects.toMatchObject(wanted)
  }

  it('SF-2, SF-33: a filter is kept and given back exactly as it was given', async () => {
    const written = `<fetch  version='1.0'>\n <entity name="contact"><!-- mine --><attribute name="fullname" />
      <order attribute="fullname"/> <filter type="or"><condition attribute="statecode" operator="eq" value="0" /></filter></entity></fetch>\n`
    const id = await access(company.anna).create(
      'userquery',
      filterOf('contact', '', { fetchxml: written, description: 'd' }),
    )
    expect(await access(company.anna).retrieve('userquery', id)).toMatchObject({
      name: 'My contact',
      description: 'd',
      returnedtypecode: 'contact',
      querytype: QUERY_TYPE.outlookFilter,
      fetchxml: written,
      ownerid: company.anna.id,
      statecode: 0,
      statuscode: 1,
    })
  })

  it('SF-2: a name is needed, of at most 200 characters; only templates have a default', async () => {
    await refused(filterOf('contact', '', { name: null }), { code: 'ValueRequired', column: 'name' })
    await refused(filterOf('contact', '', { name: 'x'.repeat(201) }), { code: 'ValueTooLong' })
    await expect(access(ada).create('savedquery', filterOf('contact', '', { isdefault: true }))).rejects.toMatchObject({
      column: 'isdefault',
    })
  })

  it.each([
    ['aggregate', '<fetch aggregate="true"><entity name="task"/></fetch>', /aggregate/],
    ['distinct', '<fetch distinct="true"><entity name="task"/></fetch>', /distinct/],
    ['top', '<fetch top="5"><entity name="task"/></fetch>', /top/],
    ['count', '<fetch count="5"><entity name="task"/></fetch>', /count/],
    ['page', '<fetch page="2"><entity name="task"/></fetch>', /page/],
    ['paging-cookie', '<fetch paging-cookie="x"><entity name="task"/></fetch>', /paging-cookie/],
    ['groupby', fetchXml('task', '<attribute name="subject" groupby="true" alias="s"/>'), /groupby/],
    ['above', fetchXml('task', condition('ownerid', 'above', 'x')), /above/],
    ['under', fetchXml('task', condition('ownerid', 'under', 'x')), /under/],
    ['in-fiscal-year', fetchXml('task', condition('createdon', 'in-fiscal-year', '2026')), /in-fiscal-year/],
    [
      'a link within a filter',
      fetchXml('task', '<filter><link-entity name="account" from="accountid" to="regardingobjectid"/></filter>'),
      /link-entity/,
    ],
    [
      'a link of another type',
      fetchXml('task', '<link-entity name="account" from="accountid" to="regardingobjectid" link-type="any"/>'),
      /link-type="any"/,
    ],
    ['no XML', 'everything', /XML|text/],
  ])('SF-34: %s is refused by name', async (_, fetchxml, words) => {
    await refused(filterOf('task', '', { fetchxml }), {
      message: expect.stringMatching(words),
      column: 'fetchxml',
      table: 'userquery',
    })
  })

  it('SF-33: links reach to a depth of 5, and no further', async () => {
    expect(await saveFilter(company, company.anna, 'contact', nested(5))).toBeTruthy()
    const six = nested(5).replace(
      'alias="a1">',
      'alias="a1"><link-entity name="account" from="accountid" to="parentaccountid" alias="a0"/>',
    )
    await refused(filterOf('contact', six), { code: 'QueryTooComplex' })
  })

  it('SF-4: email is in no filter, and online filters are about what a mailbox holds', async () => {
    await refused(filterOf('email'), { column: 'returnedtypecode' })
    await refused(filterOf('email', '', { querytype: QUERY_TYPE.offlineFilter }), {
      column: 'returnedtypecode',
    })
    await refused(filterOf('account'), { column: 'returnedtypecode' })
    await saveFilter(company, company.anna, 'account', '', { querytype: QUERY_TYPE.offlineFilter })
    await refused(filterOf('systemuser', '', { querytype: QUERY_TYPE.offlineFilter }), {
      column: 'returnedtypecode',
    })
    await refused(filterOf('nothing'), { message: expect.stringContaining('no table “nothing”') })
  })

  it('SF-33: what could not be evaluated is not saved: columns, operators and values are checked', async () => {
    await refused(filterOf('contact', condition('nosuch', 'null')), { code: 'ColumnUnknown' })
    await refused(filterOf('contact', condition('statecode', 'like', 'x')), { code: 'QueryInvalid' })
    await refused(filterOf('contact', condition('createdon', 'on', 'yesterday')), {
      code: 'QueryInvalid',
    })
    await refused(filterOf('contact', '', { fetchxml: fetchXml('task') }), {
      message: expect.stringContaining('task'),
    })
  })

  it('SF-30: what a filter is about is fixed once it is saved', async () => {
    const id = await saveFilter(company, company.anna, 'task')
    await expect(
      access(company.anna).update('userquery', id, { returnedtypecode: 'contact', fetchxml: fetchXml('contact') }),
    ).rejects.toMatchObject({ column: 'returnedtypecode' })
    await access(company.anna).update('userquery', id, {
      fetchxml: fetchXml('task', condition('statecode', 'eq', '0')),
    })
    await expect(access(company.anna).update('userquery', id, { fetchxml: '<fetch/>' })).rejects.toMatchObject({
      column: 'fetchxml',
    })
    await access(company.anna).delete('userquery', id)
  })

  it('SF-32, SF-42: a filter without criteria is allowed; a person is warned of it, and of participants’ roles', async () => {
    await saveFilter(company, company.anna, 'letter')
    expect(warningsAbout(parseFetch(fetchXml('letter')))).toHaveLength(1)
    expect(warningsAbout(parseFetch(fetchXml('letter', condition('statecode', 'eq', '0'))))).toEqual([])
    const roles = `<link-entity name="activityparty" from="activityid" to="activityid">${condition('participationtypemask', 'eq', '5')}</link-entity>`
    expect(warningsAbout(parseFetch(fetchXml('appointment', roles)))[0]).toMatch(/organizer/)
  })

  it('SF-6: an administrator may limit how many, alike for all tables; the refusal tells the limit', async () => {
    await company.set({ MaximumFiltersPerTable: 2 })
    for (const table of ['fax', 'phonecall'])
      for (const n of [1, 2]) await saveFilter(company, company.ben, table, '', { name: `${table} ${n}` })
    await refused(filterOf('fax'), { message: expect.stringContaining('at most 2') }, company.ben)
    await saveFilter(company, company.anna, 'fax')
    await company.set({ MaximumFiltersPerTable: null })
    await saveFilter(company, company.ben, 'fax', '', { name: 'third' })
  })

  it('SF-1, SF-25, SF-56: system filters and templates are the administrator’s; everybody reads them', async () => {
    const values = filterOf('task', condition('prioritycode', 'eq', '2'), { name: 'Urgent' })
    for (const person of [company.anna, cust])
      await expect(access(person).create('savedquery', values)).rejects.toMatchObject({ code: 'PrivilegeDenied' })
    const id = await access(ada).create('savedquery', values)
    expect(await access(company.anna).retrieve('savedquery', id, ['name'])).toMatchObject({ name: 'Urgent' })
    for (const person of [company.anna, cust]) {
      await expect(access(person).update('savedquery', id, { statecode: 1 })).rejects.toMatchObject({
        code: 'PrivilegeDenied',
      })
      await expect(access(person).delete('savedquery', id)).rejects.toMatchObject({ code: 'PrivilegeDenied' })
    }
    await access(cust).create('savedquery', { ...values, querytype: QUERY_TYPE.publicView })
    await access(ada).delete('savedquery', id)
  })

  it('SF-57: filters are nobody else’s business, except of those who may manage them', async () => {
    const id = await saveFilter(company, company.anna, 'contact', '', { name: 'Secret' })
    expect(await access(company.ben).retrieve('userquery', id)).toBeUndefined()
    await expect(access(company.ben).update('userquery', id, { name: 'x' })).rejects.toMatchObject({ code: 'NotFound' })
    expect(await access(cust).holds('prvAdminFilter')).toBe(true)
    expect(await access(cust).retrieve('userquery', id, ['name'])).toMatchObject({ name: 'Secret' })
    await access(cust).update('userquery', id, { name: 'Managed' })
    const system = company.regarding.records.as(SYSTEM)
    const role = await system.create('role', {
      name: 'Deep',
      businessunitid: (await system.retrieve('systemuser', ada.id))?.['businessunitid'] ?? null,
    })
    await system.create('roleprivileges', {
      roleid: { table: 'role', id: role },
      privilegename: 'prvReadUserQuery',
      privilegedepthmask: 8,
    })
    await system.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: company.ben.id },
      roleid: { table: 'role', id: role },
    })
    expect(await access(company.ben).retrieve('userquery', id)).toBeUndefined()
    await access(company.anna).share({ table: 'userquery', id }, { table: 'systemuser', id: company.ben.id }, ['read'])
    expect(await access(company.ben).retrieve('userquery', id, ['name'])).toMatchObject({ name: 'Managed' })
  })

  it('SF-26: a filter is deactivated and activated without its definition changing, though its column went since', async () => {
    const id = await saveFilter(company, company.anna, 'fax')
    const { sql } = await import('kysely')
    await sql`update userquery set fetchxml = ${fetchXml('fax', condition('gone', 'null'))} where userqueryid = ${id}`.execute(
      company.regarding.database.sql,
    )
    await access(company.anna).update('userquery', id, { statecode: 1 })
    expect(await access(company.anna).retrieve('userquery', id)).toMatchObject({
      statecode: 1,
      statuscode: 2,
      fetchxml: fetchXml('fax', condition('gone', 'null')),
    })
    await access(company.anna).delete('userquery', id)
  })
})
