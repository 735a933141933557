import { sql } from 'kysely'
import { expect, onTestFinished } from 'vitest'
import type { Database } from '#database'
import { SYSTEM } from '#records'
import { LANE, type Settlement } from '#schedule'
import { type RunningWorker, startWorker } from '#sync'
import { mail } from '../../incoming/support/company.ts'
import { otherSide, signInAsUser } from '../../mailbox/imap/otherSide.ts'
import { type Cut, startCut } from '../../support/cut.ts'
import { type Engine, openTestInstallation } from '../../support/database.ts'
import { type Dovecot, type DovecotOptions, startDovecot } from '../../support/dovecot.ts'
import { MovableClock } from './movableClock.ts'
import { type Employee, hire, type Office, openOffice } from './office.ts'

/** An office at work: a worker over real servers, whose clock and connections a test can spoil. */
export interface Works extends Office {
  dovecot: Dovecot
  database: Database
  clock: MovableClock
  cut: Cut
  readonly running: RunningWorker
  /** What the worker survived: `doing: message`. */
  complaints: string[]
  /** Has the mailbox synchronized now and returns how that ended, with alerts raised. A back-off is waited for. */
  cycle(employee: Employee): Promise<Settlement>
  /** The next end of a cycle of the mailbox, whoever starts it. */
  ended(employee: Employee): Promise<Settlement>
  /** The worker ends and, after what happens `meanwhile`, another begins. */
  restart(meanwhile: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** SC-52. */
export const BACK_OFF = 5 * 60_000 + 1_000

/** With a mail server and an installation of its own, which end with it. */
export async function openWorksOn(
  engine: Engine,
  options: { watches?: number; dovecot?: DovecotOptions } = {},
): Promise<Works> {
  const dovecot = await startDovecot(options.dovecot)
  try {
    const works = await openWorks(await openTestInstallation(engine), dovecot, options)
    const close = works.close.bind(works)
    return Object.assign(works, {
      close: async () => {
        await close()
        await dovecot.stop()
      },
    })
  } catch (error) {
    await dovecot.stop()
    throw error
  }
}

export async function openWorks(
  database: Database,
  dovecot: Dovecot,
  options: { watches?: number } = {},
): Promise<Works> {
  const clock = new MovableClock()
  const cut = await startCut(dovecot.port)
  const office = await openOffice(database, dovecot, { count: 0, port: cut.port, clock })
  const { regarding } = office
  const complaints: string[] = []
  const waiting = new Map<string, ((settlement: Settlement) => void)[]>()
  const start = () =>
    startWorker(regarding, {
      concurrency: 4,
      maximumWatches: options.watches ?? 0,
      onError: (error, doing) => complaints.push(`${doing}: ${error instanceof Error ? error.message : String(error)}`),
      onSettled: (settlement) => {
        for (const resolve of waiting.get(settlement.lease.mailboxId) ?? []) resolve(settlement)
        waiting.delete(settlement.lease.mailboxId)
      },
    })
  let running = start()

  const ended = async ({ mailboxId }: Employee) => {
    const settlement = await new Promise<Settlement>((resolve) => {
      waiting.set(mailboxId, [...(waiting.get(mailboxId) ?? []), resolve])
    })
    await running.worker.settled()
    return settlement
  }

  return {
    ...office,
    dovecot,
    database,
    clock,
    cut,
    get running() {
      return running
    },
    complaints,
    ended,
    async restart(meanwhile) {
      await running.stop()
      await meanwhile()
      running = start()
    },
    async cycle(employee) {
      const [status] = await regarding.schedule.statusOf(employee.mailboxId)
      const settled = ended(employee)
      // One of both, or two cycles would follow.
      if (status?.lastError?.count) clock.pass(BACK_OFF)
      else
        await regarding.schedule.makeDue([
          { mailboxId: employee.mailboxId, workload: 'incoming', lane: LANE.immediate },
        ])
      return settled
    },
    async close() {
      await running.stop()
      await cut.close()
      await regarding.close()
    },
  }
}

export interface Desk extends Employee {
  /** The person at her own mail client. */
  side: ReturnType<typeof otherSide>
  /** A letter from a stranger arrives; returns its Message-ID. */
  post(letter?: { folder?: string; subject?: string }): Promise<string>
  posts(count: number): Promise<string[]>
  reconnect(password?: string): Promise<void>
}

let sent = 0
/** In the order of their names, as long as a run sends no more. */
const nextId = () => `<letter-${String(++sent).padStart(5, '0')}@foreign.example>`

/** A new employee for one test, whose first cycle is over and whose mailbox rests when the test ends. */
export async function newDesk(works: Works, kind?: 'user' | 'queue'): Promise<Desk> {
  const [employee] = (await hire(works.regarding, works.dovecot, 1, kind)) as [Employee]
  let client = await signInAsUser(works.dovecot, employee.user)
  onTestFinished(async () => {
    client.close()
    await works.regarding.schedule.disable([{ mailboxId: employee.mailboxId, workload: 'incoming' }])
  })
  const desk: Desk = {
    ...employee,
    side: otherSide(works.dovecot, employee.user, client),
    async post({ folder = 'INBOX', subject = 'Hello' } = {}) {
      const messageId = nextId()
      await desk.side.deliver([folder], mail({ from: 'otto@foreign.example', to: desk.address, messageId, subject }))
      return messageId
    },
    async posts(count: number) {
      const ids: string[] = []
      for (let index = 0; index < count; index++) ids.push(await desk.post())
      return ids
    },
    async reconnect(password?: string) {
      client.close()
      client = await signInAsUser(works.dovecot, employee.user, password)
      desk.side = otherSide(works.dovecot, employee.user, client)
    },
  }
  const first = () => works.regarding.schedule.statusOf(employee.mailboxId)
  await expect.poll(first, { interval: 10 }).toMatchObject([{ result: 'success', running: false }])
  // That end is told after it is in the database: it must not be taken for the end of the cycle that the test asks for.
  await works.running.worker.settled()
  return desk
}

/** What is known of one mailbox, and what its server shows. */
export interface Account {
  /** Emails by Message-ID, as often as there are. */
  emails: string[]
  /** Outcome and reason by message; one line for each decision. */
  decisions: string[]
  /** Messages in the Inbox without the tracked category. */
  unmarked: string[]
  /** Copies that are lost or wait for something. */
  unfinished: number
}

export async function accountOf({ database }: Works, desk: Desk): Promise<Account> {
  const { rows: emails } = await sql<{ messageid: string }>`
    select e.messageid from email e
    where exists (select from email_copy c where c.email_id = e.activityid and c.mailbox_id = ${desk.mailboxId})
    order by e.messageid`.execute(database.sql)
  const { rows: decisions } = await sql<{ line: string }>`
    select message_key || ' ' || outcome as line from decision where mailbox_id = ${desk.mailboxId} order by 1`.execute(
    database.sql,
  )
  const { rows: copies } = await sql<{ unfinished: number }>`
    select count(*)::int as unfinished from email_copy where mailbox_id = ${desk.mailboxId} and gone_on is null
      and (want_tracked is not null or want_undeliverable is not null or state = 'pending')`.execute(database.sql)
  const items = await desk.side.list(['INBOX'])
  return {
    emails: emails.map((row) => row.messageid),
    decisions: decisions.map((row) => row.line),
    unmarked: items.filter((item) => !item.categories.includes('$Tracked')).map((item) => item.messageId),
    unfinished: copies[0]?.unfinished ?? 0,
  }
}

/** Laws 1 and 2: each of the messages is tracked once, decided once and marked; nothing else is there. */
export async function expectTracked(works: Works, desk: Desk, messageIds: readonly string[]): Promise<void> {
  const ids = [...messageIds].sort()
  expect(await accountOf(works, desk)).toEqual({
    emails: ids,
    decisions: ids.map((id) => `${id} tracked`),
    unmarked: [],
    unfinished: 0,
  })
}

/** Codes of the alerts about a mailbox and its profile that nobody and nothing has resolved, with their texts. */
export async function openAlerts({ regarding }: Works, { mailboxId }: Employee): Promise<Map<string, string>> {
  const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
  const about = [
    { table: 'mailbox', id: mailboxId },
    ...(setup?.profile ? [{ table: 'emailserverprofile', id: setup.profile.id }] : []),
  ]
  const rows = (await Promise.all(about.map((record) => regarding.alerts.about(SYSTEM, record)))).flat()
  return new Map(
    rows
      .filter((row) => row['resolvedon'] === null && Number(row['level']) > 1)
      .map((row) => [String(row['code']), String(row['text'])]),
  )
}
