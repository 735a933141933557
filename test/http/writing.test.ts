import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let account: string
let contact: string
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 100_000 })
  anna = await site.as(site.administrator)
  account = await create('accounts', { name: 'Adatum' })
  contact = await create('contacts', { firstname: 'Sofia', lastname: 'Neil' })
})
afterAll(() => site.close())

const REPRESENTATION = { prefer: 'return=representation' }

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  anna.send(`${API}/${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

const read = async (path: string) => (await anna.get(`${API}/${path}`)).json

async function create(set: string, body: object): Promise<string> {
  const answer = await send('POST', set, body)
  expect([answer.status, answer.text]).toEqual([204, ''])
  return idIn(answer)
}

function idIn({ headers }: Answer): string {
  return /\(([0-9a-f-]{36})\)$/.exec(headers.get('odata-entityid') ?? '')?.[1] ?? ''
}

test('HTTP: POST creates a row: 204 with its address, or 201 with the row for those who prefer it', async () => {
  const plain = await send('POST', 'contacts', { firstname: 'Ann', lastname: 'Ames', birthdate: '1980-02-29' })
  expect([plain.status, plain.text, plain.headers.get('odata-version')]).toEqual([204, '', '4.0'])
  expect(plain.headers.get('odata-entityid')).toBe(`${site.url}${API}/contacts(${idIn(plain)})`)
  expect(await read(`contacts(${idIn(plain)})`)).toMatchObject({ fullname: 'Ann Ames', birthdate: '1980-02-29' })
  const row = await send(
    'POST',
    'contacts?$select=lastname&$expand=parentcustomerid_account($select=name)',
    { lastname: 'Bell', 'parentcustomerid_account@odata.bind': `/accounts(${account})` },
    REPRESENTATION,
  )
  expect(row.status).toBe(201)
  expect(row.headers.get('preference-applied')).toBe('return=representation')
  expect(row.json).toMatchObject({ lastname: 'Bell', parentcustomerid_account: { name: 'Adatum' } })
  expect(row.headers.get('etag')).toBe(row.json['@odata.etag'])
})

test('HTTP: a lookup is bound to an address, absolute, relative or by alternate key, and to null for nothing', async () => {
  const messageid = `<${randomUUID()}@test.example>`
  const parent = await create('emails', { subject: 'First', messageid, directioncode: true })
  const addresses = [
    `${site.url}${API}/accounts(${account})`,
    `accounts(${account})`,
    `/accounts(accountid=${account})`,
  ]
  for (const address of addresses) {
    const id = await create('emails', {
      subject: 'About',
      'regardingobjectid_account@odata.bind': address,
      'parentactivityid@odata.bind': `/emails(messageid='${messageid}',directioncode=true)`,
    })
    const row = await read(`emails(${id})`)
    expect([row['_regardingobjectid_value'], row['_parentactivityid_value']]).toEqual([account, parent])
    const cleared = await send('PATCH', `emails(${id})`, {
      'regardingobjectid_account@odata.bind': null,
      parentactivityid: null,
    })
    expect(cleared.status).toBe(204)
    expect(await read(`emails(${id})`)).toMatchObject({ _regardingobjectid_value: null, _parentactivityid_value: null })
  }
  const owned = await create('accounts', { name: 'Theirs', 'ownerid@odata.bind': `/systemusers(${site.anna.id})` })
  expect((await read(`accounts(${owned})`))['_ownerid_value']).toBe(site.anna.id)
})

test('HTTP: rows within a row are created with it, those that it points to and those that point to it', async () => {
  const answer = await send(
    'POST',
    'accounts?$select=name&$expand=primarycontactid($select=lastname)',
    {
      name: 'Deep',
      primarycontactid: { lastname: 'First' },
      contact_customer_accounts: [{ lastname: 'Second' }, { lastname: 'Third', emailaddress1: 'third@deep.example' }],
    },
    REPRESENTATION,
  )
  expect(answer.json).toMatchObject({ name: 'Deep', primarycontactid: { lastname: 'First' } })
  const contacts = await read(`contacts?$select=lastname&$filter=_parentcustomerid_value eq ${answer.json.accountid}`)
  expect(contacts.value.map((row: { lastname: string }) => row.lastname).sort()).toEqual(['Second', 'Third'])
  const email = await create('emails', {
    subject: 'Hello',
    email_activity_parties: [
      { 'partyid_systemuser@odata.bind': `/systemusers(${site.anna.id})`, participationtypemask: 1 },
      { 'partyid_contact@odata.bind': `/contacts(${contact})`, participationtypemask: 2 },
    ],
  })
  const parties = () => read(`activityparties?$filter=_activityid_value eq ${email}&$orderby=participationtypemask`)
  expect((await parties()).value.map((row: Record<string, unknown>) => row['_partyid_value'])).toEqual([
    site.anna.id,
    contact,
  ])
  const changed = await send('PATCH', `emails(${email})`, {
    email_activity_parties: [{ addressused: 'new@test.example', participationtypemask: 2 }],
  })
  expect(changed.status).toBe(204)
  expect((await parties()).value).toMatchObject([{ addressused: 'new@test.example' }])
})

test('HTTP: what fails within a row undoes the whole row', async () => {
  const before = await read('accounts/$count')
  const answer = await send('POST', 'accounts', {
    name: 'Half',
    contact_customer_accounts: [{ lastname: 'Fine' }, { lastname: 'Not fine', gendercode: 99 }],
  })
  expect([answer.status, answer.json.error.code, answer.json.error.target]).toEqual([400, 'ValueInvalid', 'gendercode'])
  expect(await read('accounts/$count')).toEqual(before)
  expect((await read(`contacts?$filter=lastname eq 'Fine'`)).value).toEqual([])
})

test('HTTP: PATCH updates a row, or creates it with the id of its address; headers forbid either', async () => {
  const id = randomUUID()
  const path = `contacts(${id})`
  expect((await send('PATCH', path, { lastname: 'X' }, { 'if-match': '*' })).json.error.code).toBe('NotFound')
  expect((await send('PATCH', path, { lastname: 'Made' })).status).toBe(204)
  expect((await read(path)).lastname).toBe('Made')
  const refused = await send('PATCH', path, { lastname: 'Again' }, { 'if-none-match': '*' })
  expect([refused.status, refused.json.error.code]).toEqual([412, 'RowExists'])
  const row = await send('PATCH', `${path}?$select=lastname`, { lastname: 'Changed' }, REPRESENTATION)
  expect([row.status, row.json.lastname]).toEqual([200, 'Changed'])
  const other = randomUUID()
  const made = await send(
    'PATCH',
    `contacts(${other})`,
    { lastname: 'New' },
    { ...REPRESENTATION, 'if-none-match': '*' },
  )
  expect([made.status, made.json.contactid]).toEqual([201, other])
})

test('HTTP: rows are named by alternate keys, also to be created by them', async () => {
  const messageid = `<it's ${randomUUID()}@test.example>`
  const path = `emails(messageid='${encodeURIComponent(messageid.replaceAll("'", "''"))}',directioncode=false)`
  const made = await send('PATCH', path, { subject: 'One' })
  expect(made.status).toBe(204)
  const changed = await send('PATCH', path, { subject: 'Two' })
  expect(idIn(changed)).toBe(idIn(made))
  expect(await read(`emails(${idIn(made)})`)).toMatchObject({ subject: 'Two', messageid, directioncode: false })
  expect((await send('DELETE', path)).status).toBe(204)
  expect((await send('DELETE', path)).status).toBe(404)
})

