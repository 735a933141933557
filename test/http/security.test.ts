import { afterAll, beforeAll, expect, test } from 'vitest'
import { createToken } from '#http'
import { mail } from '../incoming/support/company.ts'
import { API, type Client, client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let cleo: Client
let ours: string
let secretCase: string
let annasMessage: string
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  cleo = await site.as(site.cleo)
  ours = (await site.contact({ firstname: 'Hidden', lastname: 'Person', emailaddress1: 'hidden@fabrikam.example' })).id
  // Cleo owns a case about a contact that she may not read.
  secretCase = await site.create('incident', {
    title: 'Cleo’s case',
    customerid: { table: 'contact', id: ours },
    primarycontactid: { table: 'contact', id: ours },
    ownerid: { table: 'systemuser', id: site.cleo.id },
  })
  annasMessage = '<why@test.example>'
  site.server.account(site.anna.address).deliver(
    ['INBOX'],
    mail({
      from: 'stranger@elsewhere.example',
      to: site.anna.address,
      subject: 'Top secret',
      messageId: annasMessage,
    }),
  )
  await site.cycle(site.anna)
})
afterAll(() => site.close())

const query = (options: Record<string, string>) => new URLSearchParams(options).toString()

test('law 7: what a user may not read is not found by query, filter, count or fetch', async () => {
  expect((await anna.get(`${API}/contacts?$filter=lastname eq 'Person'`)).json.value).toHaveLength(1)
  for (const options of [{}, { $filter: "lastname eq 'Person'" }, { $filter: `contactid eq ${ours}` }] as Record<
    string,
    string
  >[])
    expect((await cleo.get(`${API}/contacts?${query({ ...options, $count: 'true' })}`)).json).toMatchObject({
      '@odata.count': 0,
      value: [],
    })
  expect((await cleo.get(`${API}/contacts/$count`)).text).toBe('0')
  const fetchXml = '<fetch><entity name="contact"><all-attributes/></entity></fetch>'
  expect((await cleo.get(`${API}/contacts?${query({ fetchXml })}`)).json.value).toEqual([])
})

test('law 7: by id it is 404, exactly as if it did not exist', async () => {
  const none = '01900000-0000-7000-8000-000000000000'
  const [hidden, absent] = await Promise.all([ours, none].map((id) => cleo.get(`${API}/contacts(${id})`)))
  expect([hidden?.status, absent?.status]).toEqual([404, 404])
  expect(hidden?.text.replaceAll(ours, none)).toBe(absent?.text)
})

test('law 7: expanding, linking and the names of lookups tell nothing of it', async () => {
  const prefer = { prefer: 'odata.include-annotations="*"' }
  const row = (
    await cleo.get(
      `${API}/incidents(${secretCase})?${query({ $expand: 'primarycontactid($select=fullname)' })}`,
      prefer,
    )
  ).json
  expect(row['_primarycontactid_value']).toBe(ours)
  expect(row.primarycontactid).toBeNull()
  expect(row['_primarycontactid_value@OData.Community.Display.V1.FormattedValue']).toBeUndefined()
  expect(row['_ownerid_value@OData.Community.Display.V1.FormattedValue']).toBe('Cleo Test')
  expect(JSON.stringify(row)).not.toContain('Hidden')

  const admin = await site.as(site.administrator)
  const seen = (await admin.get(`${API}/incidents(${secretCase})?$expand=primarycontactid($select=fullname)`, prefer))
    .json
  expect(seen.primarycontactid.fullname).toBe('Hidden Person')
  expect(seen['_primarycontactid_value@OData.Community.Display.V1.FormattedValue']).toBe('Hidden Person')

  const fetchXml = `<fetch><entity name="incident"><attribute name="title"/><link-entity name="contact" from="contactid"
    to="primarycontactid" link-type="outer" alias="c"><attribute name="fullname"/></link-entity></entity></fetch>`
  const linked = (await cleo.get(`${API}/incidents?${query({ fetchXml })}`)).json.value
  expect(linked).toMatchObject([{ title: 'Cleo’s case', 'c.fullname': null }])
})

test('law 7: filtering and sorting through a lookup does not reveal it', async () => {
  const filtered = await cleo.get(`${API}/incidents?${query({ $filter: "primarycontactid/lastname eq 'Person'" })}`)
  expect(filtered.json.value).toEqual([])
  const starts = await cleo.get(`${API}/incidents?${query({ $filter: "startswith(primarycontactid/lastname,'P')" })}`)
  expect(starts.json.value).toEqual([])
})

test('HTTP: without the privilege for a table the answer is 403 and names it', async () => {
  const { status, json } = await cleo.get(`${API}/leads`)
  expect(status).toBe(403)
  expect(json.error).toMatchObject({ code: 'PrivilegeDenied', target: 'prvReadLead' })
  expect((await cleo.get(`${API}/leads(${ours})`)).status).toBe(403)
})

test('B-22: decisions of other people’s mailboxes are not explained, listed or counted', async () => {
  const asked = { MessageId: `'${annasMessage}'` }
  const own = (await anna.get(`${API}/Explain?${query(asked)}`)).json.value
  expect(own).toMatchObject([{ MailboxId: site.anna.mailboxId, Subject: 'Top secret', Outcome: 'notTracked' }])
  for (const other of [site.ben, site.cleo]) {
    const reader = await site.as(other)
    expect((await reader.get(`${API}/Explain?${query(asked)}`)).json.value).toEqual([])
    expect((await reader.get(`${API}/Explain?MailboxId=${site.anna.mailboxId}`)).json.value).toEqual([])
    expect((await reader.get(`${API}/RetrieveItemFailures`)).json.value).toEqual([])
  }
})

