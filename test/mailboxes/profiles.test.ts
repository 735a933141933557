import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MailboxError } from '#mailbox'
import { SYSTEM } from '#records'
import { applyDefaults, testConnection } from '#sync'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

describe('server profiles and defaults', () => {
  let company: Company
  let profileId: string
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
    const { rows } = await company.regarding.records.as(SYSTEM).query({ table: 'emailserverprofile', top: 1 })
    profileId = String(rows[0]?.['emailserverprofileid'])
  })
  afterAll(async () => company?.close())

  const stored = () => company.regarding.records.as(SYSTEM).retrieve('emailserverprofile', profileId)

  it('MB-24, MO-90: Test Connection says and stores how it went', async () => {
    expect(await testConnection(company.regarding, SYSTEM, profileId)).toMatchObject({
      status: 'success',
      authorized: true,
    })
    expect(await stored()).toMatchObject({
      lasttestexecutionstatus: 1,
      lasttestauthorizationstatus: 1,
      lasttesterror: null,
    })
    company.server.faults.plan({ call: 'open', error: new MailboxError('denied', 'CredentialsIncorrect', 'No.') })
    const refused = await testConnection(company.regarding, SYSTEM, profileId)
    expect(refused).toMatchObject({
      status: 'failure',
      authorized: false,
      response: expect.stringContaining('valid credentials'),
    })
    expect(await stored()).toMatchObject({ lasttestexecutionstatus: 0, lasttestauthorizationstatus: 0 })
    const ben = { kind: 'user', id: company.ben.id } as const
    await expect(testConnection(company.regarding, ben, profileId)).rejects.toMatchObject({
      code: /NotFound|PrivilegeDenied/,
    })
  })

  it('MB-79, MB-80: Apply Default Email Settings gives many mailboxes profile and methods, and tests them', async () => {
    const { regarding, anna, support } = company
    await regarding.mailboxes.update(SYSTEM, anna.mailboxId, { incomingemaildeliverymethod: 0 })
    await company.set({ DefaultOutgoingMethod: 'None' })
    const results = await applyDefaults(regarding, SYSTEM, [anna.mailboxId, support.mailboxId])
    for (const id of [anna.mailboxId, support.mailboxId]) {
      expect(results.get(id)).toContainEqual(expect.objectContaining({ direction: 'incoming', status: 'success' }))
      expect(await regarding.records.as(SYSTEM).retrieve('mailbox', id)).toMatchObject({
        incomingemaildeliverymethod: 2,
        outgoingemaildeliverymethod: 0,
        emailserverprofile: profileId,
        enabledforincomingemail: true,
      })
    }
  })
})
