import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { mail } from '../incoming/support/company.ts'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let admin: Client
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  admin = await site.as(site.administrator)
})
afterAll(() => site.close())

const DETECT = { 'MSCRM.SuppressDuplicateDetection': 'false' }
const bodyOf = (values: object) => ({ method: 'PATCH', body: JSON.stringify(values) })
const reference = ({ id }: { id: string }) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.contact', contactid: id })
const retrieve = (entity: object, paging: object = { PageNumber: 1, Count: 50 }) => {
  const parameters = new URLSearchParams({
    '@e': JSON.stringify({ '@odata.type': 'Microsoft.Dynamics.CRM.contact', ...entity }),
    '@m': "'contact'",
    '@p': JSON.stringify(paging),
  })
  return admin.get(
    `${API}/RetrieveDuplicates(BusinessEntity=@e,MatchingEntityName=@m,PagingInfo=@p)?${parameters.toString()}`,
  )
}
const json = { 'content-type': 'application/json' }

test('DU-5: by the header a duplicate is refused with 412, the code of Dataverse and the records found', async () => {
  const { id } = await site.account({ name: 'Contoso' })
  const refused = await admin.post(`${API}/accounts`, { name: 'contoso' }, DETECT)
  expect(refused.status).toBe(412)
  expect(refused.json.error).toMatchObject({
    code: 'DuplicateRecordsFound',
    message: expect.stringContaining(id),
    details: [{ target: `account(${id})`, message: 'Contoso: Accounts with the same account name' }],
    innererror: { code: '0x80040333' },
  })
  for (const headers of [{}, { 'MSCRM.SuppressDuplicateDetection': 'true' }])
    expect((await admin.post(`${API}/accounts`, { name: 'contoso' }, headers)).status).toBe(204)
  const other = await site.account({ name: 'Other' })
  const path = `${API}/accounts(${other.id})`
  expect((await admin.send(path, { ...bodyOf({ name: 'Contoso' }), headers: { ...json, ...DETECT } })).status).toBe(412)
  expect((await admin.get(path)).json.name).toBe('Other')
  await site.set({ IsDuplicateDetectionEnabledForOnlineCreateUpdate: false })
  expect((await admin.post(`${API}/accounts`, { name: 'Contoso' }, DETECT)).status).toBe(204)
  await site.set({ IsDuplicateDetectionEnabledForOnlineCreateUpdate: null })
})

test('DU-6: RetrieveDuplicates tells what looks like a row, saved or not, page by page', async () => {
  const ids = await Promise.all(
    [1, 2, 3].map(async (n) => (await site.contact({ firstname: 'Eva', lastname: 'Eder', jobtitle: `${n}` })).id),
  )
  const found = async (...asked: Parameters<typeof retrieve>) =>
    (await retrieve(...asked)).json.value.map((row: { contactid: string }) => row.contactid).toSorted()
  expect(await found({ firstname: 'eva', lastname: 'EDER' })).toEqual(ids.toSorted())
  expect(await found({ contactid: ids[0] })).toEqual(ids.slice(1).toSorted())
  const pages = [1, 2, 3].map((PageNumber) => found({ firstname: 'Eva', lastname: 'Eder' }, { PageNumber, Count: 2 }))
  const [first, second, third] = await Promise.all(pages)
  expect([first.length, second.length, third.length]).toEqual([2, 1, 0])
  expect((await retrieve({ firstname: 'Eva', lastname: 'Eder' })).json.value[0]).toMatchObject({ fullname: 'Eva Eder' })
  expect((await retrieve({ '@odata.type': 'Microsoft.Dynamics.CRM.nosuch' })).status).toBe(400)
})

