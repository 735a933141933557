import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { addUser, mail } from '../incoming/support/company.ts'
import { API, type Client, client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let admin: Client
let account: string
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  admin = await site.as(site.administrator)
  account = (await site.account({ name: 'Adatum' })).id
})
afterAll(() => site.close())

const query = (options: Record<string, string>) => new URLSearchParams(options).toString()
const call = async (who: Client, name: string, body: unknown, expected = 200) => {
  const answer = await who.post(`${API}/${name}`, body)
  expect([name, answer.status, answer.json?.error]).toEqual([
    name,
    expected,
    expected === 200 ? undefined : answer.json.error,
  ])
  return answer.json
}
function deliver(messageId: string, folder = ['INBOX']) {
  site.server
    .account(site.anna.address)
    .deliver(folder, mail({ from: 'otto@kern.example', to: site.anna.address, subject: 'Offer', messageId }))
}

test('T-93, T-96, T-98: Track, SetRegarding, Explain and Untrack, from message to email and back', async () => {
  deliver('<offer@kern.example>')
  await site.cycle(site.anna)
  const tracked = await call(anna, 'Track', {
    MessageId: '<offer@kern.example>',
    Regarding: { '@odata.id': `accounts(${account})` },
  })
  expect(tracked).toMatchObject({ Outcome: 'tracked', Reason: 'ManualApi' })
  expect(tracked['@odata.context']).toContain('TrackResponse')
  const path = `${API}/emails(${tracked.EmailId})?$select=subject,_regardingobjectid_value`
  expect((await anna.get(path)).json).toMatchObject({ subject: 'Offer', _regardingobjectid_value: account })

  const other = (await site.account({ name: 'Other' })).id
  await call(anna, 'SetRegarding', {
    EmailId: tracked.EmailId,
    Regarding: { '@odata.type': 'Microsoft.Dynamics.CRM.account', accountid: other },
  })
  expect((await anna.get(path)).json['_regardingobjectid_value']).toBe(other)
  await call(anna, 'SetRegarding', { EmailId: tracked.EmailId, Regarding: null })
  expect((await anna.get(path)).json['_regardingobjectid_value']).toBeNull()

  const why = (await anna.get(`${API}/Explain(MessageId=@m)?${query({ '@m': "'offer@kern.example'" })}`)).json.value
  expect(why).toMatchObject([{ Outcome: 'tracked', Reason: 'ManualApi', EmailId: tracked.EmailId, Subject: 'Offer' }])
  expect(why[0].Trace.length).toBeGreaterThan(0)
  expect(why[0].Remedies[0]).toMatchObject({ Kind: expect.any(String), Who: 'owner' })

  expect(await call(anna, 'Untrack', { EmailId: tracked.EmailId })).toMatchObject({ Copies: 1, Deleted: false })
})

test('T-93: Track refuses a message that is not there, and a record that cannot be regarded', async () => {
  const none = await call(anna, 'Track', { MessageId: '<nowhere@x.example>' }, 404)
  expect(none.error.code).toBe('NotFound')
  const wrong = { MessageId: '<offer@kern.example>', Regarding: { '@odata.id': 'nonsense(1)' } }
  expect((await call(anna, 'Track', wrong, 400)).error).toMatchObject({ code: 'ParameterInvalid', target: 'Regarding' })
})

test('MO-94: ExplainRecord says whether a user reads a record, and which emails there are about it', async () => {
  deliver('<about@kern.example>')
  await site.cycle(site.anna)
  await call(anna, 'Track', { MessageId: '<about@kern.example>', Regarding: { '@odata.id': `accounts(${account})` } })
  const record = JSON.stringify({ '@odata.id': `accounts(${account})` })
  const { json } = await anna.get(`${API}/ExplainRecord(Record=@r)?${query({ '@r': record })}`)
  expect(json).toMatchObject({ Readable: true, Emails: [{ MessageId: '<about@kern.example>' }] })
})

