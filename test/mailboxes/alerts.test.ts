import { simpleParser } from 'mailparser'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MailboxError } from '#mailbox'
import { codes } from '#mailboxes'
import { type Row, SYSTEM } from '#records'
import { type RunningWorker, startWorker } from '#sync'
import { systemClock } from '#time'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

const MINUTE = 60_000

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

const anna = () => ({ kind: 'user', id: company.anna.id }) as const
const wall = (level?: 'error' | 'warning' | 'information') => company.regarding.alerts.wall(SYSTEM, level)
const shown = async (level?: 'error') => (await wall(level)).map((row) => row['code'])
/** Lists of the Inbox fail so often; what else a worker asks of the server goes well. */
const plan = (error: MailboxError, times: number) =>
  company.server.faults.plan({ error, times, call: 'changes', account: company.anna.address })
const withCode = async (code: string) => (await wall()).filter((row) => row['code'] === code)
const mailbox = async () =>
  (await company.regarding.records.as(SYSTEM).retrieve('mailbox', company.anna.mailboxId)) as Row
const profileId = async () => String((await mailbox())['emailserverprofile'])
async function raise(code: string, text = 'It happened.'): Promise<void> {
  const settings = await company.regarding.options.organization()
  const regarding = { table: 'mailbox', id: company.anna.mailboxId }
  const owner = { table: 'systemuser', id: company.anna.id }
  await company.regarding.alerts.raise({ code, text, regarding, owner }, settings)
}

beforeEach(() => company.regarding.alerts.clear(SYSTEM))

describe('the alerts wall', () => {
  it('MO-1, MO-2: an alert tells what, where, why and what to do', async () => {
    await raise('CredentialsIncorrect', 'The server said no.')
    expect((await wall())[0]).toMatchObject({
      level: 3,
      scope: 2,
      code: 'CredentialsIncorrect',
      title: 'The mail server refused the credentials',
      text: expect.stringMatching(/^The server said no\.[\s\S]*expired[\s\S]*Test & Enable/),
      helplink: '/help/alerts#CredentialsIncorrect',
      occurredon: company.clock.now(),
      regardingobjectid: company.anna.mailboxId,
      ownerid: company.anna.id,
      occurrences: 1,
    })
  })

  it('MO-4, MO-5: a level that is off raises nothing', async () => {
    await raise('Timeout')
    expect(await wall()).toEqual([])
    await company.set({ WarningAlerts: true, ErrorAlerts: false, InformationAlerts: false })
    for (const code of ['Timeout', 'MailboxNotFound', 'MailboxEnabledIncoming']) await raise(code)
    expect((await wall()).map((row) => row['code'])).toEqual(['Timeout'])
    await company.set({ WarningAlerts: null, ErrorAlerts: null, InformationAlerts: null })
  })

  it('MO-6, MO-9: newest first, by level; deleting takes the level that is shown and changes no mailbox', async () => {
    for (const code of ['MailboxNotFound', 'MailboxEnabledIncoming', 'ErrorQuotaExceeded']) {
      await raise(code)
      await company.clock.advance(MINUTE)
    }
    const before = await mailbox()
    expect(await shown()).toEqual(['ErrorQuotaExceeded', 'MailboxEnabledIncoming', 'MailboxNotFound'])
    expect(await shown('error')).toEqual(['ErrorQuotaExceeded', 'MailboxNotFound'])
    expect(await company.regarding.alerts.clear(SYSTEM, 'error')).toBe(2)
    expect(await shown()).toEqual(['MailboxEnabledIncoming'])
    expect(await mailbox()).toEqual(before)
  })

  it('MO-7: the same code about the same record counts up within a day, and is told anew after it', async () => {
    await raise('MailboxNotFound', 'First.')
    await company.clock.advance(23 * 60 * MINUTE)
    await raise('MailboxNotFound', 'Second.')
    expect(await wall()).toMatchObject([
      { occurrences: 2, text: expect.stringContaining('Second.'), occurredon: company.clock.now() },
    ])
    await company.clock.advance(25 * 60 * MINUTE)
    await raise('MailboxNotFound')
    expect(await wall()).toMatchObject([{ occurrences: 1 }, { occurrences: 2 }])
  })

  it('MO-8: a success marks alerts as resolved and deletes none; the next failure is a new alert', async () => {
    await raise('MailboxNotFound')
    await company.regarding.alerts.resolve({ table: 'mailbox', id: company.anna.mailboxId }, 'all')
    expect(await wall()).toMatchObject([{ resolvedon: company.clock.now() }])
    await company.clock.advance(MINUTE)
    await raise('MailboxNotFound')
    expect(await wall()).toMatchObject([{ resolvedon: null, occurrences: 1 }, { occurrences: 1 }])
  })

  it('MO-3: the alerts about a mailbox are shown to whoever may read it, and to nobody else', async () => {
    await raise('MailboxNotFound')
    const about = { table: 'mailbox', id: company.anna.mailboxId }
    expect(await company.regarding.alerts.about(anna(), about)).toHaveLength(1)
    expect(await company.regarding.alerts.about({ kind: 'user', id: company.ben.id }, about)).toEqual([])
  })

  it.each([
    ['MO-23', 'InvalidSender', 'information', 'none'],
    ['MO-24', 'InvalidForwardMailItem', 'error', 'item'],
    ['MO-25', 'IsvAborted', 'error', 'item'],
    ['MO-28', 'Undeliverable', 'information', 'item'],
    ['MO-32', 'CredentialsIncorrect', 'error', 'permanent'],
    ['MO-33', 'AddressNotApproved', 'error', 'permanent'],
    ['MO-36', 'MailboxNotFound', 'error', 'permanent'],
    ['MO-38', 'MailboxDisabled', 'error', 'permanent'],
    ['MO-39', 'NoServerProfile', 'error', 'permanent'],
    ['MB-51', 'NotServerSide', 'error', 'permanent'],
    ['MO-40', 'ErrorInvalidLicense', 'error', 'permanent'],
    ['MO-41', 'PrivilegeDenied', 'error', 'permanent'],
    ['MO-44', 'MailboxNotEnabledForRESTAPI', 'error', 'permanent'],
    ['MO-45', 'ErrorSendAsDenied', 'error', 'item'],
    ['MO-46', 'ErrorSubmissionQuotaExceeded', 'warning', 'transient'],
    ['MO-47', 'ErrorQuotaExceeded', 'error', 'permanent'],
    ['MO-48', 'ErrorInternalServerTransientError', 'warning', 'transient'],
    ['MO-49', 'Timeout', 'warning', 'transient'],
    ['MO-60', 'ConnectFailure', 'error', 'transient'],
    ['MO-61', 'SecureConnectionFailed', 'error', 'permanent'],
    ['MO-62', 'SmtpPortError', 'error', 'permanent'],
    ['MO-63', 'ServiceUnavailable', 'warning', 'transient'],
    ['MO-64', 'ProfileCredentialsIncorrect', 'error', 'permanent'],
    ['MO-65', 'ProfileMailboxesFailing', 'error', 'none'],
    ['MO-66', 'ProfileLacksLocation', 'error', 'permanent'],
  ])('%s: %s is %s, %s', (_, code, level, kind) => {
    expect(codes.find((entry) => entry.code === code)).toMatchObject({ level, class: kind })
  })
})

