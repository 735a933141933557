import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instantiateTemplate, sendDirectEmail } from '#outgoing'
import { EMAIL_STATUS, type Reference, SYSTEM } from '#records'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { as, emailRow, outgoing } from './support/sending.ts'

let company: Company
let dora: Reference
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  dora = await company.contact({ firstname: 'Dora', lastname: 'Lind', emailaddress1: 'dora@contoso.example' })
})
afterAll(() => company.close())

const system = () => company.regarding.records.as(SYSTEM)

/** A template of Anna's. */
const template = (body: string, subject = 'For {!contact.firstname;you}') =>
  system().create('template', { title: 'T', subject, body, ownerid: { table: 'systemuser', id: company.anna.id } })

describe('templates', () => {
  test('OE-52: placeholders are filled from the record, as text; what is empty leaves the default', async () => {
    const evil = await company.contact({ firstname: '<b>Eve</b>', lastname: 'X', emailaddress1: 'e@x.example' })
    const id = await template(
      'Dear {!contact.firstname;friend} {! contact.middlename ; of ours } from {!account.name;somewhere}, {!systemuser.fullname}{!contact.nothing;}',
    )
    expect(await instantiateTemplate(company.regarding, as(company.anna), id, evil)).toEqual({
      subject: 'For <b>Eve</b>',
      body: 'Dear &lt;b&gt;Eve&lt;/b&gt;  of ours  from somewhere, Anna Berg',
      mimetype: 'text/html',
    })
  })

  test('OE-52: an empty contact falls back to the primary contact when the organization wants it', async () => {
    const account = await company.account({
      name: 'Contoso',
      emailaddress1: 'info@contoso.example',
      primarycontactid: dora,
    })
    const child = await company.account({
      name: 'Child',
      emailaddress1: 'child@contoso.example',
      parentaccountid: account,
    })
    const id = await template('{!contact.firstname;nobody}')
    const filled = async () => (await instantiateTemplate(company.regarding, as(company.anna), id, child)).body
    expect(await filled()).toBe('nobody')
    await company.set({ EmailTemplateRetrieveFallbackContact: true })
    expect(await filled()).toBe('Dora')
    await company.set({ EmailTemplateRetrieveFallbackContact: false })
  })

  test('OE-50, OE-51, SC-21: direct email makes one email for each record, all or none, on the sender’s mailbox alone', async () => {
    const people = await Promise.all(
      [1, 2, 3].map((n) => company.contact({ firstname: `P${n}`, lastname: 'X', emailaddress1: `p${n}@x.example` })),
    )
    const templateId = await template('Dear {!contact.firstname}')
    const ids = await sendDirectEmail(company.regarding, as(company.anna), { templateId, recipients: people })
    expect(await outgoing(company, company.ben)).toMatchObject({ seen: 0 })
    expect(await outgoing(company, company.anna)).toMatchObject({ sent: 3 })
    for (const [index, id] of ids.entries())
      expect(await emailRow(company, id)).toMatchObject({
        statuscode: EMAIL_STATUS.sent,
        torecipients: `p${index + 1}@x.example`,
        templateid: templateId,
        regardingobjectid: people[index]?.id,
      })
    const silent = await company.contact({ lastname: 'Silent', emailaddress1: 's@x.example', donotemail: true })
    const before = (await company.emails()).length
    const given = { templateId, recipients: [...people, silent] }
    await expect(sendDirectEmail(company.regarding, as(company.anna), given)).rejects.toThrow(/“Silent”.*OE-16/)
    expect(await company.emails()).toHaveLength(before)
    await company.set({ AllowDirectEmail: false })
    await expect(
      sendDirectEmail(company.regarding, as(company.anna), { templateId, recipients: people }),
    ).rejects.toThrow(/OE-50/)
    await company.set({ AllowDirectEmail: true })
  })
})
