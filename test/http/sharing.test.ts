import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let cleo: Client
let admin: Client
let contact: string
beforeAll(async () => {
  site = await openSite()
  cleo = await site.as(site.cleo)
  admin = await site.as(site.administrator)
  contact = await site.create('contact', {
    lastname: 'Shared',
    ownerid: { table: 'systemuser', id: site.administrator.id },
  })
})
afterAll(() => site.close())

const target = () => ({ '@odata.id': `contacts(${contact})` })
const user = (id: string) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.systemuser', systemuserid: id })
const access = (mask: string, id = site.cleo.id) => ({
  Target: target(),
  PrincipalAccess: { AccessMask: mask, Principal: user(id) },
})
const parameters = (given: Record<string, object>) =>
  new URLSearchParams(
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, JSON.stringify(value)])),
  ).toString()
const rights = async (client: Client, principal?: object) =>
  client.get(
    `${API}/RetrievePrincipalAccess?${parameters({ Target: target(), ...(principal ? { Principal: principal } : {}) })}`,
  )

test('SE-80: GrantAccess adds, ModifyAccess replaces, RevokeAccess ends; what is shared can be asked', async () => {
  expect((await cleo.get(`${API}/contacts(${contact})`)).status).toBe(404)
  expect((await admin.post(`${API}/GrantAccess`, access('ReadAccess'))).status).toBe(200)
  expect((await admin.post(`${API}/GrantAccess`, access('AppendToAccess'))).status).toBe(200)
  expect((await cleo.get(`${API}/contacts(${contact})`)).status).toBe(200)
  const listed = async () =>
    (await admin.get(`${API}/RetrieveSharedPrincipalsAndAccess?${parameters({ Target: target() })}`)).json
      .PrincipalAccesses
  const principal = { '@odata.type': '#Microsoft.Dynamics.CRM.systemuser', systemuserid: site.cleo.id }
  expect(await listed()).toEqual([{ AccessMask: 'ReadAccess, AppendToAccess', Principal: principal }])
  expect((await rights(cleo)).json.AccessRights).toBe('ReadAccess, AppendToAccess')
  expect((await rights(admin, user(site.cleo.id))).json.AccessRights).toBe('ReadAccess, AppendToAccess')
  expect((await rights(admin)).json.AccessRights).toContain('DeleteAccess, ShareAccess, AssignAccess')

  await admin.post(`${API}/ModifyAccess`, access('AppendToAccess'))
  expect((await cleo.get(`${API}/contacts(${contact})`)).status).toBe(404)
  expect((await rights(cleo)).status).toBe(404)
  await admin.post(`${API}/RevokeAccess`, { Target: target(), Revokee: user(site.cleo.id) })
  expect(await listed()).toEqual([])
})

test('SE-80: who may not share, or may not read, shares nothing and learns nothing', async () => {
  const hidden = await cleo.post(`${API}/GrantAccess`, access('ReadAccess'))
  expect([hidden.status, hidden.json.error.code]).toEqual([404, 'NotFound'])
  await site.regarding.records
    .as(SYSTEM)
    .share({ table: 'contact', id: contact }, { table: 'systemuser', id: site.cleo.id }, ['read'])
  const refused = await cleo.post(`${API}/GrantAccess`, access('ReadAccess', site.anna.id))
  expect([refused.status, refused.json.error.target]).toEqual([403, 'prvShareContact'])
  const wrong = await admin.post(`${API}/GrantAccess`, access('EveryAccess'))
  expect([wrong.status, wrong.json.error.target]).toEqual([400, 'AccessMask'])
  const nobody = await admin.post(`${API}/GrantAccess`, access('ReadAccess', '01900000-0000-7000-8000-000000000000'))
  expect(nobody.status).toBe(404)
})
