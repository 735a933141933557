import { sql } from 'kysely'
import type { Database } from '#database'
import { createSchedule, DEFAULT_SETTINGS, settle } from '#schedule'
import { SimulatedClock } from '#time'

export interface ScheduleMeasure {
  mailboxes: number
  /** Rows claimed and completed in a second of wall-clock time, by claims of 20 and by single ones. */
  batchedPerSecond: number
  singlePerSecond: number
  /** Statements per cycle, in batches of 20. */
  statementsPerCycle: number
}

const BATCH = 20

/**
 * Measures claiming and completing with `mailboxes` rows enrolled, all due, against a database of the caller's that has
 * no other work. Removes what it made. `milliseconds` is the time for each of the two measurements.
 */
export async function measureSchedule(
  database: Database,
  options: { mailboxes?: number; milliseconds?: number; workers?: number } = {},
): Promise<ScheduleMeasure> {
  const { mailboxes = 100_000, milliseconds = 4_000, workers = 4 } = options
  let statements = 0
  const counted = database.sql.withPlugin({
    transformQuery: ({ node }) => {
      statements++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const clock = new SimulatedClock()
  const schedule = createSchedule({ database: { ...database, sql: counted }, clock })
  await enrol(database, mailboxes, clock.now())

  async function run(batch: number): Promise<{ perSecond: number; perCycle: number }> {
    const started = performance.now()
    const before = statements
    let cycles = 0
    const worker = async (owner: string) => {
      while (performance.now() - started < milliseconds) {
        const leases = await schedule.claim(owner, batch)
        // A table that ran dry starts over, two minutes later.
        if (leases.length === 0) await clock.advance(120_000)
        const outcome = { seen: 20, more: false, processed: 20, failed: 0 }
        await schedule.complete(leases.map((lease) => settle(lease, outcome, clock.now(), DEFAULT_SETTINGS)))
        cycles += leases.length
      }
    }
    await Promise.all(Array.from({ length: workers }, (_, index) => worker(`bench ${index}`)))
    return {
      perSecond: Math.round((cycles * 1000) / (performance.now() - started)),
      perCycle: (statements - before) / Math.max(1, cycles),
    }
  }

  const batched = await run(BATCH)
  const single = await run(1)
  await sql`delete from mailbox_schedule where pool_key = 'bench'`.execute(database.sql)
  await sql`delete from schedule_pool where key = 'bench'`.execute(database.sql)
  return {
    mailboxes,
    batchedPerSecond: batched.perSecond,
    singlePerSecond: single.perSecond,
    statementsPerCycle: Number(batched.perCycle.toFixed(3)),
  }
}

async function enrol(database: Database, mailboxes: number, now: Date): Promise<void> {
  await sql`insert into schedule_pool (key, maximum) values ('bench', 1000000) on conflict do nothing`.execute(
    database.sql,
  )
  await sql`
    insert into mailbox_schedule (mailbox_id, workload, pool_key, next_due)
    select gen_random_uuid(), 'incoming', 'bench', ${now.toISOString()}::timestamptz
    from generate_series(1, ${mailboxes}::integer)`.execute(database.sql)
  await sql`analyze mailbox_schedule`.execute(database.sql)
}
