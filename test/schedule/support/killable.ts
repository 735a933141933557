import { sql } from 'kysely'
import { openDatabase } from '#database'
import { assertFence, createSchedule, createWorker } from '#schedule'
import { seededRandom, systemClock } from '#time'

/** A worker process that is killed in the middle of its work. Arguments: database URL, key, seed. */
const [, , url = '', key = '', seed = '0'] = process.argv
const clock = systemClock
const random = seededRandom(Number(seed))
const database = await openDatabase({ url }, { key: { text: key }, migrations: false, connections: 4 })
const schedule = createSchedule({ database, clock, leaseMilliseconds: 1500 })

createWorker({
  database,
  clock,
  schedule,
  concurrency: 8,
  run: async (lease, signal) => {
    await clock.sleep(random() * 60, signal)
    await database.transaction(async (tx) => {
      await assertFence(tx, lease)
      const { mailboxId, fence, owner } = lease
      // The primary key refuses a second run under the same lease.
      await sql`insert into run_log (mailbox_id, fence, owner) values (${mailboxId}, ${fence}, ${owner})`.execute(tx)
      const { rows } = await sql<{ runs: number }>`select runs from run_count where mailbox_id = ${mailboxId}`.execute(
        tx,
      )
      await clock.sleep(random() * 10)
      // Read, then written: two cycles at once would lose one of their counts.
      await sql`update run_count set runs = ${(rows[0]?.runs ?? 0) + 1} where mailbox_id = ${mailboxId}`.execute(tx)
    })
    return { seen: 1, more: true, processed: 1, failed: 0 }
  },
  onError: (error) => process.stderr.write(`${String(error)}\n`),
})
