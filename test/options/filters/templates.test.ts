import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FILTER_TYPE, type FilterKind, filterKindOf, QUERY_TYPE, TEMPLATE_TYPE } from '#options'
import {
  type Catalogue,
  PARTICIPATION,
  parseFetch,
  type Reference,
  ROLES,
  type Row,
  SYSTEM,
  type Values,
} from '#records'
import { assemble } from '#sync'
import { SimulatedClock } from '#time'
import { type Company, openCompany, type Person } from '../../incoming/support/company.ts'
import { openTestInstallation } from '../../support/database.ts'
import { addUserWithRole, as, condition, fetchXml, filterOf, saveFilter } from './support.ts'

let company: Company
let ada: Person
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  ada = await addUserWithRole(company, 'Ada', ROLES.systemAdministrator)
})
afterAll(() => company?.close())

const system = () => company.regarding.records.as(SYSTEM)
const filters = () => company.regarding.filters
const subscribe = (person: Person, kind: FilterKind) =>
  company.regarding.database.transaction((tx) => filters().subscribe(person.id, kind, tx))
const rowsOf = async (table: string, equal: Values): Promise<Row[]> =>
  (
    await system().query({
      table,
      filter: {
        kind: 'filter',
        type: 'and',
        items: Object.entries(equal).map(([column, value]) => ({
          kind: 'condition' as const,
          column,
          operator: 'eq' as const,
          values: [value as string | number],
        })),
      },
      order: [{ column: 'returnedtypecode' }],
    })
  ).rows
const filtersOf = (person: Person, kind: FilterKind) =>
  rowsOf('userquery', { ownerid: person.id, querytype: FILTER_TYPE[kind] })
const namesOf = async (person: Person, kind: FilterKind) =>
  Object.fromEntries((await filtersOf(person, kind)).map((row) => [row['returnedtypecode'], row['name']]))
const user = (person: Person): Reference => ({ table: 'systemuser', id: person.id })
const newUser = (name: string) => addUserWithRole(company, name, ROLES.salesperson)
const union = async (person: Person, table: string) => [...(await filters().union(person.id, table, 'online')).keys()]

const taskTemplate = async () =>
  (await rowsOf('savedquery', { querytype: QUERY_TYPE.outlookTemplate, returnedtypecode: 'task' })).find(
    (row) => row['isdefault'] === true,
  ) as Row

const taskFilter = async (person: Person) =>
  (await filtersOf(person, 'online')).find((row) => row['returnedtypecode'] === 'task')?.['fetchxml']
const listed = ({ tables }: Catalogue) =>
  tables.filter((table) => !table.view && table.ownership !== 'child').map(({ name }) => name)

