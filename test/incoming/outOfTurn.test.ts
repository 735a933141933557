import { afterAll, beforeAll, expect, test } from 'vitest'
import { syncMailbox } from '#sync'
import type { Clock } from '#time'
import { openTestInstallation } from '../support/database.ts'
import { type Company, mail, openCompany } from './support/company.ts'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation('server'))
})
afterAll(() => company.close())

test('B-15, SC-2: where no worker runs, a mailbox whose last process was killed is synchronized once its lease is over', async () => {
  const { regarding, anna, clock } = company
  const key = { mailboxId: anna.mailboxId, workload: 'incoming' } as const
  company.server.account(anna.address).deliver(['INBOX'], mail({ from: 'nina@contoso.example' }))
  expect(await regarding.schedule.take('killed', key)).toBeDefined()
  const started = clock.now().getTime()
  /** Time passes while somebody waits for the mailbox; heartbeats sleep on. */
  const waiting: Clock = {
    now: () => clock.now(),
    sleep: (milliseconds, signal) =>
      milliseconds < 1_000 ? clock.advance(milliseconds) : clock.sleep(milliseconds, signal),
  }
  const tally = await syncMailbox({ ...regarding, clock: waiting }, anna.mailboxId)
  expect(tally.seen).toBe(1)
  expect(clock.now().getTime() - started).toBeGreaterThan(regarding.schedule.leaseMilliseconds)
})
