import type { Target } from '#database'
import { openRegarding, startWorker } from '#sync'
import { systemClock } from '#time'
import { recordsOf } from '../support/accounts.ts'
import { addCrowd } from '../support/crowd.ts'
import { residentMegabytes } from '../support/resident.ts'

export interface MemoryJob {
  target: Target
  host: string
  port: number
  users: string[]
}

export interface MemoryResult {
  /** Megabytes of this process: with the installation open, and with all mailboxes read and watched. */
  before: number
  after: number
  watched: number
}

/** A worker finds mailboxes due for so long at most. */
const LONGEST = 300_000

const job = JSON.parse(process.argv[2] as string) as MemoryJob
process.stdout.write(`${JSON.stringify(await measure(job))}\n`)

async function measure({ target, host, port, users }: MemoryJob): Promise<MemoryResult> {
  const regarding = await openRegarding(target)
  const recordsOfUser = (user: string) => recordsOf({ host, port, user }, `${user}@adatum.example`)
  const ids = await addCrowd(
    regarding,
    recordsOfUser('').profile,
    users.map((user) => ({ address: `${user}@adatum.example`, mailbox: recordsOfUser(user).mailbox })),
  )
  const before = await residentMegabytes()
  await regarding.schedule.enable(ids.map((mailboxId) => ({ mailboxId, workload: 'incoming' as const })))
  const running = startWorker(regarding, {
    maximumWatches: users.length,
    onError: (error) => {
      throw error
    },
  })
  const end = Date.now() + LONGEST
  while (running.watches.count < users.length && Date.now() < end) await systemClock.sleep(200)
  await systemClock.sleep(2_000)
  const after = await residentMegabytes()
  const watched = running.watches.count
  await running.stop()
  await regarding.close()
  return { before, after, watched }
}
