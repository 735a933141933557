import type { Database, Executor, Transaction } from '#database'
import type { Clock } from '#time'
import { claim, earliestDue, renew } from './claim.ts'
import { type Completion, complete, release } from './complete.ts'
import { type DueRequest, makeDue } from './due.ts'
import type { Lease, LeaseKey } from './model.ts'
import { pullIn, recover } from './recover.ts'
import { configure, disable, type Enrolment, enable, remove, resume, setPool } from './rows.ts'
import type { Settlement } from './settle.ts'
import { statusOf, type WorkloadStatus } from './status.ts'
import { take } from './take.ts'
import { setWatched, watchable } from './watched.ts'

/** The channel on which workers are woken. */
export const CHANNEL = 'schedule'

const LEASE_MILLISECONDS = 60_000
/** MO-81. */
const FORCED_UNLOCK_MILLISECONDS = 60 * 60_000
const PAUSE_MILLISECONDS = 5 * 60_000

export interface ScheduleOptions {
  database: Database
  /** The only source of "now"; the clocks of all processes must agree within seconds. */
  clock: Clock
  /** How long a worker that died keeps its mailboxes. Default one minute. */
  leaseMilliseconds?: number
  /** Default 60 minutes (MO-81). */
  forcedUnlockMilliseconds?: number
  /** How long a mailbox rests whose workers died three times in a row. Default five minutes. */
  pauseMilliseconds?: number
}

/**
 * The schedule of all mailboxes, shared by every process through the database. Functions that take `tx` run in the
 * caller's transaction; workers are woken when it commits.
 */
export interface Schedule {
  readonly leaseMilliseconds: number
  readonly forcedUnlockMilliseconds: number
  /** Sets how many cycles run at once in a pool (MB-14, SC-40); with 0 none starts (MB-26). */
  setPool(key: string, maximum: number, tx?: Transaction): Promise<void>
  /** Enables workloads, due at once, their failures forgotten (SC-5, MB-73). */
  enable(enrolments: readonly Enrolment[], tx?: Transaction): Promise<void>
  /** Changes limits of enrolled workloads; does not make them due. */
  configure(enrolments: readonly Enrolment[], tx?: Transaction): Promise<void>
  /** Stops workloads; a cycle that runs may write no more. */
  disable(keys: readonly LeaseKey[], tx?: Executor): Promise<void>
  /** Lets workloads that were stopped by \`disable\` run again, due at once; others stay as they are. */
  resume(keys: readonly LeaseKey[], tx?: Executor): Promise<void>
  remove(keys: readonly LeaseKey[], tx?: Transaction): Promise<void>
  /** Makes workloads due now; those that run, again right after (B-10, B-15). */
  makeDue(requests: readonly DueRequest[], tx?: Executor): Promise<void>
  /** The same, because the mail server hinted (B-12). */
  hint(requests: readonly DueRequest[]): Promise<void>
  /** Mailboxes are watched for hints from now on, or no longer (B-12). */
  setWatched(keys: readonly LeaseKey[], watched: boolean): Promise<void>
  /** Mailboxes for a worker to watch from its start, at most so many. */
  watchable(limit: number): Promise<string[]>
  /** The state of each workload of a mailbox (MO-80). */
  statusOf(mailboxId: string): Promise<WorkloadStatus[]>

  /** For workers: see `claim.ts`, `complete.ts`, `recover.ts`. */
  claim(owner: string, wanted: number): Promise<Lease[]>
  /** Out of turn, for a person who waits; see `take.ts`. */
  take(owner: string, key: LeaseKey): Promise<Lease | undefined>
  renew(owner: string, leases: readonly Lease[]): Promise<Lease[]>
  complete(settlements: readonly Settlement[]): Promise<Completion>
  release(leases: readonly Lease[]): Promise<void>
  recover(): Promise<number>
  /** Frees every lease, for a process that knows that no other works on the installation. */
  recoverAll(): Promise<number>
  pullIn(): Promise<number>
  earliestDue(): Promise<Date | undefined>
}

export function createSchedule(options: ScheduleOptions): Schedule {
  const { database, clock } = options
  const {
    leaseMilliseconds = LEASE_MILLISECONDS,
    forcedUnlockMilliseconds = FORCED_UNLOCK_MILLISECONDS,
    pauseMilliseconds = PAUSE_MILLISECONDS,
  } = options
  const { sql } = database

  async function change(tx: Executor | undefined, work: (executor: Executor) => Promise<void>): Promise<void> {
    await work(tx ?? sql)
    await database.notify(CHANNEL)
  }

  return {
    leaseMilliseconds,
    forcedUnlockMilliseconds,
    setPool: (key, maximum, tx) => change(tx, (executor) => setPool(executor, key, maximum)),
    enable: (enrolments, tx) => change(tx, (executor) => enable(executor, clock.now(), enrolments)),
    configure: (enrolments, tx) => change(tx, (executor) => configure(executor, clock.now(), enrolments)),
    disable: (keys, tx) => disable(tx ?? sql, keys),
    resume: (keys, tx) => change(tx, (executor) => resume(executor, clock.now(), keys)),
    remove: (keys, tx) => remove(tx ?? sql, keys),
    makeDue: (requests, tx) => change(tx, (executor) => makeDue(executor, clock.now(), requests)),
    hint: (requests) => change(undefined, (executor) => makeDue(executor, clock.now(), requests, true)),
    setWatched: (keys, watched) => setWatched(sql, keys, watched ? clock.now() : undefined),
    watchable: (limit) => watchable(sql, clock.now(), limit),
    statusOf: (mailboxId) => statusOf(sql, mailboxId),
    claim: (owner, wanted) => claim(sql, { now: clock.now(), owner, wanted, leaseMilliseconds }),
    take: (owner, key) => database.transaction((tx) => take(tx, { now: clock.now(), owner, leaseMilliseconds, key })),
    renew: (owner, leases) => renew(sql, { now: clock.now(), owner, leaseMilliseconds, leases }),
    complete: (settlements) => complete(sql, settlements),
    release: (leases) => release(sql, clock.now(), leases),
    recover: () => recover(sql, { now: clock.now(), forcedUnlockMilliseconds, pauseMilliseconds }),
    recoverAll: () => recover(sql, { now: clock.now(), forcedUnlockMilliseconds, pauseMilliseconds, all: true }),
    pullIn: () => pullIn(sql, { now: clock.now(), leaseMilliseconds }),
    earliestDue: () => earliestDue(sql),
  }
}