test('HTTP: If-Match with a version wins once; later ones get 412, for PATCH and DELETE alike', async () => {
  const path = `contacts(${await create('contacts', { lastname: 'Versioned' })})`
  const etag = (await read(path))['@odata.etag']
  expect((await send('PATCH', path, { lastname: 'First' }, { 'if-match': etag })).status).toBe(204)
  for (const method of ['PATCH', 'DELETE']) {
    const late = await send(method, path, method === 'PATCH' ? { lastname: 'Second' } : undefined, { 'if-match': etag })
    expect([late.status, late.json.error.code]).toEqual([412, 'VersionMismatch'])
    expect(late.json.error.innererror.code).toBe('0x80060882')
  }
  expect((await read(path)).lastname).toBe('First')
  const now = (await read(path))['@odata.etag']
  expect((await send('DELETE', path, undefined, { 'if-match': now })).status).toBe(204)
  expect((await send('DELETE', path)).json.error).toMatchObject({
    code: 'NotFound',
    innererror: { code: '0x80040217' },
  })
})

test('HTTP: a single property is set by PUT and emptied by DELETE; a lookup is emptied at its address', async () => {
  const path = `contacts(${await create('contacts', { lastname: 'Parts', telephone1: '1' })})`
  expect((await send('PUT', `${path}/telephone1`, { value: '555' })).status).toBe(204)
  expect((await read(path)).telephone1).toBe('555')
  expect((await send('DELETE', `${path}/telephone1`)).status).toBe(204)
  expect((await read(path)).telephone1).toBeNull()
  const to = { '@odata.id': `${site.url}${API}/accounts(${account})` }
  expect((await send('PUT', `${path}/parentcustomerid_account/$ref`, to)).status).toBe(204)
  expect((await read(path))['_parentcustomerid_value']).toBe(account)
  expect((await send('DELETE', `${path}/parentcustomerid_contact/$ref`)).status).toBe(404)
  expect((await send('DELETE', `${path}/parentcustomerid_account/$ref`)).status).toBe(204)
  expect((await read(path))['_parentcustomerid_value']).toBeNull()
  expect((await send('DELETE', `contacts(${randomUUID()})/telephone1`)).status).toBe(404)
})