test('MO-77: RetrieveItemFailures lists what was not tracked, with reason and remedies', async () => {
  await site.clock.advance(60_000)
  deliver('<unknown@kern.example>')
  await site.cycle(site.anna)
  const found = (await anna.get(`${API}/RetrieveItemFailures?Top=5`)).json.value
  expect(found[0]).toMatchObject({ MessageId: '<unknown@kern.example>', Outcome: 'suggested' })
  expect(found[0].Suggestion.Regarding.Id).toBe(account)
  expect(found[0].Text.length).toBeGreaterThan(20)
})

test('MB-62, MB-70: Test & Enable and approval of addresses', async () => {
  const id = site.ben.mailboxId
  const tested = await call(admin, 'TestAndEnable', { MailboxIds: [id] })
  expect(tested.value).toContainEqual(
    expect.objectContaining({ MailboxId: id, Direction: 'incoming', Status: 'success' }),
  )
  await call(admin, 'RejectEmailAddresses', { MailboxIds: [id] })
  const rejected = (await admin.get(`${API}/RetrieveMailboxStatus(MailboxId=${id})`)).json.value[0]
  expect(rejected).toMatchObject({ Approval: 'Rejected', Incoming: { Enabled: false } })
  const failed = await call(admin, 'TestAndEnable', { MailboxIds: [id] })
  expect(failed.value[0]).toMatchObject({ Status: 'failure', Code: 'AddressNotApproved' })
  await call(admin, 'ApproveEmailAddresses', { MailboxIds: [id] })
  await call(admin, 'TestAndEnable', { MailboxIds: [id] })
})

test('MO-80: RetrieveMailboxStatus without id shows the caller’s own mailbox', async () => {
  const { json } = await anna.get(`${API}/RetrieveMailboxStatus()`)
  expect(json.value).toHaveLength(1)
  expect(json.value[0]).toMatchObject({
    MailboxId: site.anna.mailboxId,
    Approval: 'Approved',
    Incoming: { Enabled: true, Status: 'Success' },
    Workloads: expect.arrayContaining([expect.objectContaining({ Workload: 'incoming', Enabled: true })]),
  })
})

test('B-15: SyncNow makes all that the mailbox synchronizes due in the first lane, and says why where that is nothing', async () => {
  const { mailboxId } = site.anna
  await site.regarding.schedule.enable([{ mailboxId, workload: 'act' }])
  await call(anna, 'SyncNow', { MailboxId: mailboxId })
  const lanes = (await site.regarding.schedule.statusOf(mailboxId)).map(({ workload, lane }) => [workload, lane])
  expect(lanes).toEqual(
    expect.arrayContaining([
      ['incoming', 0],
      ['act', 0],
    ]),
  )
  await site.regarding.schedule.disable([{ mailboxId, workload: 'act' }])

  const { mailboxId: other } = await addUser(site.regarding, 'Untested', 'User', 'untested@adatum.example')
  const refused = await admin.post(`${API}/SyncNow`, { MailboxId: other })
  expect([refused.status, refused.json.error.message]).toEqual([400, expect.stringContaining('is not approved')])
})

test('MB-30: AddMailbox adds a forward mailbox, or connects a user’s, through a known profile', async () => {
  const profiles = (await admin.get(`${API}/emailserverprofiles?$select=name`)).json.value
  const ServerProfileId = profiles[0].emailserverprofileid
  const forward = await call(admin, 'AddMailbox', {
    Name: 'Forward',
    EmailAddress: 'forward@adatum.example',
    ServerProfileId,
  })
  expect((await admin.get(`${API}/mailboxes(${forward.MailboxId})`)).json).toMatchObject({ kind: 2, name: 'Forward' })
  const again = await call(admin, 'AddMailbox', {
    Regarding: { '@odata.id': `systemusers(${site.ben.id})` },
    Name: 'Ben',
    EmailAddress: site.ben.address,
    ServerProfileId,
    Password: 'a password of the mail server',
  })
  expect(again.MailboxId).toBe(site.ben.mailboxId)
  const wrong = { Regarding: { '@odata.id': `accounts(${account})` }, Name: 'x', EmailAddress: 'x@adatum.example' }
  expect((await call(admin, 'AddMailbox', wrong, 400)).error.message).toContain('user or a queue')
})

