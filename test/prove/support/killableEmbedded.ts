import { sql } from 'kysely'
import { LANE, type LeaseKey } from '#schedule'
import { openRegarding, type Regarding, startWorker } from '#sync'
import { systemClock } from '#time'

/**
 * An installation in one process, embedded store and worker, which is killed in the middle of its work; its mailboxes
 * are due again and again. Right before or after an effect, a transaction of a cycle or a change in a mailbox, it says how
 * many mailboxes the process before it had when it was killed. It begins when the directory is free, so that it may be
 * started before the other is dead. Arguments: directory, how many such moments come before that one, whether the cycle
 * stands still at it, and the process that goes first.
 */
const [, , directory = '', moments = '', stands = '', first = ''] = process.argv
const regarding = await openWhenFree()
const { rows } = await sql<LeaseKey & { lost: boolean }>`
  select mailbox_id as "mailboxId", workload, lost_count > 0 as lost from mailbox_schedule`.execute(
  regarding.database.sql,
)
let left = Number(moments)
Object.assign(regarding, {
  before: () => {
    if (left-- !== 0) return undefined
    process.stdout.write(`${rows.filter((row) => row.lost).length}\n`)
    return stands === 'stands' ? new Promise(() => {}) : undefined
  },
})
startWorker(regarding, {
  concurrency: 2,
  onError: (error, doing) => process.stderr.write(`${doing}: ${String(error)}\n`),
})
for (;;) {
  await regarding.schedule.makeDue(rows.map((key) => ({ ...key, lane: LANE.immediate })))
  await regarding.clock.sleep(100)
}

async function openWhenFree(): Promise<Regarding> {
  while (lives(Number(first))) await systemClock.sleep(10)
  for (;;)
    try {
      // Who is killed in every cycle must not rest between them.
      return await openRegarding({ directory }, { schedule: { pauseMilliseconds: 50 } })
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('already open'))) throw error
      await systemClock.sleep(10)
    }
}

function lives(pid: number): boolean {
  if (!pid) return false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
