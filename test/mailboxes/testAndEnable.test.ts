import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MailboxError } from '#mailbox'
import { ROLES, type Row, SYSTEM, type Values } from '#records'
import { testMailboxes } from '#sync'
import { addUser, type Company, mail, openCompany, type Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

const system = () => company.regarding.records.as(SYSTEM)
const mailbox = async (person: Person) => (await system().retrieve('mailbox', person.mailboxId)) as Row
const test = async (person: Person) => {
  const results = (await testMailboxes(company.regarding, SYSTEM, [person.mailboxId])).get(person.mailboxId) ?? []
  return Object.fromEntries(results.map((result) => [result.direction, result]))
}
const alerts = () => company.regarding.alerts.wall(SYSTEM)
const set = (person: Person, values: Values) => system().update('mailbox', person.mailboxId, values)
const incomingSchedule = async (person: Person) =>
  (await company.regarding.schedule.statusOf(person.mailboxId)).find((status) => status.workload === 'incoming')

const subjects = async () =>
  new Set((await company.emails({ receivingmailboxid: person.mailboxId })).map((row) => row['subject']))

let person: Person
let number = 0
beforeEach(async () => {
  number++
  person = await addUser(company.regarding, `User${number}`, 'Test', `user${number}@adatum.example`)
  company.server.account(person.address)
  await company.regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
  await company.regarding.alerts.clear(SYSTEM)
})

describe('Test & Enable', () => {
  it('MB-71, MB-72, MB-73, MB-74, SC-5: tests what the server side does, enables it, tells the owner and makes it due at once', async () => {
    const results = await test(person)
    expect(results).toMatchObject({
      incoming: { status: 'success' },
      outgoing: { status: 'success' },
      act: { status: 'notTested' },
    })
    expect(await mailbox(person)).toMatchObject({
      incomingemailstatus: 1,
      outgoingemailstatus: 1,
      actstatus: 0,
      enabledforincomingemail: true,
      enabledforoutgoingemail: true,
      enabledforact: false,
      testmailboxaccesscompletedon: company.clock.now(),
      mailboxteststatus: 2,
    })
    const sent = company.server.sent.filter((item) => item.account === person.address)
    expect(sent.map(({ message }) => [message.from, message.to])).toEqual([[person.address, [person.address]]])
    expect(await incomingSchedule(person)).toMatchObject({ enabled: true, nextDue: company.clock.now() })
    const told = await company.regarding.alerts.wall({ kind: 'user', id: person.id })
    expect(new Set(told.map((alert) => alert['code']))).toEqual(
      new Set(['MailboxEnabledIncoming', 'MailboxEnabledOutgoing', 'TrackedCategoryCreated']),
    )
  })

  it('MO-30, MO-31: enabled directions and the tracked category are information; without category tracking it is not told', async () => {
    await company.set({ TrackCategorizedItems: false })
    await test(person)
    await company.set({ TrackCategorizedItems: null })
    const codes = (await alerts()).map((alert) => [alert['code'], alert['level'], alert['resolvedon']])
    expect(new Set(codes)).toEqual(
      new Set([
        ['MailboxEnabledIncoming', 1, null],
        ['MailboxEnabledOutgoing', 1, null],
      ]),
    )
  })

  it('T-14, MB-72: the message that a mailbox sends to itself is nobody’s mail', async () => {
    await company.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    await test(person)
    expect(company.server.account(person.address).list(['INBOX'])).toHaveLength(1)
    expect(await company.cycle(person)).toMatchObject({ tracked: 0, failed: 0 })
  })

  it.each([
    ['MO-38', 'MailboxDisabled', (values: Person) => set(values, { statecode: 1 })],
    ['MO-39', 'NoServerProfile', (values: Person) => set(values, { emailserverprofile: null })],
    ['MO-33', 'AddressNotApproved', (values: Person) => company.regarding.mailboxes.reject(SYSTEM, [values.mailboxId])],
  ])('%s, MB-61, MB-76: %s refuses every direction before anything is connected', async (_, code, prepare) => {
    await prepare(person)
    company.server.traffic.reset()
    const results = await test(person)
    expect(results).toMatchObject({ incoming: { status: 'failure', code }, outgoing: { status: 'failure', code } })
    expect(company.server.traffic.requests).toBe(0)
    expect(await mailbox(person)).toMatchObject({ incomingemailstatus: 2, enabledforincomingemail: false })
    const [alert] = (await alerts()).filter((row) => row['code'] === code)
    expect(alert).toMatchObject({ level: 3, scope: 2, regardingobjectid: person.mailboxId })
  })

  it('MO-39: a profile that is inactive counts as none', async () => {
    const profile = await company.regarding.mailboxes.createProfile(SYSTEM, {
      name: 'Inactive',
      servertype: 3,
      incomingserverlocation: 'memory:test',
      statecode: 1,
    })
    await set(person, { emailserverprofile: { table: 'emailserverprofile', id: profile } })
    expect(await test(person)).toMatchObject({ incoming: { code: 'NoServerProfile' } })
  })

  it('MO-36: an address without a mailbox on the server is told as such, with what to do', async () => {
    const nobody = await addUser(company.regarding, 'Nobody', 'Test', 'nobody@adatum.example')
    await company.regarding.mailboxes.approve(SYSTEM, [nobody.mailboxId])
    const { incoming } = await test(nobody)
    expect(incoming).toMatchObject({ status: 'failure', code: 'MailboxNotFound' })
    expect(incoming?.text).toContain('Correct the address')
    expect(await mailbox(nobody)).toMatchObject({ incomingemaillasterror: incoming?.text })
  })

  it('MB-81: one direction that fails leaves the others alone, and its alert open', async () => {
    const error = new MailboxError('permanent', 'SmtpPortError', 'Port 1 does not answer.')
    company.server.faults.plan({ error, call: 'send', account: person.address })
    expect(await test(person)).toMatchObject({ incoming: { status: 'success' }, outgoing: { status: 'failure' } })
    expect(await mailbox(person)).toMatchObject({ enabledforincomingemail: true, enabledforoutgoingemail: false })
    expect(await incomingSchedule(person)).toMatchObject({ enabled: true })
    const open = (await alerts()).filter((row) => row['resolvedon'] === null).map((row) => row['code'])
    expect(open).toEqual(expect.arrayContaining(['MailboxEnabledIncoming', 'SmtpPortError']))
  })

  it('MO-64, MO-32: refused credentials are the profile’s fault when it holds them, else the mailbox’s', async () => {
    const error = new MailboxError('denied', 'CredentialsIncorrect', 'The server said no.')
    for (const [authenticateusing, code] of [
      [0, 'CredentialsIncorrect'],
      [1, 'ProfileCredentialsIncorrect'],
    ] as const) {
      const profile = await company.regarding.mailboxes.createProfile(SYSTEM, {
        name: `Profile ${authenticateusing}`,
        servertype: 3,
        incomingserverlocation: 'memory:test',
        authenticateusing,
      })
      await set(person, { emailserverprofile: { table: 'emailserverprofile', id: profile } })
      company.server.faults.plan({ error, call: 'open', account: person.address })
      expect(await test(person)).toMatchObject({ incoming: { code } })
      const [alert] = (await alerts()).filter((row) => row['code'] === code)
      expect(alert?.['regardingobjectid']).toBe(authenticateusing === 1 ? profile : person.mailboxId)
    }
  })

  it('MB-75, MB-48: it revives a stopped mailbox, and email since the start date is looked at again; nothing is doubled', async () => {
    await company.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'None' })
    await test(person)
    const inbox = company.server.account(person.address)
    for (const item of inbox.list(['INBOX'])) inbox.delete(['INBOX'], item.id)
    const id = inbox.deliver(['INBOX'], mail({ from: 'otto@kern.example', to: person.address, subject: 'First' }))
    inbox.deliver(['INBOX'], mail({ from: 'otto@kern.example', to: person.address, subject: 'Second' }))
    inbox.categorize(['INBOX'], id, { add: ['$Tracked'] })
    expect(await company.cycle(person)).toMatchObject({ tracked: 1, notTracked: 1 })
    await set(person, { enabledforincomingemail: false })
    expect(await incomingSchedule(person)).toMatchObject({ enabled: false })
    await company.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    await test(person)
    expect(await incomingSchedule(person)).toMatchObject({ enabled: true })
    expect(await company.cycle(person)).toMatchObject({ tracked: 1, failed: 0 })
    expect(await subjects()).toEqual(new Set(['First', 'Second']))
  })

  it('MB-48, MB-44, MO-108: an earlier start date makes the next cycle look at older email', async () => {
    await company.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    await set(person, { processemailreceivedafter: new Date('2026-01-05T00:00:00Z') })
    await test(person)
    const inbox = company.server.account(person.address)
    for (const [subject, received] of [
      ['Old', '2026-01-01T08:00:00Z'],
      ['New', '2026-01-05T09:00:00Z'],
    ] as const)
      inbox.deliver(['INBOX'], mail({ from: 'otto@kern.example', to: person.address, subject }), {
        received: new Date(received),
      })
    expect(await company.cycle(person)).toMatchObject({ tracked: 1 })
    expect(await company.cycle(person)).toMatchObject({ tracked: 0 })
    await company.regarding.mailboxes.update(SYSTEM, person.mailboxId, {
      processemailreceivedafter: new Date('2025-12-31T00:00:00Z'),
    })
    expect(await company.cycle(person)).toMatchObject({ tracked: 1 })
    expect(await subjects()).toEqual(new Set(['New', 'Old']))
  })

  it('MB-49: an earlier date on the profile reaches mailboxes that are given the profile afterwards', async () => {
    const startOf = async (of: Person) =>
      (await company.regarding.mailboxes.setups([of.mailboxId])).get(of.mailboxId)?.effectiveStart
    const profile = await company.regarding.mailboxes.createProfile(SYSTEM, {
      name: 'Dated',
      servertype: 3,
      incomingserverlocation: 'memory:test',
      processemailsreceivedafter: new Date('2026-01-05T00:00:00Z'),
    })
    await company.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    await set(person, { emailserverprofile: { table: 'emailserverprofile', id: profile } })
    await company.regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
    await test(person)
    company.server
      .account(person.address)
      .deliver(['INBOX'], mail({ from: 'otto@kern.example', to: person.address, subject: 'Old' }), {
        received: new Date('2026-01-01T08:00:00Z'),
      })
    await company.cycle(person)
    const earlier = new Date('2025-12-31T00:00:00Z')
    await company.regarding.mailboxes.updateProfile(SYSTEM, profile, { processemailsreceivedafter: earlier })
    await company.cycle(person)
    expect(await subjects()).toEqual(new Set())
    const later = await addUser(company.regarding, `Later${number}`, 'Test', `later${number}@adatum.example`)
    await set(later, { emailserverprofile: { table: 'emailserverprofile', id: profile } })
    expect(await startOf(later)).toEqual(earlier)
  })

  it('MB-70, MO-91: runs for several mailboxes, and needs the privilege to write each', async () => {
    const progress: number[] = []
    const ids = [person.mailboxId, company.anna.mailboxId]
    const onProgress = (done: number) => progress.push(done)
    const results = await testMailboxes(company.regarding, SYSTEM, ids, { onProgress })
    expect([[...results.keys()], progress]).toEqual([ids, [1, 2]])
    await expect(
      testMailboxes(company.regarding, { kind: 'user', id: company.ben.id }, [person.mailboxId]),
    ).rejects.toMatchObject({ code: 'PrivilegeDenied', privilege: 'prvWriteMailbox' })
  })

  it('MB-14, MB-21: limits and minimum intervals of the profile reach the schedule', async () => {
    for (const authenticateusing of [0, 1]) {
      const profile = await company.regarding.mailboxes.createProfile(SYSTEM, {
        name: `Limits ${authenticateusing}`,
        servertype: 3,
        incomingserverlocation: 'memory:test',
        authenticateusing,
        maxconcurrentconnections: 3,
      })
      await set(person, { emailserverprofile: { table: 'emailserverprofile', id: profile } })
      await test(person)
      const { sql } = await import('kysely')
      const { rows } = await sql<{ pool_key: string; connections: number; maximum: number }>`
        select s.pool_key, s.connections, p.maximum from mailbox_schedule s join schedule_pool p on p.key = s.pool_key
        where s.mailbox_id = ${person.mailboxId} and s.workload = 'incoming'`.execute(company.regarding.database.sql)
      expect(rows).toEqual([
        authenticateusing === 1
          ? { pool_key: profile, connections: 10, maximum: 3 }
          : { pool_key: 'none', connections: 3, maximum: 1_000_000 },
      ])
    }
  })

  it('SC-1: an incoming method other than the server side takes the mailbox out of the schedule', async () => {
    await test(person)
    await company.regarding.mailboxes.update(SYSTEM, person.mailboxId, { incomingemaildeliverymethod: 0 })
    expect(await incomingSchedule(person)).toMatchObject({ enabled: false })
    await company.regarding.mailboxes.update(SYSTEM, person.mailboxId, { incomingemaildeliverymethod: 2 })
    expect(await incomingSchedule(person)).toMatchObject({ enabled: true })
  })

  it('MO-10: a salesperson sees the alerts of the own mailbox, an administrator those of all', async () => {
    await test(person)
    expect((await company.regarding.alerts.wall({ kind: 'user', id: company.ben.id })).length).toBe(0)
    await system().create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: company.ben.id },
      roleid: { table: 'role', id: ROLES.systemAdministrator },
    })
    expect((await company.regarding.alerts.wall({ kind: 'user', id: company.ben.id })).length).toBe(3)
  })
})