test('FT-11, FT-12, FT-40: folders are listed, mapped and unmapped', async () => {
  site.server.account(site.anna.address).createFolder(['INBOX', 'Customers'])
  const mapping = await call(anna, 'SetFolderMapping', {
    MailboxId: site.anna.mailboxId,
    FolderPath: 'INBOX/Customers',
    Regarding: { '@odata.id': `accounts(${account})` },
  })
  const path = `${API}/RetrieveMailboxFolders(MailboxId=${site.anna.mailboxId})`
  const folders = (await anna.get(path)).json.value
  expect(folders).toContainEqual({
    FolderPath: 'INBOX/Customers',
    CanBeMapped: true,
    Mapping: {
      MappingId: mapping.MappingId,
      AlwaysReapply: false,
      State: 'Valid',
      Regarding: { '@odata.id': `accounts(${account})`, LogicalName: 'account', Id: account },
    },
  })
  expect(folders).toContainEqual({ FolderPath: 'INBOX', Use: 'inbox', CanBeMapped: false })
  const refused = await call(anna, 'SetFolderMapping', { MailboxId: site.anna.mailboxId, FolderPath: 'Sent' }, 400)
  expect(refused.error.target).toBe('exchangefolderid')
  await call(anna, 'RemoveFolderMapping', { MailboxId: site.anna.mailboxId, FolderPath: 'INBOX/Customers' })
  expect((await anna.get(path)).json.value.some((folder: { Mapping?: object }) => folder.Mapping)).toBe(false)
})

const readOption = async (who: Client, scope: string, name: string) =>
  (await who.get(`${API}/RetrieveOptions(Scope='${scope}')`)).json.value.find(
    (option: { Name: string }) => option.Name === name,
  )

test('PO-3, PO-6: options are read with bounds and choices, and set all or none', async () => {
  expect(await readOption(anna, 'personal', 'Track')).toMatchObject({
    Value: 1,
    Default: 1,
    Choices: { All: 0 },
    Rule: 'PO-22',
  })
  await call(anna, 'SetOptions', { Scope: 'personal', Values: { Track: 'All', SynchronizationMinutes: 30 } })
  expect((await readOption(anna, 'personal', 'Track')).Value).toBe(0)
  const refused = await call(
    anna,
    'SetOptions',
    { Scope: 'personal', Values: { Track: 2, SynchronizationMinutes: 1 } },
    400,
  )
  expect(refused.error).toMatchObject({ code: 'SettingInvalid', target: 'SynchronizationMinutes' })
  expect((await readOption(anna, 'personal', 'Track')).Value).toBe(0)
  await call(admin, 'SetOptions', { Scope: 'personal', UserId: site.anna.id, Values: { Track: null } })
  expect((await readOption(anna, 'personal', 'Track')).Value).toBe(1)

  await call(admin, 'SetOptions', { Scope: 'organization', Values: { DecisionRetentionDays: 30 } })
  expect(await readOption(anna, 'organization', 'DecisionRetentionDays')).toMatchObject({
    Value: 30,
    Minimum: 1,
    Default: 90,
  })
})

test('FD-2, FD-3, FD-4: synchronized fields are seen by everybody and turned by administrators', async () => {
  const change = { Table: 'contact', Pair: 'pager', Direction: 'next' }
  expect((await call(anna, 'SetSyncFieldDirection', change, 403)).error.code).toBe('SettingNotAllowed')
  expect(await call(admin, 'SetSyncFieldDirection', change)).toMatchObject({ Pair: 'pager', Direction: 'toRecord' })
  const { value } = (await anna.get(`${API}/RetrieveSyncFields(Table='contact')`)).json
  expect(value).toContainEqual({
    Table: 'contact',
    Pair: 'pager',
    OutlookField: 'Pager',
    RecordField: 'Pager',
    Columns: ['pager'],
    Direction: 'toRecord',
    Allowed: ['both', 'toRecord', 'toItem', 'none'],
  })
})

