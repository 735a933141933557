import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explain } from '#incoming'
import { MailboxError } from '#mailbox'
import { type Row, SYSTEM } from '#records'
import { setRegarding, trackMessage, untrack } from '#sync'
import { openTestInstallation } from '../../support/database.ts'
import { type Company, type Mail, mail, openCompany, refuseSubject } from '../support/company.ts'

const INBOX = ['INBOX']
const TRACKED = '$Tracked'
const UNDELIVERABLE = '$TrackedUndeliverable'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

let number = 0
let subject: string
let messageId: string
beforeEach(async () => {
  subject = `Message ${++number}`
  messageId = `<hand-${number}@kern.example>`
  await track('None')
})

const track = (Track: string) => company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track })
const inbox = () => company.server.account(company.anna.address)
const deliver = (more: Partial<Mail> = {}, folder = INBOX) =>
  inbox().deliver(folder, mail({ from: 'otto@kern.example', to: 'anna@adatum.example', subject, messageId, ...more }))
const cycle = () => company.cycle(company.anna)
const email = async (): Promise<Row | undefined> => (await company.emails({ subject })).at(-1)
const emailId = async () => String((await email())?.['activityid'])
const categories = (id: string, folder = INBOX) =>
  inbox()
    .list(folder)
    .find((item) => item.id === id)?.categories
const mark = (id: string, folder = INBOX) => inbox().categorize(folder, id, { add: [TRACKED] })
const decision = async () => (await explain(company.regarding, { kind: 'user', id: company.anna.id }, { messageId }))[0]
const byHand = (more: { regarding?: { table: string; id: string }; user?: string } = {}) =>
  trackMessage(company.regarding, more.user ?? company.anna.id, {
    mailboxId: company.anna.mailboxId,
    messageId,
    ...(more.regarding ? { regarding: more.regarding } : {}),
  })

