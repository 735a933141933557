import { sql } from 'kysely'
import { LANE, type LeaseKey } from '#schedule'
import { openRegarding, startWorker } from '#sync'
import { SOON } from './soon.ts'

/**
 * An installation in one process, embedded store and worker, which is killed in the middle of its work; its mailboxes
 * are due again and again. After some cycles it says how many mailboxes the process before it had when it was killed.
 * Arguments: directory, cycles.
 */
const [, , directory = '', cycles = ''] = process.argv
const regarding = await openRegarding({ directory }, { schedule: SOON })
const { rows } = await sql<LeaseKey & { lost: boolean }>`
  select mailbox_id as "mailboxId", workload, lost_count > 0 as lost from mailbox_schedule`.execute(
  regarding.database.sql,
)
let left = Number(cycles)
const step = () => {
  if (left-- === 0) process.stdout.write(`${rows.filter((row) => row.lost).length}\n`)
}
step()
startWorker(regarding, {
  concurrency: 2,
  onSettled: step,
  onError: (error, doing) => process.stderr.write(`${doing}: ${String(error)}\n`),
})
for (;;) {
  await regarding.schedule.makeDue(rows.map((key) => ({ ...key, lane: LANE.immediate })))
  await regarding.clock.sleep(200)
}
