import { DynamicsWebApi } from 'dynamics-web-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { API, openSite, type Site } from './support/site.ts'

/** The Web API over HTTP, driven by a client that was made for Dataverse and knows nothing of us. */

let site: Site
let api: DynamicsWebApi
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 100_000 })
  api = await clientOf(site.administrator)
})
afterAll(() => site.close())

async function clientOf(person: { id: string; mailboxId: string; address: string }): Promise<DynamicsWebApi> {
  const token = await site.token(person)
  return new DynamicsWebApi({
    serverUrl: site.url,
    dataApi: { version: '9.2' },
    onTokenRefresh: () => Promise.resolve(token),
  })
}

interface Person {
  contactid: string
  lastname: string
  firstname: string | null
  telephone1: string | null
  '@odata.etag': string
  [name: string]: unknown
}

const retrieve = (key: string, select = ['lastname', 'firstname', 'telephone1', '_parentcustomerid_value']) =>
  api.retrieve<Person>({ collection: 'contacts', key, select })
const createContact = (data: object) => api.create<object, string>({ collection: 'contacts', data })
const createAccount = (data: object) => api.create<object, string>({ collection: 'accounts', data })

/** What a refused request says. */
async function failure(promise: Promise<unknown>): Promise<{ status: number; code: string }> {
  try {
    await promise
  } catch (error) {
    return error as { status: number; code: string }
  }
  throw new Error('It was not refused.')
}

test('HTTP: a Dataverse client creates, with lookups and rows within the row, and gets the id or the row', async () => {
  const account = await createAccount({ name: 'Adatum', primarycontactid: { lastname: 'First' } })
  expect(account).toMatch(/^[0-9a-f-]{36}$/)
  const row = await api.create<object, Person>({
    collection: 'contacts',
    data: { lastname: 'Berg', 'parentcustomerid_account@odata.bind': `accounts(${account})` },
    returnRepresentation: true,
    select: ['lastname', '_parentcustomerid_value'],
  })
  expect(row).toMatchObject({ lastname: 'Berg', _parentcustomerid_value: account })
})

test('HTTP: a Dataverse client expands what rows point to and what points to them', async () => {
  const account = await createAccount({
    name: 'Expanded',
    primarycontactid: { lastname: 'Primary' },
    contact_customer_accounts: [{ lastname: 'One' }, { lastname: 'Two' }],
  })
  const row = await api.retrieve<Record<string, unknown>>({
    collection: 'accounts',
    key: account,
    select: ['name'],
    expand: [
      { property: 'primarycontactid', select: ['lastname'] },
      { property: 'contact_customer_accounts', select: ['lastname'], orderBy: ['lastname desc'] },
    ],
  })
  expect(row).toMatchObject({
    name: 'Expanded',
    primarycontactid: { lastname: 'Primary' },
    contact_customer_accounts: [{ lastname: 'Two' }, { lastname: 'One' }],
  })
})

test('HTTP: a Dataverse client updates and upserts, forbidding either where it says so', async () => {
  const id = await createContact({ lastname: 'Old', telephone1: '1' })
  await api.update({ collection: 'contacts', key: id, data: { lastname: 'New' } })
  expect(await retrieve(id)).toMatchObject({ lastname: 'New', telephone1: '1' })
  const row = await api.update<object, Person>({
    collection: 'contacts',
    key: id,
    data: { firstname: 'Ann' },
    returnRepresentation: true,
    select: ['fullname'],
  })
  expect(row['fullname']).toBe('Ann New')
  const fresh = crypto.randomUUID()
  expect((await failure(api.update({ collection: 'contacts', key: fresh, data: { lastname: 'X' } }))).status).toBe(404)
  expect(await api.upsert({ collection: 'contacts', key: fresh, data: { lastname: 'Made' } })).toBe(fresh)
  await api.upsert({ collection: 'contacts', key: fresh, data: { lastname: 'Made again' } })
  expect((await retrieve(fresh)).lastname).toBe('Made again')
  await api.upsert({ collection: 'contacts', key: fresh, data: { lastname: 'Never' }, ifnonematch: '*' })
  expect((await retrieve(fresh)).lastname).toBe('Made again')
})

test('HTTP: a Dataverse client upserts by alternate key', async () => {
  const key = `messageid='<${crypto.randomUUID()}@test.example>',directioncode=true`
  const id = await api.upsert<object, string>({ collection: 'emails', key, data: { subject: 'One' } })
  expect(await api.upsert({ collection: 'emails', key, data: { subject: 'Two' } })).toBe(id)
  const row = await api.retrieve<{ subject: string }>({ collection: 'emails', key: id, select: ['subject'] })
  expect(row.subject).toBe('Two')
})