describe('tracking by hand', () => {
  it('T-93, T-94, T-22, PO-32, SC-39: the category tracks whatever the filter says, in the next cycle, without accepting entity', async () => {
    const id = deliver()
    expect(await cycle()).toMatchObject({ tracked: 0, notTracked: 1 })
    mark(id)
    expect(await cycle()).toMatchObject({ tracked: 1 })
    expect(await email()).toMatchObject({ acceptingentityid: null, receivingmailboxid: company.anna.mailboxId })
    expect(await decision()).toMatchObject({ outcome: 'tracked', reason: 'ManualCategory', trigger: 'category' })
  })

  it('T-93, T-5: a mark is found in any folder and at any age', async () => {
    inbox().createFolder(['INBOX', 'Deep', 'Down'])
    const folder = ['INBOX', 'Deep', 'Down']
    const id = inbox().deliver(
      folder,
      mail({ from: 'otto@kern.example', to: 'anna@adatum.example', subject, messageId }),
      { received: new Date('1999-01-01T00:00:00Z') },
    )
    await cycle()
    mark(id, folder)
    expect(await cycle()).toMatchObject({ tracked: 1 })
    expect(await email()).toBeDefined()
  })

  it('T-94: with category tracking off, marks on messages lie dormant', async () => {
    await company.set({ TrackCategorizedItems: false })
    const id = deliver()
    mark(id)
    expect(await cycle()).toMatchObject({ tracked: 0 })
    expect(categories(id)).toContain(TRACKED)
    await company.set({ TrackCategorizedItems: null })
  })

  it('T-94: what is tracked otherwise gets the category in the same cycle; taking it off untracks', async () => {
    await track('All')
    const id = deliver()
    await cycle()
    expect(categories(id)).toContain(TRACKED)
    expect(await decision()).toMatchObject({ outcome: 'tracked', trigger: 'automatic' })
    inbox().categorize(INBOX, id, { remove: [TRACKED] })
    expect(await cycle()).toMatchObject({ untracked: 1 })
    expect(await email()).toBeDefined()
  })

  it('T-81, T-93, SC-35: tracking by API happens at once, as the person, and puts the category on the message', async () => {
    const account = await company.account({ name: 'Kern' })
    const id = deliver()
    expect(await byHand({ regarding: account })).toMatchObject({ outcome: 'tracked', emailId: await emailId() })
    expect(await email()).toMatchObject({
      regardingobjectid: account.id,
      acceptingentityid: null,
      ownerid: company.anna.id,
      createdby: company.anna.id,
    })
    await cycle()
    expect(categories(id)).toContain(TRACKED)
  })

  it('T-81, SE-2: what is tracked automatically is created by SYSTEM, whatever its owner may see', async () => {
    await track('All')
    deliver()
    await cycle()
    const row = await email()
    expect(row?.['ownerid']).toBe(company.anna.id)
    expect(row?.['createdby']).not.toBe(company.anna.id)
  })

  it('T-97, T-96: tracking what is there links it and sets the regarding; setting it changes the email that is there', async () => {
    const [first, second] = [await company.account({ name: 'First' }), await company.account({ name: 'Second' })]
    const id = deliver()
    mark(id)
    await cycle()
    const before = await emailId()
    expect(await byHand({ regarding: first })).toMatchObject({ outcome: 'tracked', emailId: before })
    expect(await email()).toMatchObject({ activityid: before, regardingobjectid: first.id })
    await setRegarding(company.regarding, { kind: 'user', id: company.anna.id }, before, second)
    expect(await company.emails({ subject })).toMatchObject([{ activityid: before, regardingobjectid: second.id }])
  })

  it('SC-37, SC-38, T-5: what cannot be done at once is pending, the mailbox is due at once, and the next cycle does it', async () => {
    const account = await company.account({ name: 'Later' })
    deliver()
    await company.clock.advance(60_000)
    company.server.faults.plan({
      error: new MailboxError('transient', 'ConnectFailure', 'Nothing listens.', { scope: 'server' }),
      call: 'find',
    })
    expect(await byHand({ regarding: account })).toMatchObject({ outcome: 'pending', reason: 'ConnectFailure' })
    const [status] = await company.regarding.schedule.statusOf(company.anna.mailboxId)
    expect(status?.nextDue?.getTime()).toBeLessThanOrEqual(company.clock.now().getTime())
    await cycle()
    expect(await email()).toMatchObject({ regardingobjectid: account.id })
  })

  it('MB-51, SC-37: nothing is tracked in a mailbox without incoming email, by hand neither, and that is said at once', async () => {
    deliver()
    const update = company.regarding.mailboxes.update.bind(company.regarding.mailboxes)
    await update(SYSTEM, company.anna.mailboxId, { incomingemaildeliverymethod: 0 })
    await expect(byHand()).rejects.toMatchObject({
      code: 'ValidationFailed',
      message: expect.stringMatching(/not set to/),
    })
    await update(SYSTEM, company.anna.mailboxId, { incomingemaildeliverymethod: 2 })
    expect(await byHand()).toMatchObject({ outcome: 'tracked' })
  })

  it('SE-3, SC-37: without the rights to the record it is refused at once, and nothing is left behind', async () => {
    const system = company.regarding.records.as(SYSTEM)
    const lead = await system.create('lead', {
      lastname: 'Hidden',
      ownerid: { table: 'systemuser', id: company.ben.id },
    })
    const unit = await system.create('businessunit', { name: `Unit ${number}` })
    await system.update('systemuser', company.ben.id, { businessunitid: { table: 'businessunit', id: unit } })
    deliver()
    await expect(byHand({ regarding: { table: 'lead', id: lead } })).rejects.toMatchObject({ code: 'PrivilegeDenied' })
    await expect(byHand({ user: company.ben.id })).rejects.toMatchObject({ code: 'NotFound' })
    await cycle()
    expect(await email()).toBeUndefined()
  })
})

describe('untracking', () => {
  it('T-98: takes away link and category and leaves the email; deletes it only when asked and allowed', async () => {
    for (const deleteEmail of [false, true]) {
      subject = `${subject} ${deleteEmail}`
      messageId = `<untrack-${number}-${deleteEmail}@kern.example>`
      const id = deliver()
      mark(id)
      await cycle()
      const result = await untrack(company.regarding, SYSTEM, await emailId(), {
        mailboxId: company.anna.mailboxId,
        deleteEmail,
      })
      expect(result).toMatchObject({ copies: 1, deleted: deleteEmail })
      await cycle()
      expect(categories(id)).toEqual([])
      expect((await company.emails({ subject })).length).toBe(deleteEmail ? 0 : 1)
    }
  })

  it('T-99: deleting a message leaves its email', async () => {
    const id = deliver()
    mark(id)
    await cycle()
    inbox().delete(INBOX, id)
    await cycle()
    expect(await email()).toMatchObject({ statecode: 1 })
  })

  it('T-99, T-100: deleting an email leaves its message, whose category goes in the next cycle; it does not come back by itself', async () => {
    await track('All')
    const id = deliver()
    await cycle()
    await company.regarding.records.as(SYSTEM).delete('email', await emailId())
    await cycle()
    expect(categories(id)).toEqual([])
    inbox().invalidateCursors(INBOX)
    await cycle()
    expect(await email()).toBeUndefined()
    mark(id)
    await cycle()
    const listed = inbox()
      .list(INBOX)
      .find((item) => item.messageId === messageId)
    expect([await email(), listed?.categories]).toMatchObject([{ subject }, [TRACKED]])
  })

  it('T-100: what a person untracked stays untracked, also as another copy and in another folder, until a person tracks it', async () => {
    await track('All')
    const id = deliver()
    await cycle()
    inbox().categorize(INBOX, id, { remove: [TRACKED] })
    await cycle()
    deliver()
    expect(await cycle()).toMatchObject({ tracked: 0, linked: 0, byReason: { UntrackedByUser: 1 } })
    const again = deliver()
    mark(again)
    expect(await cycle()).toMatchObject({ linked: 1 })
    expect(await company.emails({ subject })).toHaveLength(1)
  })
})