test('DU-3: rules are published at their address and taken back, by those who may', async () => {
  const id = await site.create('duplicaterule', { name: 'R', baseentityname: 'account', matchingentityname: 'account' })
  await site.create('duplicaterulecondition', {
    regardingobjectid: { table: 'duplicaterule', id },
    baseattributename: 'fax',
    matchingattributename: 'fax',
  })
  const publish = (who: Client) =>
    who.post(`${API}/duplicaterules(${id})/Microsoft.Dynamics.CRM.PublishDuplicateRule`, {})
  expect([403, 404]).toContain((await publish(anna)).status)
  expect((await admin.get(`${API}/duplicaterules(${id})`)).json).toMatchObject({ statuscode: 0 })
  expect((await publish(admin)).status).toBe(204)
  expect((await admin.get(`${API}/duplicaterules(${id})`)).json).toMatchObject({ statuscode: 2 })
  expect((await admin.post(`${API}/UnpublishDuplicateRule`, { DuplicateRuleId: id })).status).toBe(204)
  expect((await admin.get(`${API}/duplicaterules(${id})`)).json).toMatchObject({ statuscode: 0 })
})

test('DU-12: BulkDetectDuplicates starts a job; its row and its pairs are read like records', async () => {
  for (const n of [1, 2]) await site.account({ name: 'Twin', fax: `${n}` })
  const started = await admin.post(`${API}/BulkDetectDuplicates`, {
    JobName: 'Twins',
    Query: {
      '@odata.type': 'Microsoft.Dynamics.CRM.FetchExpression',
      Query:
        '<fetch><entity name="account"><filter><condition attribute="name" operator="eq" value="Twin"/></filter></entity></fetch>',
    },
    SendEmailNotification: false,
  })
  expect(started.status).toBe(200)
  const job = started.json.JobId
  expect((await admin.get(`${API}/asyncoperations(${job})`)).json).toMatchObject({ name: 'Twins', statuscode: 0 })
  await site.regarding.records.duplicates.run(job)
  expect((await admin.get(`${API}/asyncoperations(${job})`)).json).toMatchObject({
    statuscode: 30,
    recordsfound: 1,
    recordstotal: 2,
  })
  const pairs = await admin.get(`${API}/duplicaterecords?$filter=_asyncoperationid_value eq ${job}`)
  expect(pairs.json.value).toHaveLength(1)
})

test('DU-20, DU-24: Merge, with values for the target; who may not is refused', async () => {
  const target = await site.contact({ firstname: 'Max', lastname: 'Muster' })
  const other = await site.contact({ firstname: 'Max', lastname: 'Munster' })
  const account = await site.account({ name: 'Parent' })
  const body = {
    Target: reference(target),
    Subordinate: reference(other),
    UpdateContent: {
      ...reference(target),
      jobtitle: 'Buyer',
      'parentcustomerid_account@odata.bind': `/accounts(${account.id})`,
    },
    PerformParentingChecks: false,
  }
  expect((await (await site.as(site.cleo)).post(`${API}/Merge`, body)).status).toBe(403)
  expect((await admin.post(`${API}/Merge`, body)).status).toBe(204)
  const read = async ({ id }: { id: string }) => (await admin.get(`${API}/contacts(${id})`)).json
  expect(await read(target)).toMatchObject({ jobtitle: 'Buyer', _parentcustomerid_value: account.id, merged: false })
  expect(await read(other)).toMatchObject({ merged: true, _masterid_value: target.id, statecode: 1 })
  const wrong = { ...body, Subordinate: { '@odata.id': `accounts(${account.id})` } }
  expect((await admin.post(`${API}/Merge`, wrong)).status).toBe(400)
})

test('DU-9, DU-22: synchronization goes on: email of the merged contact’s address finds the target only', async () => {
  const address = { emailaddress1: 'zoe@kern.example' }
  const target = await site.contact({ lastname: 'Zoe', ...address })
  const other = await site.contact({ lastname: 'Zoe Twin', ...address })
  await site.regarding.records.merge(SYSTEM, { table: 'contact', target: target.id, subordinate: other.id })
  await site.regarding.options.setPersonal({ kind: 'user', id: site.anna.id }, site.anna.id, { Track: 'All' })
  site.server
    .account(site.anna.address)
    .deliver(
      ['INBOX'],
      mail({ from: 'zoe@kern.example', to: site.anna.address, subject: 'Hello', messageId: '<zoe@kern>' }),
    )
  await site.cycle(site.anna)
  const [email] = await site.emails({ messageid: '<zoe@kern>' })
  const parties = await site.parties(String(email?.['activityid']))
  expect(parties.find((party) => party['participationtypemask'] === 1)).toMatchObject({ partyid: target.id })
})
