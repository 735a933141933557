import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, settle } from '#schedule'
import { runIncomingLease } from '#sync'
import { countStatements } from '../support/counting.ts'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Company, mail, openCompany } from './support/company.ts'

describe.each(engines)('a cycle that finds nothing new, %s', (engine) => {
  let company: Company
  let counted: ReturnType<typeof countStatements>

  beforeAll(async () => {
    counted = countStatements(await openTestInstallation(engine))
    company = await openCompany(counted.database)
  })
  afterAll(() => company.close())

  test('asks the store for the mailbox, and for how it stands', async () => {
    await company.contact({ firstname: 'Nina', lastname: 'Vogt', emailaddress1: 'nina@contoso.example' })
    company.server.account(company.anna.address).deliver(['INBOX'], mail({ from: 'nina@contoso.example' }))
    await company.cycle(company.anna)
    for (let cycle = 0; cycle < 3; cycle++) {
      counted.reset()
      const outcome = await company.cycle(company.anna)
      expect(outcome.seen).toBe(0)
      expect(counted.statements()).toHaveLength(2)
    }
  })

  test('SC-2: is taken, run under its lease and given back with four', async () => {
    const { regarding, anna, ben, support, clock } = company
    for (const person of [anna, ben, support]) await company.cycle(person)
    for (let cycle = 0; cycle < 3; cycle++) {
      await clock.advance(15 * 60_000)
      counted.reset()
      const [lease, ...others] = await regarding.schedule.claim('test', 1)
      expect(others).toEqual([])
      if (!lease) throw new Error('No mailbox is due.')
      const outcome = await runIncomingLease(regarding, lease, new AbortController().signal)
      const completion = await regarding.schedule.complete([settle(lease, outcome, clock.now(), DEFAULT_SETTINGS)])
      expect(completion.saved).toHaveLength(1)
      expect(outcome.seen).toBe(0)
      // Now and then, for all mailboxes together, a process asks whether tables were declared.
      expect(counted.statements().filter((text) => !text.includes('from customization'))).toHaveLength(4)
    }
  })
})
