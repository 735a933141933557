import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { createSchedule } from '#schedule'
import { seededRandom, systemClock } from '#time'
import { bundleOf } from '../support/bundle.ts'
import { makeTestTarget, TEST_KEY } from '../support/database.ts'
import { mailboxes } from './support/world.ts'

const WORKERS = 4
const MAILBOXES = 300
const SEED = 81
/** As in `killable.ts`. */
const LEASE_MILLISECONDS = 1500
const CONNECTIONS = 4
/** What happens to a worker taken at random, one after the other. */
const BLOWS = ['kill', 'kill', 'stall', 'kill', 'kill', 'kill', 'stall', 'kill', 'kill', 'kill'] as const

let database: Database
let url: string
let remove: () => Promise<void>
let script: string
const processes = new Set<ChildProcess>()

beforeAll(async () => {
  const made = await makeTestTarget('server')
  if (!('url' in made.target)) throw new Error('A server was asked for')
  url = made.target.url
  remove = made.remove
  database = await openDatabase(made.target, { key: { text: TEST_KEY } })
  script = await bundleOf(join(import.meta.dirname, 'support/killable.ts'))
})
afterAll(async () => {
  await Promise.all([...processes].map(kill))
  await database.close()
  await remove()
})

function start(seed: number): void {
  const child = spawn(process.execPath, [script, url, TEST_KEY, String(seed)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  processes.add(child)
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode === null && child.kill('SIGKILL')) await gone
  processes.delete(child)
}

async function counts() {
  const { rows } = await sql<{ logged: number; counted: number }>`
    select (select count(*)::int from run_log) as logged, sum(runs)::int as counted from run_count`.execute(
    database.sql,
  )
  return rows[0] as { logged: number; counted: number }
}

async function logGrows(by: number): Promise<void> {
  const { logged } = await counts()
  await expect.poll(async () => (await counts()).logged, PATIENCE).toBeGreaterThanOrEqual(logged + by)
}

async function runs() {
  return (await sql<{ mailbox_id: string; runs: number }>`select * from run_count`.execute(database.sql)).rows
}

/** Waits until every mailbox has run again, but for so many. */
async function allGoOn(but = 0): Promise<void> {
  const before = new Map((await runs()).map((row) => [row.mailbox_id, row.runs]))
  const stuck = async () => (await runs()).filter((row) => row.runs === before.get(row.mailbox_id)).length
  await expect.poll(stuck, PATIENCE).toBeLessThanOrEqual(but)
}

const PATIENCE = { timeout: 60_000, interval: 100 }

test('law 1, law 2, SC-2: workers killed or stalled at random lose no run, double none and leave no mailbox stuck', async () => {
  const random = seededRandom(SEED)
  await sql`create table run_log (
    position bigserial, mailbox_id uuid, fence integer, owner text, primary key (mailbox_id, fence))`.execute(
    database.sql,
  )
  await sql`create table run_count (mailbox_id uuid primary key, runs integer not null)`.execute(database.sql)
  await sql`insert into run_count select unnest(${mailboxes(MAILBOXES)}::uuid[]), 0`.execute(database.sql)
  const schedule = createSchedule({ database, clock: systemClock, leaseMilliseconds: LEASE_MILLISECONDS })
  await schedule.enable(mailboxes(MAILBOXES).map((mailboxId) => ({ mailboxId, workload: 'backfill' })))

  let seed = SEED
  for (let index = 0; index < WORKERS; index++) start(seed++)
  await logGrows(1)
  for (const blow of BLOWS) {
    const victim = [...processes][Math.floor(random() * processes.size)] as ChildProcess
    if (blow === 'kill') {
      await kill(victim)
      start(seed++)
      await logGrows(20 + random() * 100)
    } else {
      // It sleeps through its leases, and wakes up in the belief that it still holds them when others had its mailboxes.
      victim.kill('SIGSTOP')
      await systemClock.sleep(LEASE_MILLISECONDS)
      // Nobody touches those it was writing to: the transaction it holds open locks them.
      await allGoOn(CONNECTIONS)
      victim.kill('SIGCONT')
    }
  }
  await allGoOn()
  await Promise.all([...processes].map(kill))

  const { rows: late } = await sql`
    select * from (
      select *, max(fence) over (partition by mailbox_id order by position) as highest from run_log
    ) log where fence < highest`.execute(database.sql)
  expect(late).toEqual([])
  const { logged, counted } = await counts()
  expect(counted).toBe(logged)
}, 180_000)
