import { afterAll, beforeAll, expect, it } from 'vitest'
import { MailboxRuleError } from '#mailboxes'
import { type Principal, ROLES, SYSTEM } from '#records'
import { assemble, type Regarding, testMailboxes } from '#sync'
import { openInstallation } from '../../src/cli/installation.ts'
import { addUser, type Company, openCompany, type Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

let company: Company
let profile: string
let eva: Person
let chief: Principal
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  const { regarding } = company
  profile = await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Exchange Online',
    servertype: 0,
    authenticateusing: 2,
    exchangeonlinetenantid: 'contoso.example',
    oauthclientid: 'x',
    oauthclientsecret: 'y',
  })
  eva = await addUser(regarding, 'Eva', 'Holm', 'eva@contoso.example')
  await regarding.mailboxes.update(SYSTEM, eva.mailboxId, {
    emailserverprofile: { table: 'emailserverprofile', id: profile },
  })
  const admin = await addUser(regarding, 'Chief', 'Admin', 'chief@contoso.example')
  await regarding.records.as(SYSTEM).create('systemuserroles', {
    systemuserid: { table: 'systemuser', id: admin.id },
    roleid: { table: 'role', id: ROLES.systemAdministrator },
  })
  chief = { kind: 'user', id: admin.id }
}, 60_000)
afterAll(() => company?.close())

const administers = (yes: boolean) =>
  company.regarding.records
    .as(SYSTEM)
    .update('systemuser', (chief as { id: string }).id, { mailtenantadministrator: yes })
const tested = async () => (await testMailboxes(company.regarding, SYSTEM, [eva.mailboxId])).get(eva.mailboxId)?.[0]

it('MB-63: a mailbox of Exchange Online is approved by a person who administers its tenant; a system administrator alone cannot', async () => {
  const { mailboxes } = company.regarding
  await expect(mailboxes.approve(chief, [eva.mailboxId])).rejects.toMatchObject({
    code: 'PrivilegeDenied',
    message: expect.stringContaining('regarding user mail-administrator'),
  })
  // What he may not say of himself.
  const own = company.regarding.records.as(chief)
  await expect(
    own.update('systemuser', (chief as { id: string }).id, { mailtenantadministrator: true }),
  ).rejects.toMatchObject({ name: 'RecordError' })
  await mailboxes.approve(chief, [company.anna.mailboxId])
  await administers(true)
  await mailboxes.approve(chief, [eva.mailboxId])
  expect(await company.regarding.records.as(SYSTEM).retrieve('mailbox', eva.mailboxId)).toMatchObject({
    emailrouteraccessapproval: 1,
    isemailaddressapprovedbyo365admin: true,
  })
  await mailboxes.reject(chief, [eva.mailboxId])
  await administers(false)
})

it('MB-64, MO-34: it is not processed without that, though the organization requires no approval', async () => {
  const { regarding } = company
  await company.set({ RequireApprovalForUserEmail: false })
  expect(await tested()).toMatchObject({ status: 'failure', code: 'TenantApprovalRequired' })
  await expect(company.cycle(eva)).rejects.toMatchObject({ kind: 'permanent', code: 'TenantApprovalRequired' })
  // Approved where that sufficed, and moved.
  const set = (id: string) =>
    regarding.mailboxes.update(SYSTEM, eva.mailboxId, { emailserverprofile: { table: 'emailserverprofile', id } })
  const other = await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Other',
    servertype: 3,
    incomingserverlocation: 'imap.test.example',
  })
  await regarding.mailboxes.update(SYSTEM, eva.mailboxId, { actdeliverymethod: 2 })
  await set(other)
  await regarding.mailboxes.approve(chief, [eva.mailboxId])
  await set(profile)
  expect(await tested()).toMatchObject({ code: 'TenantApprovalRequired' })
  await regarding.mailboxes.approve(SYSTEM, [eva.mailboxId])
  expect((await tested())?.code).not.toBe('TenantApprovalRequired')
  await regarding.mailboxes.update(SYSTEM, eva.mailboxId, { emailaddress: 'eva.holm@contoso.example' })
  expect(await tested()).toMatchObject({ code: 'TenantApprovalRequired' })
})

it('MB-2: the profile of the configured tenant is there from the start, follows the configuration, and stays', async () => {
  const { regarding, clock } = company
  const configured = { tenant: 'contoso.example', clientId: 'the-application', clientSecret: 'first' }
  const open = (clientSecret: string) =>
    assemble(regarding.database, clock, { exchangeOnline: { ...configured, clientSecret } })
  const ours = async ({ records }: Regarding) =>
    (await records.as(SYSTEM).query({ table: 'emailserverprofile' })).rows.filter(
      (row) => row['oauthclientid'] === configured.clientId,
    )
  const first = await open('first')
  const [made] = await ours(first)
  const id = String(made?.['emailserverprofileid'])
  expect(made).toMatchObject({ name: 'Exchange Online', servertype: 0, exchangeonlinetenantid: 'contoso.example' })
  await expect(first.records.as(SYSTEM).delete('emailserverprofile', id)).rejects.toThrow(MailboxRuleError)
  await first.mailboxes.updateProfile(SYSTEM, id, { name: 'Ours', isdefault: true })
  const again = await open('second')
  expect(await ours(again)).toMatchObject([{ emailserverprofileid: id, name: 'Ours', isdefault: true }])
  expect(await again.records.openSecret('emailserverprofile', id, 'oauthclientsecret')).toBe('second')
  const part = openInstallation({ directory: '' }, { REGARDING_EXCHANGE_TENANT: 'contoso.example' })
  await expect(part).rejects.toThrow('not set: REGARDING_EXCHANGE_CLIENT_ID, REGARDING_EXCHANGE_CLIENT_SECRET')
})
