import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { syncItems, syncMailbox, testMailboxes, whyNotEnabled } from '#sync'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

describe('the mailbox of a user who is disabled', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
  })
  afterAll(async () => company?.close())

  it('MB-76, MO-38, MO-80: becomes inactive, says so wherever it is to run, cannot be enabled, and comes back with the user', async () => {
    const { regarding, anna } = company
    const system = regarding.records.as(SYSTEM)
    await system.update('systemuser', anna.id, { isdisabled: true })
    expect(await system.retrieve('mailbox', anna.mailboxId)).toMatchObject({
      statecode: 1,
      enabledforincomingemail: false,
    })
    await expect(company.cycle(anna)).rejects.toMatchObject({ code: 'MailboxDisabled' })
    const failed = await testMailboxes(regarding, SYSTEM, [anna.mailboxId])
    expect(failed.get(anna.mailboxId)).toContainEqual(
      expect.objectContaining({ direction: 'incoming', status: 'failure', code: 'MailboxDisabled' }),
    )
    const why = /is inactive\. Activate the record \(and its user\)/
    expect(await whyNotEnabled(regarding, anna.mailboxId, 'act')).toMatch(why)
    for (const sync of [syncMailbox, syncItems]) await expect(sync(regarding, anna.mailboxId)).rejects.toThrow(why)
    await system.update('systemuser', anna.id, { isdisabled: false })
    expect(await whyNotEnabled(regarding, anna.mailboxId, 'incoming')).toMatch(
      /not enabled for incoming email\. Run Test/,
    )
    expect(await whyNotEnabled(regarding, anna.mailboxId, 'act')).toMatch(/not set to server-side synchronization/)
    const tested = await testMailboxes(regarding, SYSTEM, [anna.mailboxId])
    expect(tested.get(anna.mailboxId)).toContainEqual(
      expect.objectContaining({ direction: 'incoming', status: 'success' }),
    )
  })
})