describe('the filters of a new user', () => {
  it('SF-40, SF-50: are those of the default templates, made when the user is first subscribed and only then', async () => {
    const nina = await newUser('Nina')
    expect(await subscribe(nina, 'online')).toBe(true)
    expect(await namesOf(nina, 'online')).toEqual({
      contact: 'My Outlook Contacts',
      appointment: 'My Appointments',
      recurringappointmentmaster: 'My Recurring Appointments',
      serviceappointment: 'My Service Activities',
      task: 'My Tasks',
      phonecall: 'My Phone Calls',
      letter: 'My Letters',
      fax: 'My Faxes',
    })
    expect(await filtersOf(nina, 'offline')).toEqual([])
    for (const { userqueryid } of await filtersOf(nina, 'online'))
      await system().delete('userquery', String(userqueryid))
    expect(await subscribe(nina, 'online')).toBe(false)
    expect(await filtersOf(nina, 'online')).toEqual([])
  })

  it('SF-50: come with the mailbox’s being enabled for appointments, contacts and tasks', async () => {
    expect(await filtersOf(company.anna, 'online')).toEqual([])
    await system().update('mailbox', company.anna.mailboxId, { enabledforact: true })
    expect(await filtersOf(company.anna, 'online')).toHaveLength(8)
    await system().update('mailbox', company.anna.mailboxId, { enabledforact: false })
    await system().update('mailbox', company.anna.mailboxId, { enabledforact: true })
    expect(await filtersOf(company.anna, 'online')).toHaveLength(8)
    expect(await filtersOf(company.ben, 'online')).toEqual([])
  })

  it('SF-40: own active contacts and own open tasks, calls, letters and faxes', async () => {
    const otto = await newUser('Otto')
    await subscribe(otto, 'online')
    const contact = await system().create('contact', { lastname: 'Mine', ownerid: user(otto) })
    await system().create('contact', { lastname: 'Gone', statecode: 1, ownerid: user(otto) })
    await system().create('contact', { lastname: 'Anna’s', ownerid: user(company.anna) })
    expect(await union(otto, 'contact')).toEqual([contact])
    for (const table of ['task', 'phonecall', 'letter', 'fax']) {
      const open = await system().create(table, { subject: 'Open', ownerid: user(otto) })
      await system().create(table, { subject: 'Done', statecode: 1, ownerid: user(otto) })
      await system().create(table, { subject: 'Hers', ownerid: user(company.anna) })
      expect(await union(otto, table)).toEqual([open])
    }
  })

  it('SF-40: meetings that one takes part in, not those that one merely owns; service activities as a resource', async () => {
    const pia = await newUser('Pia')
    await subscribe(pia, 'online')
    const meeting = async (table: string, role: number | undefined) => {
      const id = await system().create(table, { subject: `Role ${role}`, ownerid: user(pia) })
      if (role !== undefined)
        await system().create('activityparty', {
          activityid: { table, id },
          partyid: user(pia),
          participationtypemask: role,
        })
      return id
    }
    const { organizer, required, optional, owner, resource } = PARTICIPATION
    for (const table of ['appointment', 'recurringappointmentmaster']) {
      const wanted = [await meeting(table, organizer), await meeting(table, required), await meeting(table, optional)]
      for (const role of [undefined, owner, resource]) await meeting(table, role)
      expect((await union(pia, table)).toSorted()).toEqual(wanted.sort())
    }
    const booked = await meeting('serviceappointment', resource)
    for (const role of [undefined, organizer, required]) await meeting('serviceappointment', role)
    expect(await union(pia, 'serviceappointment')).toEqual([booked])
  })

  it('SF-41: offline, of every table available offline what is one’s own and active or open', async () => {
    const rita = await newUser('Rita')
    await subscribe(rita, 'offline')
    const names = await namesOf(rita, 'offline')
    const tables = company.regarding.records.catalogue.tables
      .filter((table) => table.availableOffline && table.name !== 'email')
      .map(({ name }) => name)
    expect(Object.keys(names).sort()).toEqual(tables.sort())
    expect(names).toMatchObject({ account: 'My Accounts', opportunity: 'My Opportunities', incident: 'My Cases' })
    const mine = await system().create('account', { name: 'Mine', ownerid: user(rita) })
    await system().create('account', { name: 'Gone', statecode: 1, ownerid: user(rita) })
    await system().create('account', { name: 'Hers', ownerid: user(company.anna) })
    expect([...(await filters().union(rita.id, 'account', 'offline')).keys()]).toEqual([mine])
    const planned = await system().create('appointment', { subject: 'Planned', statecode: 3, ownerid: user(rita) })
    await system().create('appointment', { subject: 'Over', statecode: 1, ownerid: user(rita) })
    expect([...(await filters().union(rita.id, 'appointment', 'offline')).keys()]).toEqual([planned])
  })
})

