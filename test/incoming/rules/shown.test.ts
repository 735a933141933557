import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explain, explainDecision } from '#incoming'
import { MailboxError } from '#mailbox'
import { ROOT_BUSINESS_UNIT, type Row, SYSTEM } from '#records'
import { testMailboxes } from '#sync'
import { openTestInstallation } from '../../support/database.ts'
import { type Company, type Mail, mail, openCompany, type Person } from '../support/company.ts'

describe('what decisions and emails show', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation())
  })
  afterAll(() => company?.close())

  let number = 0
  let subject: string
  let messageId: string
  beforeEach(async () => {
    subject = `Shown ${++number}`
    messageId = `<shown-${number}@kern.example>`
    for (const person of [company.anna, company.ben]) await track(person, 'None')
  })

  const track = (person: Person, Track: 'All' | 'None') =>
    company.regarding.options.setPersonal(SYSTEM, person.id, { Track })
  const deliver = (to: Person, more: Partial<Mail> = {}) =>
    company.server
      .account(to.address)
      .deliver(['INBOX'], mail({ from: 'otto@kern.example', to: to.address, subject, messageId, ...more }))
  /** Delivers to Anna and lets her mailbox be processed. */
  async function receive(more: Partial<Mail> = {}): Promise<void> {
    deliver(company.anna, more)
    await company.cycle(company.anna)
  }
  const email = async (): Promise<Row | undefined> => (await company.emails({ subject })).at(-1)

  it('B-20, B-22: the kept decision explains itself to people', async () => {
    await receive()
    const [row] = await explain(company.regarding, SYSTEM, { messageId, mailboxId: company.anna.mailboxId })
    expect(row?.trace.map((step) => step.rule)).toEqual(expect.arrayContaining(['T-10', 'T-85', 'T-23', 'T-27']))
    const decision = { ...row, marks: { add: [], remove: [] }, keepSubject: true } as never
    expect(explainDecision(decision).remedies.map((remedy) => remedy.kind)).toContain('trackTo')
  })

  it('SE-4, SE-5: who may read an email reads its body and parties; who may not reads none of them', async () => {
    await track(company.anna, 'All')
    await receive({ body: 'Confidential price' })
    const id = String((await email())?.['activityid'])
    const read = async (person: Person) => {
      const access = company.regarding.records.as({ kind: 'user', id: person.id })
      const row = await access.retrieve('email', id)
      const condition = { kind: 'condition', column: 'activityid', operator: 'eq', values: [id] } as const
      const page = await access.query({
        table: 'activityparty',
        filter: { kind: 'filter', type: 'and', items: [condition] },
      })
      return [row?.['description'], page.rows.length > 0]
    }
    expect(await read(company.anna)).toEqual([expect.stringContaining('Confidential price'), true])
    const system = company.regarding.records.as(SYSTEM)
    const unit = await system.create('businessunit', { name: 'Away' })
    await system.update('systemuser', company.ben.id, { businessunitid: { table: 'businessunit', id: unit } })
    expect(await read(company.ben)).toEqual([undefined, false])
  })

  it('MO-85: neither decisions nor alerts hold a password', async () => {
    const secret = 'correct horse battery staple'
    await company.regarding.mailboxes.update(SYSTEM, company.anna.mailboxId, {
      allowemailconnectortousecredentials: true,
      username: 'anna',
      password: secret,
    })
    await company.regarding.mailboxes.approve(SYSTEM, [company.anna.mailboxId])
    company.server.faults.plan({
      error: new MailboxError('denied', 'CredentialsIncorrect', 'The server said no.'),
      call: 'open',
    })
    await testMailboxes(company.regarding, SYSTEM, [company.anna.mailboxId])
    const { rows } = await sql<{ whole: string }>`
      select (select coalesce(string_agg(row_to_json(d)::text, ''), '') from decision d)
          || (select coalesce(string_agg(row_to_json(t)::text, ''), '') from tracelog t)
          || (select coalesce(string_agg(row_to_json(c)::text, ''), '') from changefeed c)
          || (select coalesce(string_agg(row_to_json(m)::text, ''), '') from mailbox m) as whole
    `.execute(company.regarding.database.sql)
    expect(rows[0]?.whole).toContain('The server said no.')
    expect(rows[0]?.whole).not.toContain(secret)
  })

  it('B-44: an empty listing of folders or a failed one deletes nothing', async () => {
    const account = company.server.account(company.ben.address)
    await track(company.ben, 'All')
    await company.regarding.records.as(SYSTEM).update('systemuser', company.ben.id, {
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    deliver(company.ben)
    await company.cycle(company.ben)
    expect(await email()).toBeDefined()
    const folders = account.folders.splice(0)
    await company.cycle(company.ben)
    account.folders.push(...folders)
    const error = new MailboxError('transient', 'Timeout', 'No answer.')
    company.server.faults.plan({ error, call: 'changes', account: company.ben.address })
    await expect(company.cycle(company.ben)).rejects.toThrow('No answer.')
    expect(await company.cycle(company.ben)).toMatchObject({ seen: 0, untracked: 0 })
    const { rows } = await sql<{ gone: number }>`
      select count(gone_on)::int as gone from email_copy where mailbox_id = ${company.ben.mailboxId} and message_key = ${messageId}
    `.execute(company.regarding.database.sql)
    expect([await company.emails({ subject }), rows[0]?.gone]).toMatchObject([[{ subject }], 0])
  })
})