test('HTTP: rows are put into a collection and taken out of it by reference', async () => {
  const one = await create('contacts', { lastname: 'Referenced' })
  const collection = `accounts(${account})/contact_customer_accounts`
  const ref = { '@odata.id': `contacts(${one})` }
  const parent = async () => (await read(`contacts(${one})`))['_parentcustomerid_value']
  expect((await send('POST', `${collection}/$ref`, ref)).status).toBe(204)
  expect(await parent()).toBe(account)
  expect((await send('DELETE', `${collection}(${one})/$ref`)).status).toBe(204)
  expect(await parent()).toBeNull()
  expect((await send('DELETE', `${collection}(${one})/$ref`)).status).toBe(404)
  await send('POST', `${collection}/$ref`, ref)
  const id = encodeURIComponent(`${site.url}${API}/contacts(${one})`)
  expect((await send('DELETE', `${collection}/$ref?$id=${id}`)).status).toBe(204)
  expect(await parent()).toBeNull()
})

test('HTTP: members of teams and roles of users are tied by reference too', async () => {
  const team = await create('teams', {
    name: 'Movers',
    'businessunitid@odata.bind': `businessunits(${(await read('businessunits')).value[0].businessunitid})`,
  })
  const members = `teams(${team})/teammembership_association`
  const count = async () => (await read(`teammemberships?$filter=_teamid_value eq ${team}`)).value.length
  expect((await send('POST', `${members}/$ref`, { '@odata.id': `systemusers(${site.ben.id})` })).status).toBe(204)
  expect(await count()).toBe(1)
  expect((await send('DELETE', `${members}(${site.ben.id})/$ref`)).status).toBe(204)
  expect(await count()).toBe(0)
  const role = (await read(`roles?$filter=name eq 'Delegate'`)).value[0].roleid
  const roles = `systemusers(${site.ben.id})/systemuserroles_association`
  expect((await send('POST', `${roles}/$ref`, { '@odata.id': `roles(${role})` })).status).toBe(204)
  expect((await send('POST', `${roles}/$ref`, { '@odata.id': `roles(${role})` })).json.error.code).toBe('DuplicateKey')
  expect((await send('DELETE', `${roles}(${role})/$ref`)).status).toBe(204)
})

test('HTTP: CreateMultiple, UpdateMultiple and UpsertMultiple write many rows or none', async () => {
  const type = { '@odata.type': 'Microsoft.Dynamics.CRM.contact' }
  const made = await send('POST', 'contacts/Microsoft.Dynamics.CRM.CreateMultiple', {
    Targets: Array.from({ length: 200 }, (_, n) => ({ ...type, lastname: `Many ${n}` })),
  })
  expect(made.status).toBe(200)
  expect(made.json.Ids).toHaveLength(200)
  const [first, second] = made.json.Ids
  const update = (targets: object[], verb = 'Update') =>
    send('POST', `contacts/Microsoft.Dynamics.CRM.${verb}Multiple`, { Targets: targets })
  const both = [
    { ...type, contactid: first, lastname: 'A' },
    { ...type, contactid: second, lastname: 'B' },
  ]
  expect((await update(both)).status).toBe(204)
  expect((await read(`contacts(${second})`)).lastname).toBe('B')
  const none = randomUUID()
  const half = [
    { ...type, contactid: first, lastname: 'C' },
    { ...type, contactid: none, lastname: 'D' },
  ]
  expect((await update(half)).status).toBe(404)
  expect((await read(`contacts(${first})`)).lastname).toBe('A')
  const byId = [{ ...type, '@odata.id': `contacts(${none})`, lastname: 'E' }, half[0] as object]
  expect((await update(byId, 'Upsert')).status).toBe(204)
  expect([(await read(`contacts(${none})`)).lastname, (await read(`contacts(${first})`)).lastname]).toEqual(['E', 'C'])
})

