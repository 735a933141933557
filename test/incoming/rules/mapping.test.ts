import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reference, SYSTEM } from '#records'
import { removeMapping, saveMapping } from '#sync'
import { openTestInstallation } from '../../support/database.ts'
import { type Company, openCompany } from '../support/company.ts'

const INBOX = 'INBOX'

describe('mapping folders', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
  })
  afterAll(() => company?.close())

  const inbox = () => company.server.account(company.anna.address)
  const map = (folderPath: string, more: { regarding?: Reference; mailboxId?: string; as?: string } = {}) =>
    saveMapping(company.regarding, more.as ? { kind: 'user', id: more.as } : SYSTEM, {
      mailboxId: more.mailboxId ?? company.anna.mailboxId,
      folderPath,
      ...(more.regarding ? { regarding: more.regarding } : {}),
    })

  it('FT-11, FT-14, FT-17: a mapping is added, changed and removed; a folder has one', async () => {
    const account = await company.account({ name: 'North' })
    inbox().createFolder([INBOX, 'Customers', 'North'])
    const id = await map('INBOX/Customers/North')
    expect(await map('INBOX/Customers/North', { regarding: account })).toBe(id)
    const stored = await company.regarding.records.as(SYSTEM).retrieve('mailboxtrackingfolder', id)
    expect(stored).toMatchObject({
      mailboxid: company.anna.mailboxId,
      foldername: 'North',
      regardingobjectid: account.id,
      regardingobjectid_table: 'account',
      folderonboardingstatus: 0,
      ownerid: company.anna.id,
    })
    await removeMapping(company.regarding, SYSTEM, company.anna.mailboxId, 'INBOX/Customers/North')
    expect(await company.regarding.records.as(SYSTEM).retrieve('mailboxtrackingfolder', id)).toBeUndefined()
  })

  it('FT-12: the Inbox, folders beside it and folders that are not there cannot be mapped', async () => {
    inbox().createFolder(['Beside'])
    for (const path of ['INBOX', 'Beside', 'Sent']) await expect(map(path)).rejects.toMatchObject({ rule: 'FT-12' })
    await expect(map('INBOX/Missing')).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('FT-13: the 26th is refused and the limit named, by whatever interface', async () => {
    for (let index = 1; index <= 26; index++) inbox().createFolder([INBOX, `Many ${index}`])
    for (let index = 1; index <= 25; index++) await map(`INBOX/Many ${index}`)
    const refusal = { rule: 'FT-13', message: expect.stringContaining('at most 25 folder mappings') as unknown }
    await expect(map('INBOX/Many 26')).rejects.toMatchObject(refusal)
    const direct = company.regarding.records.as(SYSTEM).create('mailboxtrackingfolder', {
      mailboxid: { table: 'mailbox', id: company.anna.mailboxId },
      exchangefolderid: 'anything',
      foldername: 'Anything',
    })
    await expect(direct).rejects.toMatchObject(refusal)
    await map('INBOX/Many 25')
    for (let index = 1; index <= 25; index++)
      await removeMapping(company.regarding, SYSTEM, company.anna.mailboxId, `INBOX/Many ${index}`)
  })

  it('FT-16: the regarding is of a table that emails may regard, readable and appendable to the person', async () => {
    inbox().createFolder([INBOX, 'Rights'])
    const system = company.regarding.records.as(SYSTEM)
    const hidden = await system.create('lead', {
      lastname: 'Hidden',
      ownerid: { table: 'systemuser', id: company.ben.id },
    })
    const unit = await system.create('businessunit', { name: 'Elsewhere' })
    await system.update('systemuser', company.ben.id, { businessunitid: { table: 'businessunit', id: unit } })
    await expect(
      map('INBOX/Rights', { regarding: { table: 'lead', id: hidden }, as: company.anna.id }),
    ).rejects.toMatchObject({ code: 'PrivilegeDenied' })
    const user = { table: 'systemuser', id: company.ben.id }
    await expect(map('INBOX/Rights', { regarding: user })).rejects.toMatchObject({ rule: 'FT-16' })
    await expect(map('INBOX/Rights', { as: company.ben.id })).rejects.toMatchObject({ code: 'PrivilegeDenied' })
    await map('INBOX/Rights', { as: company.anna.id, regarding: await company.account({ name: 'Readable' }) })
  })

  it('FT-2, PO-36: what is missing for folder tracking is named', async () => {
    inbox().createFolder([INBOX, 'Conditions'])
    await expect(map('INBOX/Any', { mailboxId: company.support.mailboxId })).rejects.toThrow(/mailboxes of users/)
    await company.set({ UseFolderTracking: false })
    await expect(map('INBOX/Conditions')).rejects.toThrow(/switched off for the organization/)
    await company.set({ UseFolderTracking: null })
    await company.regarding.mailboxes.update(SYSTEM, company.anna.mailboxId, { incomingemaildeliverymethod: 0 })
    await expect(map('INBOX/Conditions')).rejects.toThrow(/server-side synchronization/)
    const pop3 = await company.regarding.mailboxes.createProfile(SYSTEM, {
      name: 'POP3',
      servertype: 2,
      incomingserverlocation: 'memory:test',
    })
    await company.regarding.mailboxes.update(SYSTEM, company.anna.mailboxId, {
      incomingemaildeliverymethod: 2,
      emailserverprofile: { table: 'emailserverprofile', id: pop3 },
    })
    await expect(map('INBOX/Conditions')).rejects.toThrow(/POP3 has none/)
  })

  it('FT-18, FT-19: a folder id given by a program is not verified; where there is no such folder the mapping is invalid and passed over', async () => {
    const id = await company.regarding.records.as(SYSTEM).create('mailboxtrackingfolder', {
      mailboxid: { table: 'mailbox', id: company.ben.mailboxId },
      exchangefolderid: 'no such folder',
      foldername: 'Imagined',
    })
    await company.cycle(company.ben)
    const stored = await company.regarding.records.as(SYSTEM).retrieve('mailboxtrackingfolder', id)
    expect(stored).toMatchObject({ mappingstate: 1 })
  })
})
