import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'
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
import { type Office, openOffice, tally } from './support/office.ts'

const WORKERS = 3
const MAILBOXES = 12
const KILLS = Math.max(50, effort.minutes * 60)
const SEED = effort.seed ?? 4711

let dovecot: Dovecot
let database: Database
let office: Office
let url: string
let remove: () => Promise<void>
let script: string
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  dovecot = await startDovecot()
  const made = await makeTestTarget('server')
  if (!('url' in made.target)) throw new Error('A server was asked for')
  url = made.target.url
  remove = made.remove
  database = await openDatabase(made.target, { key: { text: TEST_KEY } })
  office = await openOffice(database, dovecot, { count: MAILBOXES })
  // One file starts in a fraction of the time that hundreds take.
  script = join(process.cwd(), '.vitest', `killable-${process.pid}.mjs`)
  await build({
    entryPoints: [join(import.meta.dirname, 'support/killable.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: script,
  })
})
afterAll(async () => {
  await Promise.all([...workers].map(kill))
  await database?.close()
  await remove?.()
  await dovecot?.stop()
})

function start(): Promise<void> {
  const child = spawn(process.execPath, [script, url, TEST_KEY], { stdio: ['ignore', 'pipe', 'ignore'] })
  workers.add(child)
  return new Promise((resolve) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', () => resolve())
  })
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode === null && child.kill('SIGKILL')) await gone
  workers.delete(child)
}

test(
  `laws 1 and 2: ${KILLS} kills of ${WORKERS} workers at random moments lose and double nothing`,
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
    const keys = office.employees.map(({ mailboxId }) => ({ mailboxId, workload: 'incoming' as const }))
    const due = () => office.regarding.schedule.makeDue(keys.map((key) => ({ ...key, lane: LANE.immediate })))
    /** One letter to one or two employees. */
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
    await Promise.all(Array.from({ length: WORKERS }, start))
    for (let count = 0; count < KILLS; count++) {
      for (let letters = 0; letters < 3; letters++) await post()
      await due()
      await systemClock.sleep(random() * 250)
      const victim = [...workers][Math.floor(random() * workers.size)] as ChildProcess
      await kill(victim)
      await start()
    }
    // Mailboxes that lost three leases in a row pause for minutes; Test & Enable ends the pause.
    await office.regarding.schedule.enable(keys)
    await expect
      .poll(
        async () => {
          await due()
          return tally(database)
        },
        { timeout: 400_000, interval: 500 },
      )
      .toEqual({ emails: sent, keys: sent, wants: 0 })
    const { rows } = await sql<{ copies: number; decisions: number }>`select
    (select count(*)::int from email_copy where gone_on is null) as copies,
    (select count(*)::int from decision) as decisions`.execute(database.sql)
    expect(rows[0]).toEqual({ copies, decisions: copies })
    for (const { client } of posts) {
      await client.mailboxOpen('INBOX')
      const unmarked = await client.search({ unKeyword: '$Tracked' }, { uid: true })
      expect(unmarked).toEqual([])
      client.close()
    }
  },
  600_000 + KILLS * 3_000,
)
