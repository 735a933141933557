import type { Database, Transaction } from '#database'
import type { Mailbox } from '#mailbox'
import type { Alerts, Mailboxes, MailboxSetup } from '#mailboxes'
import type { Options, Settings } from '#options'
import type { Records } from '#records'
import type { Clock, NewId } from '#time'
import type { BlockRule, Mapping, TrackingSettings } from './model.ts'

/** What the incoming workload stands on. */
export interface IncomingDependencies {
  database: Database
  records: Records
  options: Options
  mailboxes: Mailboxes
  alerts: Alerts
  clock: Clock
  newId: NewId
  /** Told the name of every effect just before it, and once more after it (`… done`); a simulation crashes here. */
  before?: (effect: string) => void | Promise<void>
}

/** One cycle of one mailbox: everything read once at its start. */
export interface Cycle {
  setup: MailboxSetup
  mailbox: Mailbox
  organization: Settings & { organizationId: string }
  settings: TrackingSettings
  mappings: readonly Mapping[]
  blockRules: readonly BlockRule[]
  /** Throws inside a transaction when the lease was lost: a late worker writes nothing (SC-2). */
  guard(tx: Transaction): Promise<void>
  signal?: AbortSignal
}

/** Counts of what a cycle did; the reasons and methods are those of the decisions. */
export interface Tally {
  seen: number
  tracked: number
  linked: number
  notTracked: number
  suggested: number
  failed: number
  untracked: number
  byReason: Record<string, number>
  byCorrelation: Record<string, number>
  /** When the messages that were new in the Inbox arrived there; what hints should have announced (B-12). */
  arrivals: Date[]
}

export const newTally = (): Tally => ({
  seen: 0,
  tracked: 0,
  linked: 0,
  notTracked: 0,
  suggested: 0,
  failed: 0,
  untracked: 0,
  byReason: {},
  byCorrelation: {},
  arrivals: [],
})

/** Carries out one change of a cycle: in one transaction, under its lease (law 1, SC-2). */
export async function inTransaction<T>(
  dependencies: Pick<IncomingDependencies, 'database' | 'before'>,
  cycle: Pick<Cycle, 'guard'>,
  effect: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  await dependencies.before?.(effect)
  const result = await dependencies.database.transaction(async (tx) => {
    await cycle.guard(tx)
    return work(tx)
  })
  await dependencies.before?.(`${effect} done`)
  return result
}

/** Asks the server to change something, between two looks of the simulation. */
export async function onServer<T>(
  dependencies: Pick<IncomingDependencies, 'before'>,
  effect: string,
  deed: () => Promise<T>,
): Promise<T> {
  await dependencies.before?.(effect)
  const result = await deed()
  await dependencies.before?.(`${effect} done`)
  return result
}
