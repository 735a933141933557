import { sql } from 'kysely'
import type { Target } from '#database'
import { startServer } from '#http'
import { openRegarding, startWorker } from '#sync'
import { systemClock } from '#time'
import { recordsOf } from '../support/accounts.ts'
import { addCrowd } from '../support/crowd.ts'
import { residentMegabytes } from '../support/resident.ts'
import type { SandboxPlace } from './sandbox.ts'

export interface SubscriptionsJob {
  target: Target
  place: SandboxPlace
  addresses: string[]
  /** How long the process is watched while nothing arrives. */
  seconds: number
}

export interface SubscriptionsResult {
  /** Megabytes of this process: with the installation open and served, and with all mailboxes read and subscribed to. */
  before: number
  after: number
  subscribed: number
  /** While nothing arrives, and while every mailbox is read once more and its subscription renewed. */
  idle: Effort
  renewing: Effort
}

interface Effort {
  seconds: number
  /** Processor seconds of this process. */
  processor: number
  cycles: number
}

const LONGEST = 300_000

const job = JSON.parse(process.argv[2] as string) as SubscriptionsJob
process.stdout.write(`${JSON.stringify(await measure(job))}\n`)

async function measure({ target, place, addresses, seconds }: SubscriptionsJob): Promise<SubscriptionsResult> {
  const regarding = await openRegarding(target)
  const { profile, mailbox } = recordsOf({ face: 'graph', place }, '')
  const members = addresses.map((address) => ({ address, mailbox }))
  const ids = await addCrowd(regarding, profile, members)
  const keys = ids.map((mailboxId) => ({ mailboxId, workload: 'incoming' as const }))
  const web = await startServer(regarding, { port: 0 })
  const before = await residentMegabytes()
  await regarding.schedule.enable(keys)
  let cycles = 0
  const running = startWorker(regarding, {
    publicUrl: web.url,
    onSettled: () => void cycles++,
    onError: (error) => {
      throw error
    },
  })
  await untilAll(ids.length, subscribed)
  // What the first readings left to do.
  await systemClock.sleep(2_000)
  const after = await residentMegabytes()
  const idle = await effort(() => systemClock.sleep(seconds * 1000))
  const renewing = await effort(async () => {
    for (const table of ['mailbox_subscribed', 'mailbox_subscription'])
      await sql`update ${sql.table(table)} set renew_at = now()`.execute(regarding.database.sql)
    await regarding.schedule.makeDue(keys.map((key) => ({ ...key, lane: 0 as const })))
    await untilAll(ids.length, subscribed)
  })
  const result = { before, after, subscribed: await subscribed(), idle, renewing }
  await running.stop()
  await web.close()
  await regarding.close()
  return result

  /** Mailboxes with a subscription that need not be renewed yet. */
  async function subscribed(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(distinct mailbox_id)::int as count from mailbox_subscribed
      where subscription_id is not null and renew_at > now()
        and mailbox_id in (select mailbox_id from mailbox_subscription where renew_at > now())`.execute(
      regarding.database.sql,
    )
    return rows[0]?.count ?? 0
  }

  async function effort(work: () => Promise<void>): Promise<Effort> {
    const [start, from, used] = [performance.now(), cycles, process.cpuUsage()]
    await work()
    const { user, system } = process.cpuUsage(used)
    return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6, cycles: cycles - from }
  }
}

/** @throws Error when it lasts too long */
async function untilAll(count: number, counted: () => Promise<number>): Promise<void> {
  const end = Date.now() + LONGEST
  while ((await counted()) < count) {
    if (Date.now() > end) throw new Error(`Only ${await counted()} of ${count} mailboxes are subscribed to.`)
    await systemClock.sleep(200)
  }
}
