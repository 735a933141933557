import { afterAll, beforeAll, expect, test } from 'vitest'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let admin: Client
let account: string
beforeAll(async () => {
  site = await openSite()
  admin = await site.as(site.administrator)
  account = (await site.account({ name: 'Adatum' })).id
})
afterAll(() => site.close())

const read = async (path: string) => (await admin.get(`${API}/${path}`)).json
const opportunity = (values = {}) =>
  site.create('opportunity', {
    name: 'Pumps',
    estimatedvalue: 500,
    customerid: { table: 'account', id: account },
    ...values,
  })

const closing = (id: string) =>
  JSON.stringify({ OpportunityClose: { 'opportunityid@odata.bind': `opportunities(${id})` } })

const part = (id: string) =>
  `--c\r\nContent-Type: application/http\r\n\r\nPOST WinOpportunity HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${closing(id)}\r\n`

const batch = (ids: string[]) =>
  admin.send(`${API}/$batch`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/mixed; boundary=b' },
    body: `--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n${ids.map(part).join('')}--c--\r\n--b--\r\n`,
  })

test('HTTP: WinOpportunity closes an open opportunity and notes how, once', async () => {
  const id = await opportunity()
  const body = {
    Status: 3,
    OpportunityClose: { subject: 'Signed', actualrevenue: 450, 'opportunityid@odata.bind': `/opportunities(${id})` },
  }
  const answer = await admin.post(`${API}/WinOpportunity`, body)
  expect([answer.status, answer.text]).toEqual([204, ''])
  expect(await read(`opportunities(${id})`)).toMatchObject({
    statecode: 1,
    statuscode: 3,
    actualvalue: 450,
    actualclosedate: site.clock.now().toISOString().slice(0, 10),
  })
  const notes = await read(`opportunitycloses?$filter=_opportunityid_value eq ${id}`)
  expect(notes.value).toMatchObject([
    { subject: 'Signed', statecode: 1, actualrevenue: 450, _regardingobjectid_value: id },
  ])
  const again = await admin.post(`${API}/WinOpportunity`, body)
  expect([again.status, again.json.error.code, again.json.error.target]).toEqual([400, 'ValidationFailed', 'statecode'])
  expect((await read(`opportunitycloses?$filter=_opportunityid_value eq ${id}`)).value).toHaveLength(1)
})

test('HTTP: LoseOpportunity takes a status reason of lost ones only, and the opportunity by an object as well', async () => {
  const id = await opportunity()
  const OpportunityClose = { opportunityid: { opportunityid: id, '@odata.type': 'Microsoft.Dynamics.CRM.opportunity' } }
  const wrong = await admin.post(`${API}/LoseOpportunity`, { Status: 3, OpportunityClose })
  expect([wrong.status, wrong.json.error.target]).toEqual([400, 'statuscode'])
  expect((await read(`opportunities(${id})`)).statecode).toBe(0)
  expect((await admin.post(`${API}/LoseOpportunity`, { Status: -1, OpportunityClose })).status).toBe(204)
  expect(await read(`opportunities(${id})`)).toMatchObject({ statecode: 2, statuscode: 4, actualvalue: null })
})

test('HTTP: of two who close an opportunity at once, one does', async () => {
  const id = await opportunity()
  const body = { OpportunityClose: { 'opportunityid@odata.bind': `opportunities(${id})` } }
  const answers = await Promise.all(
    ['WinOpportunity', 'LoseOpportunity', 'WinOpportunity'].map((name) => admin.post(`${API}/${name}`, body)),
  )
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 400 || status === 412)).toHaveLength(2)
  expect((await read(`opportunitycloses?$filter=_opportunityid_value eq ${id}`)).value).toHaveLength(1)
})

test('HTTP: CloseIncident resolves an active case with its resolution', async () => {
  const id = await site.create('incident', { title: 'Leak', customerid: { table: 'account', id: account } })
  const answer = await admin.post(`${API}/CloseIncident`, {
    Status: 1000,
    IncidentResolution: { subject: 'Told how', timespent: 15, 'incidentid@odata.bind': `/incidents(${id})` },
  })
  expect(answer.status).toBe(204)
  expect(await read(`incidents(${id})`)).toMatchObject({ statecode: 1, statuscode: 1000 })
  const found = await read(`incidentresolutions?$filter=_incidentid_value eq ${id}`)
  expect(found.value).toMatchObject([{ subject: 'Told how', timespent: 15, statecode: 1 }])
})

test('HTTP: QualifyLead makes an account, a contact and an opportunity that know each other and the lead', async () => {
  const lead = await site.create('lead', {
    subject: 'Three pumps',
    firstname: 'Lena',
    lastname: 'Ohm',
    companyname: 'Ohm AG',
    emailaddress1: 'lena@ohm.example',
    address1_city: 'Bern',
    estimatedamount: 900,
  })
  const path = `${API}/leads(${lead})/Microsoft.Dynamics.CRM.QualifyLead`
  const wanted = {
    CreateAccount: true,
    CreateContact: true,
    CreateOpportunity: true,
    Status: 3,
    SourceCampaignId: null,
  }
  const answer = await admin.post(path, wanted)
  expect(answer.status).toBe(200)
  const [accountId, contactId, opportunityId] = answer.json.value.map(
    (row: Record<string, string>) => row['accountid'] ?? row['contactid'] ?? row['opportunityid'],
  )
  expect(await read(`accounts(${accountId})`)).toMatchObject({
    name: 'Ohm AG',
    address1_city: 'Bern',
    _originatingleadid_value: lead,
  })
  expect(await read(`contacts(${contactId})`)).toMatchObject({
    fullname: 'Lena Ohm',
    emailaddress1: 'lena@ohm.example',
    _parentcustomerid_value: accountId,
    _originatingleadid_value: lead,
  })
  expect(await read(`opportunities(${opportunityId})`)).toMatchObject({
    name: 'Three pumps',
    estimatedvalue: 900,
    _customerid_value: accountId,
    _parentcontactid_value: contactId,
  })
  expect(await read(`leads(${lead})`)).toMatchObject({ statecode: 1, _qualifyingopportunityid_value: opportunityId })
  expect((await admin.post(path, wanted)).json.error.code).toBe('ValidationFailed')
})

test('HTTP: closing and qualifying are done in batches too, as a whole; and need the rights of what they write', async () => {
  const [one, two] = [await opportunity(), await opportunity()]
  expect((await batch([one, two, one])).status).toBe(400)
  expect((await read(`opportunities(${two})`)).statecode).toBe(0)
  expect((await batch([one, two])).status).toBe(200)
  expect((await read(`opportunities(${two})`)).statecode).toBe(1)
  const cleo = await site.as(site.cleo)
  const refused = await cleo.post(`${API}/WinOpportunity`, {
    OpportunityClose: { 'opportunityid@odata.bind': `opportunities(${await opportunity()})` },
  })
  expect(refused.status).toBe(404)
})
