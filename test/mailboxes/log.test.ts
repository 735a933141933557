import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import { SYSTEM } from '#records'
import { mailboxLog, maintain, startWorker, syncItems, syncMailbox } from '#sync'
import { type Company, mail, openCompany } from '../incoming/support/company.ts'
import { type Office, openOffice } from '../items/support/office.ts'
import { openTestInstallation } from '../support/database.ts'

const DAY = 24 * 60 * 60_000

describe('MO-84: the log of the cycles of a mailbox that reads mail', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation('embedded'))
    await company.contact({ firstname: 'Nina', lastname: 'Vogt', emailaddress1: 'nina@contoso.example' })
  })
  afterAll(() => company?.close())
  beforeEach(() => sql`delete from cycle_log`.execute(company.regarding.database.sql))

  const verbosity = (verboselogging: number) =>
    company.regarding.records.as(SYSTEM).update('mailbox', company.anna.mailboxId, { verboselogging })
  const log = () => mailboxLog(company.regarding, SYSTEM, company.anna.mailboxId, 10)
  const deliver = () =>
    company.server
      .account(company.anna.address)
      .deliver(['INBOX'], mail({ from: 'nina@contoso.example', subject: 'A secret offer', body: 'For your eyes only' }))
  const textsAt = async (level: number) => {
    await verbosity(level)
    deliver()
    await syncMailbox(company.regarding, company.anna.mailboxId)
    return (await log())[0]?.lines.map(({ text }) => text) ?? []
  }

  test('nothing is written at 0', async () => {
    expect(await textsAt(0)).toEqual([])
    expect(await log()).toEqual([])
  })

  test('from 1 it tells how a cycle went', async () => {
    expect(await textsAt(1)).toEqual(['Connected', 'Ended: 1 seen, 1 processed, 0 failed.'])
  })

  test('from 25 it tells each call, in numbers', async () => {
    const texts = await textsAt(25)
    expect(texts).toContain('mail changes since the last → 1 new or changed, 0 gone')
    expect(texts).toContain('mail headers 1 id → 1 found')
    expect(texts.join()).not.toContain('[')
  })

  test('from 75 it tells of which folders and items; never what they hold, nor whom they are from (MO-85)', async () => {
    const texts = (await textsAt(75)).join('\n')
    const item = company.server.account(company.anna.address).list(['INBOX']).at(-1)
    expect(texts).toMatch(new RegExp(`mail headers 1 id \\[\\S+ ${item?.id}\\] → `))
    const { rows } = await sql<{ all: string }>`select string_agg(l::text, ' ') as all from cycle_log l`.execute(
      company.regarding.database.sql,
    )
    for (const secret of ['offer', 'eyes', 'nina', 'contoso', 'anna@']) expect(rows[0]?.all).not.toContain(secret)
  })

  test('what fails is told by its code, before anything was read too', async () => {
    await verbosity(1)
    const refused = new MailboxError('permanent', 'CredentialsIncorrect', 'Not anna@adatum.example with that.')
    company.server.faults.plan({ error: refused, call: 'changes', account: company.anna.address })
    await expect(syncMailbox(company.regarding, company.anna.mailboxId)).rejects.toMatchObject({
      code: expect.any(String),
    })
    const [cycle] = await log()
    expect(cycle?.lines).toMatchObject([
      { text: 'Connected' },
      { text: 'mail changes since the last', error: 'CredentialsIncorrect' },
      { text: 'Ended early.', error: 'CredentialsIncorrect' },
    ])
    expect(JSON.stringify(cycle)).not.toContain('anna@')
    await company.clock.advance(60_000)
    await company.regarding.records.as(SYSTEM).update('mailbox', company.anna.mailboxId, { statecode: 1 })
    await company.regarding.schedule.enable([{ mailboxId: company.anna.mailboxId, workload: 'incoming' }])
    await expect(syncMailbox(company.regarding, company.anna.mailboxId)).rejects.toMatchObject({
      code: expect.any(String),
    })
    expect((await log())[0]?.lines).toMatchObject([{ text: 'Ended early.', error: 'MailboxDisabled' }])
    await company.regarding.records.as(SYSTEM).update('mailbox', company.anna.mailboxId, { statecode: 0 })
  })

  test('workers write it too; administrators alone read it; after three days it is gone', async () => {
    await verbosity(50)
    const { regarding, clock, anna } = company
    await regarding.schedule.enable([{ mailboxId: anna.mailboxId, workload: 'incoming' }])
    const running = startWorker(regarding)
    for (let tries = 0; tries < 100 && !(await log()).length; tries++) await clock.advance(60_000)
    await running.stop()
    expect((await log())[0]).toMatchObject({ workload: 'incoming' })
    await expect(mailboxLog(regarding, { kind: 'user', id: anna.id }, anna.mailboxId, 5)).rejects.toMatchObject({
      code: 'PrivilegeDenied',
    })
    await clock.advance(2 * DAY)
    await maintain(regarding)
    expect(await log()).not.toEqual([])
    await clock.advance(2 * DAY)
    await maintain(regarding)
    expect(await log()).toEqual([])
  })
})

describe('MO-84: the log of the cycles of a mailbox with appointments, contacts and tasks', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation('embedded'))
  })
  afterAll(() => office?.close())

  test('tells what is asked of the mail system and which fields are written, not their values', async () => {
    const { regarding, anna } = office
    await regarding.records.as(SYSTEM).update('mailbox', anna.mailboxId, { verboselogging: 75 })
    const card = await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern' })
    await regarding.schedule.enable([{ mailboxId: anna.mailboxId, workload: 'act' }])
    await syncItems(regarding, anna.mailboxId)
    await office.change(card, { jobtitle: 'Baker' })
    await office.later(10)
    await syncItems(regarding, anna.mailboxId)
    const cycles = await mailboxLog(regarding, SYSTEM, anna.mailboxId, 10)
    const texts = cycles.flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n')
    expect(texts).toMatch(/items create contact, tells none \[\S+\]/)
    expect(texts).toMatch(/items update contact: jobTitle, tells none \[\S+ \S+\]/)
    for (const secret of ['Otto', 'Kern', 'Baker']) expect(texts).not.toContain(secret)
  })
})
