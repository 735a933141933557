import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROLES, SYSTEM } from '#records'
import { API, type Client, openSite, type Site } from './support/site.ts'

/** Who acted for whom, who may do what, and what only an action does. */

let site: Site
let admin: Client
let anna: Client
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 100_000 })
  admin = await site.as(site.administrator)
  anna = await site.as(site.anna)
})
afterAll(() => site.close())

const patch = (client: Client, path: string, body: object, headers: Record<string, string> = {}) =>
  client.send(path, {
    method: 'PATCH',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

test('SE-88: what is written in the name of another tells who acted, until somebody else writes', async () => {
  const forAnna = { mscrmcallerid: site.anna.id, prefer: 'return=representation' }
  const made = await admin.post(`${API}/contacts`, { lastname: 'Made' }, forAnna)
  expect(made.json).toMatchObject({
    _createdby_value: site.anna.id,
    _createdonbehalfby_value: site.administrator.id,
    _modifiedonbehalfby_value: site.administrator.id,
  })
  const at = `${API}/contacts(${made.json.contactid})`
  await patch(anna, at, { firstname: 'Own' })
  const read = await anna.get(`${at}?$select=_createdonbehalfby_value,_modifiedonbehalfby_value`)
  expect(read.json).toMatchObject({
    _createdonbehalfby_value: site.administrator.id,
    _modifiedonbehalfby_value: null,
  })
})

test('SE-88: an actor with few rights lends them to nobody, and gets none from whom they act for', async () => {
  const system = site.regarding.records.as(SYSTEM)
  const role = { table: 'role', id: ROLES.delegate }
  await system.create('systemuserroles', { systemuserid: { table: 'systemuser', id: site.cleo.id }, roleid: role })
  const cleo = await site.as(site.cleo)
  const forAdmin = { mscrmcallerid: site.administrator.id }
  const hers = await site.create('contact', { lastname: 'Hers', ownerid: { table: 'systemuser', id: site.cleo.id } })
  const annas = await site.create('opportunity', {
    name: 'Not hers',
    ownerid: { table: 'systemuser', id: site.anna.id },
  })
  expect((await cleo.get(`${API}/contacts(${hers})?$select=lastname`, forAdmin)).status).toBe(200)
  expect((await cleo.get(`${API}/opportunities(${annas})?$select=name`, forAdmin)).status).toBe(404)
  expect((await cleo.get(`${API}/opportunities?$select=name`, forAdmin)).json.value).toEqual([])
  expect((await cleo.get(`${API}/opportunities/$count`, forAdmin)).text).toBe('0')
  expect((await cleo.post(`${API}/accounts`, { name: 'No' }, forAdmin)).status).toBe(403)
  expect((await admin.get(`${API}/opportunities(${annas})?$select=name`, { mscrmcallerid: site.cleo.id })).status).toBe(
    404,
  )
})

test('SE-80: RetrievePrincipalAccess is found at a user and at a team; sharing stands in the audit trail', async () => {
  const id = await site.create('account', { name: 'Shared', ownerid: { table: 'systemuser', id: site.anna.id } })
  const target = encodeURIComponent(JSON.stringify({ '@odata.id': `accounts(${id})` }))
  const ask = (of: string) =>
    admin.get(`${API}/${of}/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@tid)?@tid=${target}`)
  expect((await ask(`systemusers(${site.anna.id})`)).json.AccessRights).toContain('WriteAccess')
  expect((await ask(`contacts(${id})`)).status).toBe(404)
  const share = { Target: { '@odata.id': `accounts(${id})` } }
  const PrincipalAccess = { AccessMask: 'ReadAccess', Principal: { '@odata.id': `systemusers(${site.ben.id})` } }
  expect((await admin.post(`${API}/GrantAccess`, { ...share, PrincipalAccess })).status).toBeLessThan(300)
  await admin.post(`${API}/RevokeAccess`, { ...share, Revokee: PrincipalAccess.Principal })
  const history = await admin.get(`${API}/RetrieveRecordChangeHistory(Target=@t)?@t=${target}`)
  const details = history.json.AuditDetailCollection.AuditDetails.filter(
    (each: { AuditRecord: { action: number } }) => each.AuditRecord.action === 14,
  )
  const text = `systemuser,${site.ben.id}: read`
  expect(
    details.map((each: object) => [
      (each as Record<string, object>)['OldValue'],
      (each as Record<string, object>)['NewValue'],
    ]),
  ).toEqual([
    [{ principalobjectaccess: text }, { principalobjectaccess: null }],
    [{ principalobjectaccess: null }, { principalobjectaccess: text }],
  ])
})

test('Writing: an opportunity is won and a case resolved by their actions only; both are opened again by a change', async () => {
  const account = await site.create('account', { name: 'Closing' })
  const customerid = { table: 'account', id: account }
  const deal = await site.create('opportunity', { name: 'Deal', customerid })
  const incident = await site.create('incident', { title: 'Case', customerid })
  for (const [path, body, action] of [
    [`opportunities(${deal})`, { statecode: 1, statuscode: 3 }, 'WinOpportunity'],
    [`opportunities(${deal})`, { statuscode: 4 }, 'LoseOpportunity'],
    [`incidents(${incident})`, { statecode: 1 }, 'CloseIncident'],
  ] as const) {
    const refused = await patch(admin, `${API}/${path}`, body)
    expect([refused.status, refused.json.error.message]).toEqual([400, expect.stringContaining(action)])
  }
  const OpportunityClose = { 'opportunityid@odata.bind': `/opportunities(${deal})` }
  expect((await admin.post(`${API}/WinOpportunity`, { OpportunityClose, Status: 3 })).status).toBeLessThan(300)
  expect((await patch(admin, `${API}/opportunities(${deal})`, { statecode: 0 })).status).toBe(204)
  expect((await patch(admin, `${API}/incidents(${incident})`, { statecode: 2 })).status).toBe(204)
})

test('Import: what headings mean is kept under a name and used again; others do not see it', async () => {
  const csv = (text: string, query = '') =>
    anna.send(`/api/import/contacts${query}`, { method: 'POST', body: text, headers: { 'content-type': 'text/csv' } })
  const mapping = { Nachname: 'lastname', Egal: null }
  const made = await anna.post(`${API}/importmaps`, {
    name: 'Fair',
    targetentity: 'contact',
    mapping: JSON.stringify(mapping),
  })
  expect(made.status).toBe(204)
  const done = await csv('Nachname,Egal,Vorname\nBerg,x,Ann\n', '?mapping=Fair')
  expect(done.json).toMatchObject({
    created: 1,
    failed: 0,
    mapping: { Nachname: 'lastname', Egal: null, Vorname: null },
  })
  await csv('lastname,firstname\nKern,Ben\n', '?saveMapping=Plain&preview=true')
  const kept = await anna.get(`${API}/importmaps?$filter=name eq 'Plain'&$select=mapping`)
  expect(JSON.parse(kept.json.value[0].mapping)).toEqual({ lastname: 'lastname', firstname: 'firstname' })
  const ben = await site.as(site.ben)
  expect((await ben.get(`${API}/importmaps`)).json.value).toEqual([])
  expect((await csv('Nachname\nX\n', '?mapping=None')).status).toBe(404)
  const wrong = await anna.post(`${API}/importmaps`, {
    name: 'Bad',
    targetentity: 'contact',
    mapping: '{"A":"nosuch"}',
  })
  expect([wrong.status, wrong.json.error.message]).toEqual([400, expect.stringContaining('“A” is mapped to "nosuch"')])
})
