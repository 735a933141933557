import { sql } from 'kysely'
import type { Database } from '#database'
import { type CycleOutcome, createSchedule, DEFAULT_SETTINGS, type Lease, type Schedule, settle } from '#schedule'
import { SimulatedClock } from '#time'
import { type Engine, openTestDatabase } from '../../support/database.ts'

export const MINUTE = 60_000
export const NOTHING: CycleOutcome = { seen: 0, more: false, processed: 0, failed: 0 }

/** A database that counts the statements run on it. */
export interface CountedDatabase {
  database: Database
  statements: () => number
}

export async function openCounted(engine: Engine): Promise<CountedDatabase> {
  const database = await openTestDatabase(engine)
  let count = 0
  const counting = database.sql.withPlugin({
    transformQuery: ({ node }) => {
      count++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  return { database: { ...database, sql: counting }, statements: () => count }
}

/** An empty schedule under a simulated clock. The tests of a file share a database and empty it between them. */
export interface World {
  clock: SimulatedClock
  schedule: Schedule
  /** Ends leases as if their cycles had reported `outcome` now. */
  end(leases: readonly Lease[], outcome?: CycleOutcome): ReturnType<Schedule['complete']>
}

export async function newWorld(database: Database, leaseMilliseconds = MINUTE): Promise<World> {
  await sql`delete from mailbox_schedule`.execute(database.sql)
  await sql`delete from schedule_pool where key not in ('none', 'forward')`.execute(database.sql)
  await sql`update schedule_pool set paused_until = null`.execute(database.sql)
  const clock = new SimulatedClock()
  const schedule = createSchedule({ database, clock, leaseMilliseconds })
  return {
    clock,
    schedule,
    end: (leases, outcome = NOTHING) =>
      schedule.complete(leases.map((lease) => settle(lease, outcome, clock.now(), DEFAULT_SETTINGS))),
  }
}

/** The same ids for the same numbers, in ascending order. */
export function mailbox(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}

export function numberOf(mailboxId: string): number {
  return Number.parseInt(mailboxId.slice(-12), 16)
}

export function mailboxes(count: number): string[] {
  return Array.from({ length: count }, (_, index) => mailbox(index + 1))
}