test('B-80: blocklist entries are added, listed and removed', async () => {
  const { BlockRuleId } = await call(anna, 'AddBlockRule', { Kind: 'domain', Pattern: '@Bank.example' })
  await call(admin, 'AddBlockRule', { Scope: 'organization', Kind: 'sensitivity', Pattern: 'private' })
  const { value } = (await anna.get(`${API}/RetrieveBlockRules`)).json
  expect(value).toContainEqual({ BlockRuleId, Scope: 'user', Kind: 'domain', Pattern: 'bank.example' })
  expect(value).toContainEqual(expect.objectContaining({ Scope: 'organization', Pattern: 'private' }))
  expect((await call(anna, 'AddBlockRule', { Kind: 'address', Pattern: 'nobody' }, 400)).error.code).toBe(
    'ValidationFailed',
  )
  await call(anna, 'RemoveBlockRule', { BlockRuleId })
  await call(anna, 'RemoveBlockRule', { BlockRuleId }, 404)
})

test('MO-6, MO-9: the own alerts are shown and cleared, those of others stay', async () => {
  const settings = await site.regarding.options.organization()
  for (const person of [site.anna, site.ben])
    await site.regarding.alerts.raise(
      {
        code: 'CredentialsIncorrect',
        text: `For ${person.address}`,
        regarding: { table: 'mailbox', id: person.mailboxId },
        owner: { table: 'systemuser', id: person.id },
      },
      settings,
    )
  const wall = (await anna.get(`${API}/RetrieveAlerts(Level='error')`)).json.value
  expect(wall).toMatchObject([{ Code: 'CredentialsIncorrect', Level: 'error', Occurrences: 1 }])
  expect(wall[0].Text).toContain(site.anna.address)
  expect(await call(anna, 'ClearAlerts', { Level: 'error' })).toMatchObject({ Deleted: 1 })
  const left = (await site.regarding.alerts.wall(SYSTEM, 'error')).map((row) => String(row['text']))
  expect(left.some((text) => text.includes(`For ${site.ben.address}`))).toBe(true)
  expect(left.some((text) => text.includes(site.anna.address))).toBe(false)
})

test('HTTP: what an action does not know, lacks or finds too long is named', async () => {
  const cases: [string, unknown, string][] = [
    ['SyncNow', {}, 'MailboxId'],
    ['SyncNow', { MailboxId: 'x' }, 'MailboxId'],
    ['SyncNow', { MailboxId: site.anna.mailboxId, More: 1 }, 'More'],
    ['Track', { MessageId: 'x'.repeat(1001) }, 'MessageId'],
    ['TestAndEnable', { MailboxIds: [] }, 'MailboxIds'],
    ['TestAndEnable', { MailboxIds: Array.from({ length: 21 }, () => site.anna.mailboxId) }, 'MailboxIds'],
    ['SetOptions', { Scope: 'nowhere', Values: {} }, 'Scope'],
    ['AddBlockRule', { Kind: 'subject', Pattern: 'a\u0000b' }, 'Pattern'],
  ]
  for (const [name, body, target] of cases) {
    const { error } = await call(anna, name, body, 400)
    expect(error.code).toBe('ParameterInvalid')
    expect(error.message).toContain(target)
  }
  expect((await anna.get(`${API}/Explain(Top='x')`)).json.error).toMatchObject({
    code: 'ParameterInvalid',
    target: 'Top',
  })
  expect((await anna.get(`${API}/Explain(Top=)`)).status).toBe(400)
  expect((await anna.get(`${API}/Explain(MessageId=@m)`)).json.error.target).toBe('MessageId')
  expect((await anna.post(`${API}/WhoAmI`, {})).status).toBe(405)
})

test('HTTP: the description of the API is OpenAPI 3.1 and names every action and function', async () => {
  const { json } = await client(site.url).get('/api/openapi.json')
  expect(json.openapi).toBe('3.1.0')
  const ids = Object.values(json.paths as Record<string, Record<string, { operationId: string }>>).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  expect(ids).toEqual(expect.arrayContaining(['List', 'Retrieve', 'WhoAmI', 'Track', 'RetrieveOptions']))
  expect(new Set(ids).size).toBe(ids.length)
  const track = json.paths[`${API}/Track`].post
  expect(track.requestBody.content['application/json'].schema.required).toEqual(['MessageId'])
})