describe('messages that fail', () => {
  it('T-95, SC-57, MO-28, MO-113: five retries, once per cycle; then the category undeliverable, an alert, and a new start by the tracked category', async () => {
    await track('All')
    await company.regarding.alerts.clear(SYSTEM)
    const lift = await refuseSubject(company.regarding, subject)
    const id = deliver()
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(await cycle()).toMatchObject({ failed: 1 })
      expect([categories(id), (await decision())?.retries]).toEqual([[], attempt])
    }
    expect(await cycle()).toMatchObject({ failed: 1 })
    expect([categories(id), (await decision())?.retries]).toEqual([[UNDELIVERABLE], 6])
    const told = await company.regarding.alerts.wall({ kind: 'user', id: company.anna.id })
    expect(told).toMatchObject([{ code: 'Undeliverable', level: 1, text: expect.stringContaining(messageId) }])
    expect(told[0]?.['text']).not.toContain(subject)
    expect(await cycle()).toMatchObject({ seen: 0, failed: 0 })
    inbox().invalidateCursors(INBOX)
    await cycle()
    expect(await cycle()).toMatchObject({ seen: 0, failed: 0 })
    await lift()
    mark(id)
    expect(await cycle()).toMatchObject({ tracked: 1 })
    expect(categories(id)).toEqual([TRACKED])
    expect((await decision())?.outcome).toBe('tracked')
  })

  it('SC-57: a retry that succeeds leaves no trace of failure', async () => {
    await track('All')
    const lift = await refuseSubject(company.regarding, subject)
    const id = deliver()
    await cycle()
    await lift()
    expect(await cycle()).toMatchObject({ tracked: 1, failed: 0 })
    expect([categories(id), (await decision())?.outcome]).toEqual([[TRACKED], 'tracked'])
  })

  it('MB-22, MB-16: with the profile’s wish, an undeliverable message is moved aside, into a folder made for it', async () => {
    await track('All')
    const profile = String(
      (await company.regarding.records.as(SYSTEM).retrieve('mailbox', company.anna.mailboxId))?.['emailserverprofile'],
    )
    await company.regarding.mailboxes.updateProfile(SYSTEM, profile, { moveundeliveredemails: true })
    const lift = await refuseSubject(company.regarding, subject)
    deliver()
    for (let attempt = 1; attempt <= 6; attempt++) await cycle()
    const [left, moved] = [INBOX, ['Undeliverable']].map((folder) =>
      inbox()
        .list(folder)
        .map((item) => item.messageId),
    )
    expect([left?.includes(messageId), moved?.includes(messageId)]).toEqual([false, true])
    await lift()
    await cycle()
    expect(await email()).toBeUndefined()
    await company.regarding.mailboxes.updateProfile(SYSTEM, profile, { moveundeliveredemails: false })
  })

  it('T-10, MO-23: a message without sender is not tracked, and information about it is given', async () => {
    await track('All')
    await company.regarding.alerts.clear(SYSTEM)
    deliver({ from: 'Nobody' })
    expect(await cycle()).toMatchObject({ notTracked: 1, byReason: { InvalidSender: 1 } })
    expect(await company.regarding.alerts.wall(SYSTEM)).toMatchObject([{ code: 'InvalidSender', level: 1 }])
  })

  it('MB-43: a queue whose messages are deleted once processed keeps those that failed', async () => {
    const queue = company.server.account(company.support.address)
    await company.regarding.mailboxes.update(SYSTEM, company.support.mailboxId, { processanddeleteemails: true })
    const lift = await refuseSubject(company.regarding, subject)
    const to = company.support.address
    await company.regarding.mailboxes.update(SYSTEM, company.support.mailboxId, { incomingfilter: 0 })
    queue.deliver(INBOX, mail({ from: 'otto@kern.example', to, subject: `${subject} fine` }))
    queue.deliver(INBOX, mail({ from: 'otto@kern.example', to, subject, messageId }))
    expect(await company.cycle(company.support)).toMatchObject({ tracked: 1, failed: 1 })
    await company.cycle(company.support)
    expect(queue.list(INBOX).map((item) => item.messageId)).toEqual([messageId])
    expect(await company.emails({ subject: `${subject} fine` })).toHaveLength(1)
    await lift()
    await company.regarding.mailboxes.update(SYSTEM, company.support.mailboxId, { processanddeleteemails: false })
  })
})