test('MO-74: an administrator reads the reason, not the subject', async () => {
  const admin = await site.as(site.administrator)
  const found = (await admin.get(`${API}/Explain?${query({ MessageId: `'${annasMessage}'` })}`)).json.value
  expect(found).toMatchObject([{ Subject: '***', Reason: 'NoCorrelationMatch' }])
})

test('HTTP: mailboxes of others are neither shown nor touched', async () => {
  const ben = await site.as(site.ben)
  const id = site.anna.mailboxId
  expect((await ben.get(`${API}/mailboxes(${id})`)).status).toBe(404)
  expect((await ben.get(`${API}/RetrieveMailboxStatus(MailboxId=${id})`)).status).toBe(404)
  expect((await ben.get(`${API}/RetrieveMailboxFolders(MailboxId=${id})`)).status).toBe(403)
  const acts: [string, object, number][] = [
    ['SyncNow', { MailboxId: id }, 404],
    ['Track', { MailboxId: id, MessageId: annasMessage }, 404],
    ['TestAndEnable', { MailboxIds: [id] }, 403],
    ['SetFolderMapping', { MailboxId: id, FolderPath: 'INBOX/Customers' }, 403],
    ['RemoveFolderMapping', { MailboxId: id, FolderPath: 'INBOX/Customers' }, 403],
    ['ApproveEmailAddresses', { MailboxIds: [id] }, 403],
    ['RejectEmailAddresses', { MailboxIds: [id] }, 403],
    ['AddMailbox', { Name: 'x', EmailAddress: 'x@adatum.example' }, 403],
    ['SetOptions', { Scope: 'personal', UserId: site.anna.id, Values: { Track: 'All' } }, 403],
    ['SetOptions', { Scope: 'organization', Values: { UseSmartMatching: true } }, 403],
    ['AddBlockRule', { Scope: 'organization', Kind: 'domain', Pattern: 'x.example' }, 403],
  ]
  for (const [name, body, status] of acts) {
    const answer = await ben.post(`${API}/${name}`, body)
    expect([name, answer.status]).toEqual([name, status])
    expect(answer.json.error.message).toBeTruthy()
  }
})

test('HTTP: personal options and blocklists of others stay theirs', async () => {
  await anna.post(`${API}/SetOptions`, { Scope: 'personal', Values: { Track: 'All' } })
  const rule = await anna.post(`${API}/AddBlockRule`, { Kind: 'domain', Pattern: 'private.example' })
  const ben = await site.as(site.ben)
  expect((await ben.get(`${API}/RetrieveOptions(Scope='personal',UserId=${site.anna.id})`)).status).toBe(403)
  expect((await ben.get(`${API}/usersettingscollection`)).json.value).toEqual([])
  expect((await ben.get(`${API}/RetrieveBlockRules`)).json.value).toEqual([])
  expect((await ben.post(`${API}/RemoveBlockRule`, { BlockRuleId: rule.json.BlockRuleId })).status).toBe(404)
})

test('T-98: untracking for everyone needs the right to write the email', async () => {
  const email = await site.create('email', { subject: 'Shared', ownerid: { table: 'systemuser', id: site.anna.id } })
  const ben = await site.as(site.ben)
  expect((await ben.get(`${API}/emails(${email})`)).status).toBe(200)
  const everyone = await ben.post(`${API}/Untrack`, { EmailId: email, Whose: 'everyone' })
  expect([everyone.status, everyone.json.error.target]).toEqual([403, 'prvWriteActivity'])
  const foreign = await ben.post(`${API}/Untrack`, { EmailId: email, MailboxId: site.anna.mailboxId })
  expect([foreign.status, foreign.json.error.target]).toEqual([403, 'prvWriteMailbox'])
  expect((await cleo.post(`${API}/Untrack`, { EmailId: email, Whose: 'everyone' })).status).toBe(404)
})

test('MB-20: secrets are never read, whoever asks', async () => {
  const admin = await site.as(site.administrator)
  await site.regarding.mailboxes.update({ kind: 'system' }, site.ben.mailboxId, { password: 'hunter2-hunter2' })
  const paths = [
    `mailboxes(${site.ben.mailboxId})`,
    `mailboxes?$select=name,password`,
    `mailboxes?$filter=password ne null`,
  ]
  for (const path of paths) expect((await admin.get(`${API}/${encodeURI(path)}`)).text).not.toMatch(/hunter2|v1[.:]/)
  expect((await admin.get(`${API}/mailboxes(${site.ben.mailboxId})`)).json).not.toHaveProperty('password')
})

test('HTTP: nothing below the API answers without a caller, except its description', async () => {
  const anybody = client(site.url)
  for (const path of ['', '/contacts', '/WhoAmI', '/Explain', '/nosuch', `/contacts(${ours})`]) {
    const { status, json, headers } = await anybody.get(`${API}${path}`)
    expect([path, status, json.error.code]).toEqual([path, 401, 'NotSignedIn'])
    expect(headers.get('www-authenticate')).toContain('Bearer')
  }
  expect((await anybody.post(`${API}/SyncNow`, {})).status).toBe(401)
  expect((await anybody.get('/api/openapi.json')).status).toBe(200)
})

test('HTTP: a token speaks for its own user only', async () => {
  const soon = new Date(site.clock.now().getTime() + 60_000)
  const made = await createToken(site.regarding, site.cleo.id, 'mine', soon)
  const asCleo = client(site.url, { authorization: `Bearer ${made.secret}` })
  expect((await asCleo.get(`${API}/WhoAmI`)).json.UserId).toBe(site.cleo.id)
  expect((await anna.send(`/api/auth/tokens/${made.id}`, { method: 'DELETE' })).status).toBe(404)
})