describe('templates', () => {
  it('SF-43, SF-51: a changed template changes no filter of existing users; new ones get it', async () => {
    const before = await newUser('Sven')
    await subscribe(before, 'online')
    const template = await taskTemplate()
    const change = { fetchxml: fetchXml('task', condition('prioritycode', 'eq', '2')) }
    await company.regarding.records.as(as(ada)).update('savedquery', String(template['savedqueryid']), change)
    const after = await newUser('Tina')
    await subscribe(after, 'online')
    expect(await taskFilter(before)).toBe(template['fetchxml'])
    expect(await taskFilter(after)).toBe(change.fetchxml)
    await company.regarding.records
      .as(as(ada))
      .update('savedquery', String(template['savedqueryid']), { fetchxml: template['fetchxml'] ?? null })
  })

  it('SF-50: a second default of a table and kind takes the place of the first', async () => {
    const before = await taskTemplate()
    const values = filterOf('task', '', { querytype: QUERY_TYPE.outlookTemplate, isdefault: true, name: 'Other tasks' })
    const id = await company.regarding.records.as(as(ada)).create('savedquery', values)
    const defaults = (await rowsOf('savedquery', { returnedtypecode: 'task' })).filter(
      (row) => row['isdefault'] === true,
    )
    expect(Object.fromEntries(defaults.map((row) => [row['querytype'], row['name']]))).toEqual({
      [QUERY_TYPE.outlookTemplate]: 'Other tasks',
      [QUERY_TYPE.offlineTemplate]: 'My Tasks',
      [QUERY_TYPE.publicView]: 'Open Tasks',
    })
    await system().update('savedquery', String(before['savedqueryid']), { isdefault: true })
    expect(await system().retrieve('savedquery', id, ['isdefault'])).toMatchObject({ isdefault: false })
  })

  it('SF-52, SF-57: resetting deletes all filters of a user and kind and makes those of the templates; of others by privilege', async () => {
    const uwe = await newUser('Uwe')
    await subscribe(uwe, 'online')
    await subscribe(uwe, 'offline')
    const offline = await filtersOf(uwe, 'offline')
    await saveFilter(company, uwe, 'task', '', { name: 'Made by hand' })
    await expect(filters().reset(as(company.anna), uwe.id, 'online')).rejects.toMatchObject({
      code: 'PrivilegeDenied',
      privilege: 'prvAdminFilter',
    })
    expect(await filtersOf(uwe, 'online')).toHaveLength(9)
    await filters().reset(as(ada), uwe.id, 'online')
    expect(Object.keys(await namesOf(uwe, 'online'))).toHaveLength(8)
    expect(await filtersOf(uwe, 'online')).toHaveLength(8)
    expect(await filtersOf(uwe, 'offline')).toEqual(offline)
  })

  it('SF-53: instantiating replaces what came from the templates, though it was changed, and touches nothing else', async () => {
    const vera = await newUser('Vera')
    await subscribe(vera, 'online')
    const own = await saveFilter(company, vera, 'task', '', { name: 'Made by hand' })
    const [template] = (await rowsOf('savedquery', { name: 'My Tasks', querytype: TEMPLATE_TYPE.online })) as [Row]
    const came = (await filtersOf(vera, 'online')).find(
      (row) => row['parentqueryid'] === template['savedqueryid'],
    ) as Row
    const letters = (await filtersOf(vera, 'online')).find((row) => row['returnedtypecode'] === 'letter') as Row
    for (const row of [came, letters])
      await company.regarding.records.as(as(vera)).update('userquery', String(row['userqueryid']), { name: 'Changed' })
    await filters().instantiate(as(ada), [String(template['savedqueryid'])], vera.id)
    const after = await filtersOf(vera, 'online')
    expect(after.filter((row) => row['returnedtypecode'] === 'task').map((row) => row['name'])).toEqual(
      expect.arrayContaining(['My Tasks', 'Made by hand']),
    )
    expect(after.map((row) => row['userqueryid'])).toContain(own)
    expect(after.find((row) => row['userqueryid'] === letters['userqueryid'])).toMatchObject({ name: 'Changed' })
    expect(after).toHaveLength(9)
    await expect(filters().instantiate(as(vera), [own], vera.id)).rejects.toMatchObject({ code: 'NotFound' })
    const view = (await rowsOf('savedquery', { name: 'Open Tasks' }))[0] as Row
    await expect(filters().instantiate(SYSTEM, [String(view['savedqueryid'])], vera.id)).rejects.toThrow(/no template/)
  })

  it('SF-54: a custom table that is available offline gets an offline template; what was removed does not come back', async () => {
    const database = await openTestInstallation()
    const { writeFile } = await import('node:fs/promises')
    const { testDirectory } = await import('../../support/database.ts')
    const customization = `${await testDirectory()}/customization.json`
    const tables = [
      { name: 'new_visit', set: 'new_visits', label: 'Visit', availableOffline: true, columns: [] },
      { name: 'new_note', set: 'new_notes', label: 'Remark', columns: [] },
    ]
    await writeFile(customization, JSON.stringify({ tables }))
    const open = () => assemble(database, new SimulatedClock(), { customization })
    const access = (await open()).records.as(SYSTEM)
    const offline = async () =>
      (await access.query({ table: 'savedquery', order: [{ column: 'name' }] })).rows.filter(
        (row) => String(row['returnedtypecode']).startsWith('new_') && filterKindOf(row['querytype']),
      )
    const [template, ...others] = await offline()
    expect(others).toEqual([])
    expect(template).toMatchObject({ name: 'My Visits', querytype: QUERY_TYPE.offlineTemplate, isdefault: true })
    expect(parseFetch(String(template?.['fetchxml'])).filter?.items).toMatchObject([
      { column: 'ownerid', operator: 'eq-userid' },
    ])
    await access.delete('savedquery', String(template?.['savedqueryid']))
    await open()
    expect(await offline()).toEqual([])
    await database.close()
  })
})

describe('views', () => {
  it('SF-33: every table has a default view that can be asked, with columns and an order', async () => {
    const views = await rowsOf('savedquery', { querytype: QUERY_TYPE.publicView })
    const { catalogue } = company.regarding.records
    for (const table of listed(catalogue)) {
      const [view, ...others] = views.filter((row) => row['returnedtypecode'] === table && row['isdefault'] === true)
      expect([table, others.length]).toEqual([table, 0])
      const query = parseFetch(String(view?.['fetchxml']))
      expect(query).toMatchObject({ table, order: [{}] })
      expect(query.columns?.length).toBeGreaterThan(1)
      for (const [, cell] of String(view?.['layoutxml']).matchAll(/cell name="(\w+)"/g))
        expect(query.columns).toContain(cell)
    }
    for (const view of views) await system().query({ ...parseFetch(String(view['fetchxml'])), top: 1 })
    expect(views.map((row) => row['name'])).toEqual(
      expect.arrayContaining([
        'Active Accounts',
        'My Active Contacts',
        'Inactive Contacts',
        'Open Leads',
        'Active Cases',
      ]),
    )
  })
})
