import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { runIncomingMailbox } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Company, mail, openCompany } from './support/company.ts'

const MESSAGES = 4_700
/** Between two questions whether somebody waits. */
const STRETCH = 2_000
const CAP = 100
const EVERY = 500

describe('a long mailbox, read in one go while nobody waits (SC-14)', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
    await company.contact({ lastname: 'Kern', emailaddress1: 'otto@kern.example' })
    await company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track: 'LeadsContactsAccounts' })
    for (let number = 0; number < MESSAGES; number++)
      inbox().deliver(
        ['INBOX'],
        mail({ from: number % EVERY ? 'nobody@else.example' : 'otto@kern.example', to: 'anna@adatum.example' }),
      )
  })
  afterAll(() => company?.close())

  const inbox = () => company.server.account(company.anna.address)
  const marked = () =>
    inbox()
      .list(['INBOX'])
      .filter((item) => item.categories.includes('$Tracked')).length
  const read = (goOn: () => Promise<boolean>) =>
    runIncomingMailbox(company.regarding, company.anna.mailboxId, {
      guard: () => Promise.resolve(),
      cap: CAP,
      goOn,
    })

  test('SC-14, B-60: it is asked after each stretch whether somebody waits; what was tracked so far is marked by then', async () => {
    const asked: { seen: number; marked: number }[] = []
    let seen = 0
    const first = await runIncomingMailbox(company.regarding, company.anna.mailboxId, {
      guard: () => Promise.resolve(),
      cap: CAP,
      goOn: async () => {
        asked.push({ seen, marked: marked() })
        return asked.length < 3
      },
      onProgress: (tally) => {
        seen = tally.seen
      },
    })
    expect(asked.slice(0, 3).map((one) => one.seen)).toEqual([CAP, CAP + STRETCH, CAP + 2 * STRETCH])
    expect(asked.slice(0, 3).map((one) => one.marked)).toEqual([0, 1, 5])
    expect(first).toMatchObject({ more: true, seen: CAP + 2 * STRETCH, failed: 0 })
    expect(marked()).toBe(9)

    const second = await read(() => Promise.resolve(true))
    expect(second).toMatchObject({ more: false, seen: MESSAGES - CAP - 2 * STRETCH, failed: 0 })
    expect(marked()).toBe(Math.ceil(MESSAGES / EVERY))
    expect(await company.emails()).toHaveLength(Math.ceil(MESSAGES / EVERY))
  })
})
