import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { LANE } from '#schedule'
import { seededRandom, systemClock } from '#time'
import { mail } from '../incoming/support/company.ts'
import { INBOX } from '../mailbox/conformance/use.ts'
import { otherSide, signInAsUser } from '../mailbox/imap/otherSide.ts'
import { makeTestTarget, TEST_KEY } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { effort } from './effort.ts'
import { type Crew, openCrew } from './support/crew.ts'
import { type Office, openOffice, tally } from './support/office.ts'

const WORKERS = 3
const MAILBOXES = 12
const KILLS = Math.max(50, effort.minutes * 60)
/** Seconds. Three leases lost in a row and the pause after them fit in several times, also on a busy machine. */
const LONGEST_WAIT = 60
const SEED = effort.seed ?? 4711

let dovecot: Dovecot
let database: Database
let office: Office
let crew: Crew
let remove: () => Promise<void>

beforeAll(async () => {
  dovecot = await startDovecot()
  const made = await makeTestTarget('server')
  if (!('url' in made.target)) throw new Error('A server was asked for')
  remove = made.remove
  database = await openDatabase(made.target, { key: { text: TEST_KEY } })
  office = await openOffice(database, dovecot, { count: MAILBOXES })
  crew = await openCrew('killable.ts', [made.target.url, TEST_KEY])
})
afterAll(async () => {
  await crew?.close()
  await database?.close()
  await remove?.()
  await dovecot?.stop()
})

test(
  `laws 1 and 2: ${KILLS} kills of ${WORKERS} workers at random moments lose and double nothing, and hold nobody up`,
  async () => {
    const random = seededRandom(SEED)
    const posts = await Promise.all(
      office.employees.map(async ({ user }) => {
        const client = await signInAsUser(dovecot, user)
        return { client, side: otherSide(dovecot, user, client) }
      }),
    )
    let sent = 0
    let copies = 0
    /** One letter to one or two employees, whose mailboxes are due then. */
    const post = async () => {
      const first = Math.floor(random() * MAILBOXES)
      const to = random() < 0.3 ? [first, (first + 1) % MAILBOXES] : [first]
      const source = mail({
        from: `stranger${sent % 7}@foreign.example`,
        to: to.map((index) => office.employees[index]?.address ?? ''),
        subject: `Letter ${sent}`,
        messageId: `<kill-${sent++}@foreign.example>`,
      })
      for (const index of to) {
        await posts[index]?.side.deliver(INBOX, source)
        copies++
      }
    }
    const due = () =>
      office.regarding.schedule.makeDue(
        office.employees.map(({ mailboxId }) => ({ mailboxId, workload: 'incoming', lane: LANE.immediate })),
      )
    await Promise.all(Array.from({ length: WORKERS }, () => crew.start()))
    let replaced: Promise<unknown> = Promise.resolve()
    let inTheMiddle = 0
    for (let count = 0; count < KILLS; count++) {
      for (let letters = 0; letters < 3; letters++) await post()
      await replaced
      await due()
      await systemClock.sleep(random() * 150)
      const dead = await crew.kill(random())
      replaced = crew.start()
      // Awaited in the next round, unless the test has failed by then and ends the crew.
      replaced.catch(() => undefined)
      if ((await leasesOf(dead)) > 0) inTheMiddle++
    }
    await replaced
    expect(inTheMiddle).toBeGreaterThan(KILLS / 10)
    // Nobody enables, tests or asks: the workers that are left find it all.
    await expect
      .poll(async () => ({ ...(await tally(database)), ...(await standing()) }), { timeout: 120_000, interval: 500 })
      .toEqual({ emails: sent, keys: sent, wants: 0, copies, decisions: copies, leases: 0, troubles: [] })
    expect(await longestWait()).toBeLessThan(LONGEST_WAIT)
    for (const { client } of posts) {
      await client.mailboxOpen('INBOX')
      expect(await client.search({ unKeyword: '$Tracked' }, { uid: true })).toEqual([])
      client.close()
    }
  },
  300_000 + KILLS * 3_000,
)

/** Mailboxes that a worker held when it died; its name on a lease holds its process id. */
async function leasesOf(pid: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from mailbox_schedule
    where lease_owner like ${`%-${pid}-%`}`.execute(database.sql)
  return Number(rows[0]?.count)
}

async function standing(): Promise<{ copies: number; decisions: number; leases: number; troubles: string[] }> {
  const { rows } = await sql<Awaited<ReturnType<typeof standing>>>`select
    (select count(*)::int from email_copy where gone_on is null) as copies,
    (select count(*)::int from decision) as decisions,
    (select count(*)::int from mailbox_schedule where lease_owner is not null) as leases,
    (select coalesce(json_agg(last_error_text), '[]') from mailbox_schedule where last_error_code is not null) as troubles
  `.execute(database.sql)
  return rows[0] as Awaited<ReturnType<typeof standing>>
}

/** Seconds from the arrival of a letter to its decision. */
async function longestWait(): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`select
    extract(epoch from max(decided_on - received_on))::float as seconds from decision`.execute(database.sql)
  return Number(rows[0]?.seconds)
}
