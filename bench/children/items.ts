import { subscribe } from 'node:diagnostics_channel'
import { sql } from 'kysely'
import { openDatabase, type Target } from '#database'
import { SYSTEM } from '#records'
import { assemble, confirmItems, type Regarding, runActMailbox } from '#sync'
import { systemClock } from '#time'
import { countStatements } from '../../test/support/counting.ts'
import type { Account } from '../support/accounts.ts'
import { install } from '../support/installation.ts'
import { type ItemCounts, organizerOf, recordsOfItems } from '../support/itemCorpus.ts'
import { mainThreadSeconds, processorSeconds } from '../support/processor.ts'

/** A mailbox that was never synchronized. */
export interface FreshMailbox {
  target: Target
  account: Account
  /** Of the mailbox's owner. */
  address: string
  counts: ItemCounts
}

/** What the parent asks for, as JSON in the first argument. */
export interface ItemsJob extends FreshMailbox {
  /** What this process has synchronized before: a worker serves mailboxes for as long as it runs. */
  before?: FreshMailbox
  /** `toMailbox`: the CRM holds everything, and the mailbox nothing; `toRecords` the other way round. */
  way: 'toMailbox' | 'toRecords'
  /** Processes that serve it, the mail server last. */
  postgres: number
  server: number
}

/** Requests of HTTP that leave the process, and statements on the store. */
interface Asked {
  requests: number
  statements: number
}

export interface ItemsResult {
  seconds: number
  /** Of them, until the summary is there and a person is asked (B-42). */
  asking: number
  cycles: number
  /** Seconds of processor: of this process (with the embedded store's thread) and of the servers. */
  processor: { node: number; main: number; postgres: number; server: number }
  first: Asked
  /** A cycle that finds nothing new. */
  quiet: Asked
  folders: number
}

const job = JSON.parse(process.argv[2] as string) as ItemsJob
if (job.before) await firstSync({ ...job, ...job.before })
process.stdout.write(`${JSON.stringify(await firstSync(job))}\n`)

/** Everything that a first synchronization takes, but for the person who confirms it (B-42). */
async function firstSync({ target, account, address, way, counts, postgres, server }: ItemsJob): Promise<ItemsResult> {
  const installed = await install(target, { account, track: 'knownSenders', address, items: true })
  if (way === 'toMailbox') await fillRecords(installed.regarding, { id: installed.ownerId, address }, counts)
  await installed.regarding.close()
  const { mailboxId } = installed
  const counted = countStatements(await openDatabase(target))
  const regarding = await assemble(counted.database, systemClock)
  const requests = countRequests()
  const asked = (): Asked => ({ requests: requests(), statements: counted.statements().length })
  const used = () => ({
    node: processorSeconds(process.pid),
    main: mainThreadSeconds(process.pid),
    postgres: processorSeconds(postgres),
    server: processorSeconds(server),
  })
  // A worker goes on with a mailbox while no other is due.
  const cycle = (goOn = true) =>
    runActMailbox(regarding, mailboxId, { guard: () => Promise.resolve(), goOn: () => Promise.resolve(goOn) })
  const before = { used: used(), asked: asked() }
  const start = performance.now()
  let cycles = 1
  await cycle()
  const asking = (performance.now() - start) / 1000
  await confirmItems(regarding, SYSTEM, mailboxId)
  for (let more = true; more; cycles++) more = (await cycle()).more
  const seconds = (performance.now() - start) / 1000
  const after = { used: used(), asked: asked() }
  await settled(regarding, cycle)
  const calm = asked()
  await cycle()
  const quiet = difference(asked(), calm)
  await checkLinks(regarding, counts)
  const folders = await countOf(regarding, sql`select count(*)::int as count from item_folder`)
  await regarding.close()
  return {
    seconds,
    asking,
    cycles,
    processor: difference(after.used, before.used),
    first: difference(after.asked, before.asked),
    quiet,
    folders,
  }
}

async function fillRecords(regarding: Regarding, user: { id: string; address: string }, counts: ItemCounts) {
  const [system, owner] = [regarding.records.as(SYSTEM), regarding.records.as({ kind: 'user', id: user.id })]
  for (const { table, rows } of recordsOfItems(counts))
    for (let at = 0; at < rows.length; at += 1000) {
      const ids = await owner.createMany(table, rows.slice(at, at + 1000), { suppressDuplicateDetection: true })
      if (table !== 'contact')
        await system.createMany(
          'activityparty',
          ids.map((id) => organizerOf(table, id, user)),
        )
    }
}

/** What our own writing left to be noticed is noticed. */
async function settled(regarding: Regarding, cycle: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 5; tries++) await cycle()
  const open = await countOf(regarding, sql`select count(*)::int as count from item_work`)
  if (open) throw new Error(`${open} items are left: ${await failuresOf(regarding)}`)
}

async function checkLinks(regarding: Regarding, { contacts, appointments }: ItemCounts): Promise<void> {
  const linked = await countOf(
    regarding,
    sql`select count(*)::int as count from item_link where state = 'linked'
    and item_id is not null`,
  )
  if (linked !== contacts + appointments)
    throw new Error(`${linked} of ${contacts + appointments} are linked: ${await failuresOf(regarding)}`)
}

async function countOf({ database }: Regarding, query: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await query.execute(database.sql)
  return (rows[0] as { count: number }).count
}

async function failuresOf({ database }: Regarding): Promise<string> {
  const { rows } = await sql`select outcome, code, text, count(*)::int as count from item_decision group by 1, 2, 3
    order by 4 desc limit 5`.execute(database.sql)
  const questions =
    await sql`select kind, text, count(*)::int as count from item_question group by 1, 2 limit 5`.execute(database.sql)
  return JSON.stringify([rows, questions.rows])
}

function countRequests(): () => number {
  let requests = 0
  subscribe('undici:client:sendHeaders', () => requests++)
  return () => requests
}

function difference<T extends object>(after: T, before: T): T {
  const parts = Object.entries(after).map(([name, value]) => [name, value - (before as Record<string, number>)[name]!])
  return Object.fromEntries(parts) as T
}
