import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { latencyOf } from '#incoming'
import { SYSTEM } from '#records'
import { openTestInstallation } from '../support/database.ts'
import { type Company, mail, openCompany } from './support/company.ts'

describe('from arrival to record', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
  })
  afterAll(async () => company?.close())

  it('B-11: a mailbox shows how long its messages took', async () => {
    const { regarding, anna, clock } = company
    expect(await latencyOf(regarding.database.sql, anna.mailboxId, clock.now())).toBeUndefined()
    await regarding.options.setPersonal(SYSTEM, anna.id, { Track: 'All' })
    company.server.account(anna.address).deliver(['INBOX'], mail({ from: 'a@b.example', to: anna.address }))
    await clock.advance(3000)
    await company.cycle(anna)
    expect(await latencyOf(regarding.database.sql, anna.mailboxId, clock.now())).toEqual({
      messages: 1,
      p50: 3000,
      p95: 3000,
    })
  })
})