test('HTTP: a Dataverse client changes and deletes a row only as it was read', async () => {
  const id = await createContact({ lastname: 'Versioned' })
  const first = await retrieve(id)
  const ifmatch = first['@odata.etag']
  await api.update({ collection: 'contacts', key: id, data: { lastname: 'Second' }, ifmatch })
  // The client takes 412 as an answer to `ifmatch`.
  expect(await api.update({ collection: 'contacts', key: id, data: { lastname: 'Lost' }, ifmatch })).toBe(false)
  expect(await api.deleteRecord({ collection: 'contacts', key: id, ifmatch })).toBe(false)
  expect((await retrieve(id)).lastname).toBe('Second')
  await api.deleteRecord({ collection: 'contacts', key: id, ifmatch: (await retrieve(id))['@odata.etag'] })
  expect((await failure(retrieve(id))).status).toBe(404)
})

test('HTTP: a Dataverse client sets and deletes one property', async () => {
  const id = await createContact({ lastname: 'Parts' })
  await api.updateSingleProperty({ collection: 'contacts', key: id, fieldValuePair: { telephone1: '555' } })
  expect((await retrieve(id)).telephone1).toBe('555')
  await api.deleteRecord({ collection: 'contacts', key: id, property: 'telephone1' })
  expect((await retrieve(id)).telephone1).toBeNull()
})

test('HTTP: a Dataverse client associates and disassociates, one to many, many to many and single-valued', async () => {
  const [account, contact] = [await createAccount({ name: 'Ties' }), await createContact({ lastname: 'Tied' })]
  const relation = { collection: 'accounts', primaryKey: account, relationshipName: 'contact_customer_accounts' }
  await api.associate({ ...relation, relatedCollection: 'contacts', relatedKey: contact })
  expect((await retrieve(contact))['_parentcustomerid_value']).toBe(account)
  await api.disassociate({ ...relation, relatedKey: contact })
  expect((await retrieve(contact))['_parentcustomerid_value']).toBeNull()

  const single = { collection: 'accounts', primaryKey: account, navigationProperty: 'primarycontactid' }
  await api.associateSingleValued({ ...single, relatedCollection: 'contacts', relatedKey: contact })
  const primary = async () =>
    (await api.retrieve<Record<string, unknown>>({ collection: 'accounts', key: account }))['_primarycontactid_value']
  expect(await primary()).toBe(contact)
  await api.disassociateSingleValued(single)
  expect(await primary()).toBeNull()

  const roles = await api.retrieveMultiple<{ roleid: string }>({ collection: 'roles', filter: "name eq 'Delegate'" })
  const role = roles.value[0]?.roleid ?? ''
  const many = { collection: 'systemusers', primaryKey: site.ben.id, relationshipName: 'systemuserroles_association' }
  await api.associate({ ...many, relatedCollection: 'roles', relatedKey: role })
  const held = async () =>
    (await api.retrieveMultiple({ collection: 'systemuserrolescollection', filter: `_roleid_value eq ${role}` })).value
  expect(await held()).toHaveLength(1)
  await api.disassociate({ ...many, relatedKey: role })
  expect(await held()).toHaveLength(0)
})

test('HTTP: a Dataverse client reads page after page, by OData and by FetchXML', async () => {
  const Targets = Array.from({ length: 12 }, (_, n) => ({
    '@odata.type': 'Microsoft.Dynamics.CRM.contact',
    lastname: `Page ${String(n).padStart(2, '0')}`,
  }))
  const actionName = 'Microsoft.Dynamics.CRM.CreateMultiple'
  await api.callAction({ collection: 'contacts', actionName, action: { Targets } })
  const pages = { collection: 'contacts', select: ['lastname'], filter: "startswith(lastname,'Page')", maxPageSize: 5 }
  const first = await api.retrieveMultiple<Person>({ ...pages, orderBy: ['lastname'], count: true })
  expect([first.oDataCount, first.value.length]).toEqual([12, 5])
  const second = await api.retrieveMultiple<Person>(pages, first.oDataNextLink)
  expect(second.value[0]?.lastname).toBe('Page 05')
  expect((await api.retrieveAll<Person>(pages)).value).toHaveLength(12)
  const fetchXml = `<fetch mapping="logical" count="5"><entity name="contact"><attribute name="lastname"/>
    <order attribute="lastname"/><filter><condition attribute="lastname" operator="like" value="Page%"/></filter>
    </entity></fetch>`
  const fetched = await api.fetch<Person>({ collection: 'contacts', fetchXml })
  expect(fetched.value).toHaveLength(5)
  expect((await api.fetchAll<Person>({ collection: 'contacts', fetchXml })).value).toHaveLength(12)
  expect(await api.count({ collection: 'contacts', filter: "startswith(lastname,'Page')" })).toBe(12)
})

