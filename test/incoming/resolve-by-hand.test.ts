import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveParty } from '#incoming'
import { SYSTEM } from '#records'
import { openTestInstallation } from '../support/database.ts'
import { type Company, mail, openCompany } from './support/company.ts'

describe('an unresolved address', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
    await company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track: 'All' })
    for (const n of [1, 2])
      company.server
        .account(company.anna.address)
        .deliver(
          ['INBOX'],
          mail({ from: 'mia@vega.example', to: 'anna@adatum.example', messageId: `<v${n}@vega.example>` }),
        )
    await company.cycle(company.anna)
  })
  afterAll(async () => company?.close())

  it('T-70: a resolution by hand reaches every email with the address, or only the one by setting', async () => {
    const [first] = await company.emails({ messageid: '<v1@vega.example>' })
    const mia = await company.contact({ lastname: 'Mia' })
    const wish = { emailId: String(first?.['activityid']), address: 'mia@vega.example', record: mia }
    expect(await resolveParty(company.regarding, { kind: 'user', id: company.anna.id }, wish)).toBe(2)
    await expect(resolveParty(company.regarding, SYSTEM, wish)).rejects.toMatchObject({ code: 'NotFound' })
  })
})