describe('what is kept of decisions', () => {
  it('MO-70: with the list switched off no rows are written about messages that were not tracked, and those of others are', async () => {
    await company.set({ EnableSssItemLevelMonitoring: false })
    deliver()
    expect(await cycle()).toMatchObject({ notTracked: 1 })
    expect(await decision()).toBeUndefined()
    await track('All')
    messageId = `<kept-${number}@kern.example>`
    deliver()
    await cycle()
    expect(await decision()).toMatchObject({ outcome: 'tracked' })
    await company.set({ EnableSssItemLevelMonitoring: null })
  })

  it('MO-72, MO-74, MO-76, B-21: one row per message and mailbox; the owner reads the subject, an administrator stars', async () => {
    deliver()
    await cycle()
    deliver()
    await cycle()
    const asked = { messageId, mailboxId: company.anna.mailboxId }
    const own = await explain(company.regarding, { kind: 'user', id: company.anna.id }, asked)
    expect(own).toMatchObject([
      { subject, direction: 'incoming', reason: 'NoCorrelationMatch', retries: 0, decidedOn: company.clock.now() },
    ])
    expect(await explain(company.regarding, SYSTEM, asked)).toMatchObject([{ subject: '***' }])
    expect(await explain(company.regarding, { kind: 'user', id: company.ben.id }, asked)).toEqual([])
    const { rows } = await sql<{ whole: string }>`
      select row_to_json(d)::text as whole from decision d where message_key = ${messageId}`.execute(
      company.regarding.database.sql,
    )
    expect(rows[0]?.whole).not.toContain(subject)
  })

  it('MO-75: the row of a message that is tracked later tells that', async () => {
    const id = deliver()
    await cycle()
    expect(await decision()).toMatchObject({ outcome: 'notTracked' })
    mark(id)
    await cycle()
    expect(await decision()).toMatchObject({ outcome: 'tracked', emailId: await emailId() })
    const notTracked = await explain(company.regarding, SYSTEM, {
      mailboxId: company.anna.mailboxId,
      messageId,
      outcomes: ['notTracked'],
    })
    expect(notTracked).toEqual([])
  })

  it('B-20, B-21, MO-73: messages of a page that were decided alike have one trace, whole for each, that goes with them', async () => {
    const { maintain } = await import('#sync')
    const alike = [1, 2, 3].map((index) => `<alike-${number}-${index}@kern.example>`)
    for (const messageId of alike) deliver({ messageId })
    deliver({ messageId, to: 'otto@kern.example' })
    expect(await cycle()).toMatchObject({ notTracked: 4 })
    const explained = async () =>
      (await explain(company.regarding, SYSTEM, { mailboxId: company.anna.mailboxId })).filter((one) =>
        [...alike, messageId].includes(one.messageId),
      )
    const kept = async () => {
      const { rows } = await sql<{ steps: string }>`select steps::text from decision_trace`.execute(
        company.regarding.database.sql,
      )
      return rows.map((row) => row.steps)
    }
    const all = await explained()
    expect(all).toHaveLength(4)
    for (const { trace } of all) expect(trace.length).toBeGreaterThan(5)
    const [trace] = all.filter((one) => one.messageId === alike[0]).map((one) => JSON.stringify(one.trace))
    expect(all.filter((one) => JSON.stringify(one.trace) === trace)).toHaveLength(3)
    expect((await kept()).filter((steps) => steps === trace)).toHaveLength(1)
    expect((await kept()).join()).not.toContain('kern.example')
    await company.set({ DecisionRetentionDays: 2 })
    await company.clock.advance(1.5 * 86_400_000)
    await maintain(company.regarding)
    expect((await explained()).map((one) => one.trace.length)).toEqual(all.map((one) => one.trace.length))
    await company.clock.advance(86_400_000)
    await maintain(company.regarding)
    expect(await explained()).toEqual([])
    expect(await kept()).toEqual([])
    await company.set({ DecisionRetentionDays: null })
  })

  it('MO-73, B-21: decisions are removed after the time that the organization sets', async () => {
    const { maintain } = await import('#sync')
    deliver()
    await cycle()
    await company.set({ DecisionRetentionDays: 2 })
    await company.clock.advance(1.5 * 86_400_000)
    await maintain(company.regarding)
    expect(await decision()).toBeDefined()
    await company.clock.advance(86_400_000)
    await maintain(company.regarding)
    expect(await decision()).toBeUndefined()
    await company.set({ DecisionRetentionDays: null })
  })
})
