import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EMAIL_STATUS, type Reference } from '#records'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { engines, openTestInstallation } from '../support/database.ts'
import { draft, emailRow, outgoing, submit } from './support/sending.ts'

describe.each(engines)('an email goes out (%s)', (engine) => {
  let company: Company
  let dora: Reference
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(engine))
    dora = await company.contact({ firstname: 'Dora', lastname: 'Lind', emailaddress1: 'dora@contoso.example' })
    company.server.account('dora@contoso.example')
  })
  afterAll(() => company.close())

  test('OE-1, OE-2: Send gives it token, Message-ID and mailbox; the next cycle of that mailbox sends it', async () => {
    const id = await draft(company, company.anna, { to: [dora] }, { subject: 'Offer 17' })
    const { subject } = await submit(company, company.anna, id)
    expect(subject).toMatch(/^Offer 17 CRM:0\d{6}$/)
    expect(await emailRow(company, id)).toMatchObject({
      statuscode: EMAIL_STATUS.pendingSend,
      subject,
      messageid: expect.stringMatching(/^<[0-9a-f-]{36}@adatum\.example>$/),
      sendermailboxid: company.anna.mailboxId,
      submittedby: 'Anna Berg',
      submitterid: company.anna.id,
      torecipients: 'dora@contoso.example',
    })
    expect(await outgoing(company, company.ben)).toMatchObject({ seen: 0 })
    expect(await outgoing(company, company.anna)).toMatchObject({ seen: 1, sent: 1, failed: 0 })
    const row = await emailRow(company, id)
    expect(row).toMatchObject({ statuscode: EMAIL_STATUS.sent, deliveryattempts: 1, senton: company.clock.now() })
    const [sent] = company.server.sent.filter(({ message }) => message.messageId === row['messageid'])
    expect(sent?.message).toMatchObject({ from: company.anna.address, to: ['dora@contoso.example'] })
    const parsed = await simpleParser(Buffer.from(sent?.message.source ?? []))
    expect(parsed.subject).toBe(subject)
    expect(parsed.from?.value).toEqual([{ name: 'Anna Berg', address: company.anna.address }])
    expect(parsed.text).toContain('Good morning')
  })
})