test('HTTP: a Dataverse client sends batches: change sets, Content-IDs, and reading beside them', async () => {
  api.startBatch()
  void api.create({ collection: 'accounts', data: { name: 'Batched' }, contentId: '1' })
  void api.create({
    collection: 'contacts',
    data: { lastname: 'Batched', 'parentcustomerid_account@odata.bind': '$1' },
    contentId: '2',
  })
  void api.update({ contentId: '$2', data: { firstname: 'Changed' } } as never)
  void api.retrieveMultiple({ collection: 'contacts', select: ['lastname'], filter: "lastname eq 'Batched'" })
  const answers = await api.executeBatch()
  expect(answers).toHaveLength(4)
  const [account, contact] = answers as [string, string]
  expect(await retrieve(contact)).toMatchObject({ firstname: 'Changed', _parentcustomerid_value: account })
  expect(answers[3]).toMatchObject({ value: [{ lastname: 'Batched' }] })
})

test('HTTP: a change set of a Dataverse client that fails leaves nothing; others go on when it says so', async () => {
  const fill = (inChangeSet: boolean) => {
    api.startBatch()
    void api.create({ collection: 'contacts', data: { lastname: 'Left over' }, inChangeSet })
    void api.create({ collection: 'contacts', data: { lastname: 'x'.repeat(99) }, inChangeSet })
  }
  const left = async () =>
    (await api.retrieveMultiple({ collection: 'contacts', filter: "lastname eq 'Left over'" })).value.length
  fill(true)
  await api.executeBatch().catch(() => undefined)
  expect(await left()).toBe(0)
  fill(false)
  await api.executeBatch({ continueOnError: true }).catch(() => undefined)
  expect(await left()).toBe(1)
})

test('HTTP: a Dataverse client calls functions and actions, unbound and bound', async () => {
  const who = await api.callFunction<{ UserId: string }>('WhoAmI')
  expect(who.UserId).toBe(site.administrator.id)
  const opportunity = await api.create<object, string>({ collection: 'opportunities', data: { name: 'Pumps' } })
  await api.callAction({
    actionName: 'WinOpportunity',
    action: { Status: 3, OpportunityClose: { 'opportunityid@odata.bind': `opportunities(${opportunity})` } },
  })
  const won = await api.retrieve<{ statecode: number }>({ collection: 'opportunities', key: opportunity })
  expect(won.statecode).toBe(1)
  const lead = await api.create<object, string>({ collection: 'leads', data: { lastname: 'Ohm', subject: 'Pumps' } })
  const qualified = await api.callAction<{ value: Record<string, string>[] }>({
    collection: 'leads',
    key: lead,
    actionName: 'Microsoft.Dynamics.CRM.QualifyLead',
    action: { CreateAccount: false, CreateContact: true, CreateOpportunity: true, Status: 3 },
  })
  expect(qualified.value.map((row) => row['@odata.type'])).toEqual([
    '#Microsoft.Dynamics.CRM.contact',
    '#Microsoft.Dynamics.CRM.opportunity',
  ])
})

test('HTTP: a Dataverse client acts in the name of another user', async () => {
  const id = await api.create<object, string>({
    collection: 'contacts',
    data: { lastname: 'In Anna’s name' },
    impersonate: site.anna.id,
  })
  const row = await api.retrieve<Person>({ collection: 'contacts', key: id })
  expect([row['_createdby_value'], row['_ownerid_value']]).toEqual([site.anna.id, site.anna.id])
  const ben = await clientOf(site.ben)
  const refused = await failure(ben.retrieve({ collection: 'contacts', key: id, impersonate: site.anna.id }))
  expect(refused).toMatchObject({ status: 403, code: 'PrivilegeDenied' })
})

test('HTTP: a Dataverse client without rights learns which privilege is missing', async () => {
  const cleo = await clientOf(site.cleo)
  const refused = await failure(cleo.create({ collection: 'leads', data: { lastname: 'X' } }))
  expect(refused).toMatchObject({ status: 403, code: 'PrivilegeDenied', target: 'prvCreateLead' })
  expect(API).toBe('/api/data/v9.2')
})