describe('alerts of cycles', () => {
  let running: RunningWorker
  const errors: unknown[] = []
  beforeEach(async () => {
    running = startWorker(company.regarding, { onError: (error) => errors.push(error) })
    await pass(0)
  })
  afterEach(async () => {
    company.server.faults.clear()
    await running.stop()
    if (errors.length) throw new AggregateError(errors.splice(0), 'The worker had errors beside those planned.')
  })

  /** Until no cycle is under way and none is due. A worker is settled also while its cycles wait for the database. */
  async function rest(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      await running.worker.settled()
      if (running.worker.running === 0) continue
      quiet = -1
      await systemClock.sleep(2)
    }
  }

  /** Lets the clock go on in steps until `minutes` are over and the worker has done what was due. */
  async function pass(minutes: number): Promise<void> {
    for (let step = 0; step < minutes; step++) {
      await rest()
      await company.clock.advance(MINUTE)
    }
    await rest()
  }

  it('MO-68, SC-52, SC-53: a transient error is a warning that counts up, and a success resolves it', async () => {
    await company.set({ WarningAlerts: true })
    plan(new MailboxError('transient', 'Timeout', 'No answer.'), 3)
    await pass(35)
    expect(await withCode('Timeout')).toMatchObject([{ level: 2, occurrences: 3, resolvedon: expect.any(Date) }])
    expect(await mailbox()).toMatchObject({ enabledforincomingemail: true })
    await company.set({ WarningAlerts: null })
  })

  it('MO-68, SC-52, MB-81: the tenth in a row is an error of the same code, and stops incoming email alone', async () => {
    plan(new MailboxError('transient', 'Timeout', 'No answer.'), 10)
    await pass(70)
    expect(await withCode('Timeout')).toMatchObject([{ level: 3, resolvedon: null }])
    expect(await mailbox()).toMatchObject({
      incomingemailstatus: 2,
      enabledforincomingemail: false,
      incomingemaillasterror: expect.stringContaining('No answer.'),
      outgoingemailstatus: 1,
      enabledforoutgoingemail: true,
    })
    expect((await company.regarding.schedule.statusOf(company.anna.mailboxId))[0]).toMatchObject({
      enabled: false,
      stoppedBy: 'error',
    })
    await revive()
  })

  it('MO-68, SC-51, MO-4: a permanent error stops at once and is on the profile owner’s wall, or on the mailbox owner’s', async () => {
    for (const NotifyMailboxOwner of [false, true]) {
      await company.set({ NotifyMailboxOwner })
      plan(new MailboxError('permanent', 'ErrorQuotaExceeded', 'No room.'), 1)
      await pass(15)
      const [alert] = await withCode('ErrorQuotaExceeded')
      expect(alert).toMatchObject({ level: 3, regardingobjectid: company.anna.mailboxId })
      expect(alert?.['ownerid'] === company.anna.id).toBe(NotifyMailboxOwner)
      const own = (await company.regarding.alerts.wall(anna())).map((row) => row['code'])
      expect(own.includes('ErrorQuotaExceeded')).toBe(NotifyMailboxOwner)
      await company.regarding.alerts.clear(SYSTEM)
      await revive()
    }
    await company.set({ NotifyMailboxOwner: null })
  })

  it('MO-69, MO-60, MO-3: a server that cannot be reached is an error at the profile, while the mailbox goes on trying', async () => {
    plan(new MailboxError('transient', 'ConnectFailure', 'Nothing listens.', { scope: 'server' }), 2)
    await pass(30)
    expect(await withCode('ConnectFailure')).toMatchObject([
      { level: 3, scope: 3, regardingobjectid: await profileId(), occurrences: 2, resolvedon: expect.any(Date) },
    ])
    expect(await mailbox()).toMatchObject({ enabledforincomingemail: true })
  })

  it('MO-65: when more than half of the mailboxes of a profile fail within an hour, the profile says so', async () => {
    const error = new MailboxError('transient', 'Timeout', 'No answer.')
    plan(error, 1)
    await pass(15)
    expect(await withCode('ProfileMailboxesFailing')).toEqual([])
    for (const { address } of [company.anna, company.ben])
      company.server.faults.plan({ error, times: 2, call: 'changes', account: address })
    await pass(20)
    const [alert] = await withCode('ProfileMailboxesFailing')
    expect(alert).toMatchObject({ level: 3, scope: 3, regardingobjectid: await profileId() })
    expect(alert?.['text']).toContain('2 of the 3 mailboxes')
  })

  it('MB-23, MB-17: its owner gets an email about it, one an hour at most, or the alert says why not', async () => {
    const system = company.regarding.records.as(SYSTEM)
    const failAgain = async () => {
      for (const { address } of [company.anna, company.ben])
        company.server.faults.plan({
          error: new MailboxError('transient', 'Timeout', 'No answer.'),
          times: 3,
          call: 'changes',
          account: address,
        })
      await pass(35)
    }
    const told = async () => {
      const letters = await Promise.all(
        company.server.sent.map(({ message }) => simpleParser(Buffer.from(message.source))),
      )
      return letters.filter(({ subject }) => subject?.startsWith('More than half'))
    }
    const profile = await profileId()
    const { ownerid } = (await system.retrieve('emailserverprofile', profile, ['ownerid'])) as Row
    await company.clock.advance(90 * MINUTE)
    await failAgain()
    expect(await told()).toEqual([])
    await system.update('emailserverprofile', profile, { sendemailalert: true })
    await failAgain()
    expect((await withCode('ProfileMailboxesFailing'))[0]?.['text']).toMatch(
      /could not be told by email: The email cannot be sent\. .*SYSTEM.* disabled/,
    )
    await system.update('emailserverprofile', profile, { ownerid: { table: 'systemuser', id: company.anna.id } })
    await failAgain()
    expect(await told()).toMatchObject([
      {
        from: { value: [{ name: 'Anna Berg', address: company.anna.address }] },
        to: { value: [{ address: company.anna.address }] },
        subject: expect.stringContaining('Simulated'),
        text: expect.stringMatching(/^2 of the 3 mailboxes[\s\S]*Run Test Connection/),
      },
    ])
    expect((await withCode('ProfileMailboxesFailing'))[0]?.['text']).not.toContain('could not be told')
    await pass(60)
    await failAgain()
    expect(await told()).toHaveLength(2)
    await system.update('emailserverprofile', profile, {
      sendemailalert: false,
      ownerid: { table: 'systemuser', id: String(ownerid) },
    })
  })

  it('MO-80, SC-54: the mailbox tells its last cycle, its error and when it is due', async () => {
    plan(new MailboxError('transient', 'Timeout', 'No answer.'), 1)
    await pass(13)
    const [status] = await company.regarding.schedule.statusOf(company.anna.mailboxId)
    expect(status).toMatchObject({
      enabled: true,
      lastEnd: expect.any(Date),
      lastSuccess: expect.any(Date),
      nextDue: expect.any(Date),
      lastError: { code: 'Timeout', text: 'No answer.', at: expect.any(Date) },
    })
  })

  async function revive(): Promise<void> {
    company.server.faults.clear()
    const { testMailboxes } = await import('#sync')
    await testMailboxes(company.regarding, SYSTEM, [company.anna.mailboxId])
    await pass(0)
  }
})