test('HTTP: what cannot be written is refused in OData form, with a stable code and the element at fault', async () => {
  const cases: [string, string, unknown, number, string, string?][] = [
    ['POST', 'contacts', '{"lastname":', 400, 'JsonInvalid'],
    ['POST', 'contacts', '{"lastname":"a","lastname":"b"}', 400, 'JsonInvalid', 'lastname'],
    ['POST', 'contacts', '{"__proto__":{}}', 400, 'JsonInvalid', '__proto__'],
    ['POST', 'contacts', `${'['.repeat(30)}${']'.repeat(30)}`, 400, 'BodyTooComplex'],
    ['POST', 'contacts', '[]', 400, 'ValueInvalid', 'contact'],
    ['POST', 'contacts', undefined, 400, 'ValueInvalid', 'contact'],
    ['POST', 'contacts', { nosuch: 1 }, 400, 'ColumnUnknown', 'nosuch'],
    ['POST', 'contacts', { lastname: 17 }, 400, 'ValueInvalid', 'lastname'],
    ['POST', 'contacts', { lastname: {} }, 400, 'ValueInvalid', 'contact.lastname'],
    ['POST', 'contacts', { lastname: 'x'.repeat(51) }, 400, 'ValueTooLong', 'lastname'],
    ['POST', 'contacts', { gendercode: 77 }, 400, 'ValueInvalid', 'gendercode'],
    ['POST', 'contacts', { fullname: 'x' }, 400, 'ColumnReadOnly', 'fullname'],
    ['POST', 'contacts', { createdon: '2026-01-01T00:00:00Z' }, 400, 'ColumnReadOnly', 'createdon'],
    ['POST', 'contacts', { _ownerid_value: account }, 400, 'ColumnReadOnly', '_ownerid_value'],
    ['POST', 'contacts', { parentcustomerid_account: 'x' }, 400, 'ValueInvalid', 'parentcustomerid_account'],
    [
      'POST',
      'contacts',
      { 'parentcustomerid_account@odata.bind': `contacts(${contact})` },
      400,
      'ValueInvalid',
      'parentcustomerid_account',
    ],
    ['POST', 'contacts', { 'parentcustomerid_account@odata.bind': 'nosuch' }, 400, 'ReferenceInvalid'],
    [
      'POST',
      'contacts',
      { 'parentcustomerid_account@odata.bind': `accounts(${contact})` },
      404,
      'NotFound',
      'parentcustomerid',
    ],
    ['POST', 'contacts', { 'parentcustomerid_account@odata.bind': '$1' }, 400, 'ContentIdUnknown', '$1'],
    ['POST', 'accounts', {}, 400, 'ValueRequired', 'name'],
    ['POST', 'tasks', { scheduledend: '2026-01-05T08:00:00' }, 400, 'ValueInvalid', 'task.scheduledend'],
    ['POST', 'nosuchset', {}, 404, 'ResourceNotFound'],
    ['POST', 'activitypointers', { subject: 'x' }, 400, 'ValidationFailed', 'activitypointer'],
    ['POST', 'contacts(17)', {}, 400, 'KeyInvalid', 'contactid'],
    ['POST', 'contacts(id)', {}, 400, 'KeyInvalid', 'contactid'],
    ['POST', 'contacts', { contactid: 'x' }, 400, 'ValueInvalid', 'contactid'],
    ['PATCH', 'contacts', {}, 405, 'MethodNotAllowed'],
    ['PUT', `contacts(${contact ?? ''})`, {}, 405, 'MethodNotAllowed'],
    ['POST', 'WhoAmI', {}, 405, 'MethodNotAllowed'],
    ['PATCH', `contacts(${randomUUID()})`, { lastname: 'x', contactid: account }, 400, 'ValueInvalid', 'contactid'],
    ['POST', 'contacts/Microsoft.Dynamics.CRM.CreateMultiple', {}, 400, 'ValueInvalid', 'Targets'],
    ['POST', 'contacts/nosuch', {}, 404, 'ResourceNotFound'],
  ]
  const before = await read('contacts/$count')
  for (const [method, path, body, status, code, target] of cases) {
    const answer = await send(method, path, body)
    expect([method, path, body, answer.status, answer.json?.error?.code]).toEqual([method, path, body, status, code])
    expect(Object.keys(answer.json)).toEqual(['error'])
    expect([body, answer.json.error.target]).toEqual([body, target ?? answer.json.error.target])
  }
  expect(await read('contacts/$count')).toEqual(before)
})
