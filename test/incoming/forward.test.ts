import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explain } from '#incoming'
import { buildMessage } from '#mime'
import { SYSTEM } from '#records'
import { testMailboxes } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Company, mail, openCompany, type Person } from './support/company.ts'

/** A copy as an attachment, as a rule of the mailbox makes it. */
function forwarded(by: string, inner: Uint8Array, id: string): Promise<Buffer> {
  return buildMessage({
    messageId: id,
    date: new Date('2026-01-05T08:00:00Z'),
    from: by,
    to: ['collect@adatum.example'],
    subject: 'FW',
    text: '',
    attachments: [{ fileName: 'mail.eml', content: inner, contentType: 'message/rfc822' }],
  })
}

describe('a forward mailbox', () => {
  let company: Company
  let collector: Person
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
    const { regarding } = company
    const { rows } = await regarding.records.as(SYSTEM).query({ table: 'emailserverprofile', top: 1 })
    const mailboxId = await regarding.mailboxes.createForward(SYSTEM, 'Collector', 'collect@adatum.example', {
      ownerid: { table: 'systemuser', id: company.anna.id },
      emailserverprofile: { table: 'emailserverprofile', id: String(rows[0]?.['emailserverprofileid']) },
    })
    collector = { id: '', mailboxId, address: 'collect@adatum.example' }
    company.server.account(collector.address)
    await regarding.mailboxes.approve(SYSTEM, [mailboxId])
    await testMailboxes(regarding, SYSTEM, [mailboxId])
    await regarding.mailboxes.update(SYSTEM, company.ben.mailboxId, { incomingemaildeliverymethod: 3 })
    await regarding.options.setPersonal(SYSTEM, company.ben.id, { Track: 'All' })
  })
  afterAll(async () => company?.close())

  it('MB-100, MB-103: the attachment is processed for the mailbox that forwarded it', async () => {
    const inner = mail({
      from: 'otto@kern.example',
      to: 'ben@adatum.example',
      subject: 'Order',
      messageId: '<order@kern.example>',
    })
    company.server
      .account(collector.address)
      .deliver(['INBOX'], await forwarded('ben@adatum.example', inner, '<f1@adatum.example>'))
    expect(await company.cycle(collector)).toMatchObject({ tracked: 1, failed: 0 })
    expect(await company.emails({ messageid: '<order@kern.example>' })).toMatchObject([
      {
        subject: 'Order',
        acceptingentityid: company.ben.id,
        receivingmailboxid: collector.mailboxId,
        ownerid: company.ben.id,
      },
    ])
  })

  it('MB-101: a copy that is no attachment, or of a mailbox that does not forward, fails with its reason', async () => {
    const account = company.server.account(collector.address)
    account.deliver(
      ['INBOX'],
      mail({ from: 'ben@adatum.example', to: collector.address, messageId: '<plain@adatum.example>' }),
    )
    const inner = mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: '<other@kern.example>' })
    account.deliver(['INBOX'], await forwarded('anna@adatum.example', inner, '<f2@adatum.example>'))
    expect(await company.cycle(collector)).toMatchObject({
      tracked: 0,
      failed: 2,
      byReason: { InvalidForwardMailItem: 2 },
    })
    const found = await explain(company.regarding, SYSTEM, {
      mailboxId: collector.mailboxId,
      reasons: ['InvalidForwardMailItem'],
    })
    expect(found.map((item) => item.messageId).sort()).toEqual(['<other@kern.example>', '<plain@adatum.example>'])
  })

  it('MB-105: with “delete after processing” what was processed is deleted, what failed is kept', async () => {
    await company.regarding.mailboxes.update(SYSTEM, collector.mailboxId, { processanddeleteemails: true })
    await company.cycle(collector)
    await company.cycle(collector)
    expect(company.server.account(collector.address).list(['INBOX'])).toHaveLength(2)
  })
})
