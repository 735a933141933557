import { afterAll, beforeAll, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import { EMAIL_STATUS, type Reference, SYSTEM } from '#records'
import { type RunningWorker, startWorker, testMailboxes } from '#sync'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { draft, emailRow, submit } from './support/sending.ts'

let company: Company
let running: RunningWorker
let dora: Reference
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  dora = await company.contact({ lastname: 'Lind', emailaddress1: 'dora@contoso.example' })
  running = startWorker(company.regarding, { concurrency: 2 })
})
afterAll(async () => {
  await running?.stop()
  await company?.close()
})

const mailbox = async () =>
  (await company.regarding.records.as(SYSTEM).retrieve('mailbox', company.anna.mailboxId)) ?? {}
const outgoingOf = async () => {
  const workloads = await company.regarding.schedule.statusOf(company.anna.mailboxId)
  return workloads.find(({ workload }) => workload === 'outgoing')
}

/** Lets the worker work, a second of its clock at a time. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let seconds = 0; seconds < 600; seconds++) {
    if (await isSo()) return
    await company.clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('It is not so after ten minutes')
}

test('OE-43, MB-81, SC-51: a refused password stops outgoing email alone; what waits goes out after Test & Enable', async () => {
  company.server.faults.plan({
    call: 'send',
    account: company.anna.address,
    error: new MailboxError('denied', 'CredentialsIncorrect', 'Wrong password.'),
  })
  const id = await draft(company, company.anna, { to: [dora] })
  await submit(company, company.anna, id)
  await until(async () => (await mailbox())['enabledforoutgoingemail'] === false)
  expect(await mailbox()).toMatchObject({
    outgoingemailstatus: 2,
    enabledforincomingemail: true,
    outgoingemaillasterror: expect.stringContaining('Wrong password'),
  })
  expect(await outgoingOf()).toMatchObject({ enabled: false })
  expect(await emailRow(company, id)).toMatchObject({ statuscode: EMAIL_STATUS.pendingSend, deliveryattempts: 1 })
  await testMailboxes(company.regarding, SYSTEM, [company.anna.mailboxId])
  expect(await outgoingOf()).toMatchObject({ enabled: true })
  await until(async () => (await emailRow(company, id))['statuscode'] === EMAIL_STATUS.sent)
})

test('OE-6, SC-20: what is to be sent later goes with the regular visit after its hour', async () => {
  const delayedemailsendtime = new Date(company.clock.now().getTime() + 3 * 60_000)
  const id = await draft(company, company.anna, { to: [dora] }, { delayedemailsendtime })
  await submit(company, company.anna, id)
  await until(async () => (await emailRow(company, id))['statuscode'] === EMAIL_STATUS.sent)
  const senton = (await emailRow(company, id))['senton'] as Date
  expect(senton.getTime() - delayedemailsendtime.getTime()).toBeGreaterThanOrEqual(0)
  expect(senton.getTime() - delayedemailsendtime.getTime()).toBeLessThan(5 * 60_000)
})
