import type { Database, Executor, Transaction } from '#database'
import type { Mailbox } from '#mailbox'
import type { Alerts, Mailboxes, MailboxSetup } from '#mailboxes'
import type { Options, Settings } from '#options'
import { type Access, type Principal, type Records, type Row, SYSTEM } from '#records'
import type { Schedule } from '#schedule'
import type { Clock, NewId } from '#time'

/** What sending stands on. */
export interface OutgoingDependencies {
  database: Database
  records: Records
  options: Options
  mailboxes: Mailboxes
  alerts: Alerts
  schedule: Schedule
  clock: Clock
  newId: NewId
  /** Told the name of every effect just before it, and once more after it (`… done`); a simulation crashes here. */
  before?: (effect: string) => void | Promise<void>
}

/** One cycle of the outgoing workload of one mailbox. */
export interface OutgoingCycle {
  setup: MailboxSetup
  mailbox: Mailbox
  organization: Settings & { organizationId: string }
  /** Throws inside a transaction when the lease was lost: a late worker writes nothing (SC-2). */
  guard(tx: Transaction): Promise<void>
  signal?: AbortSignal
}

/** Does something within the transaction that the caller has begun, or one of its own. */
export function atomically<T>(
  { database }: Pick<OutgoingDependencies, 'database'>,
  executor: Executor | undefined,
  work: (tx: Executor) => Promise<T>,
): Promise<T> {
  return executor ? work(executor) : database.transaction(work)
}

/** One change of a cycle, under its lease. */
export async function inTransaction<T>(
  { database, before }: Pick<OutgoingDependencies, 'database' | 'before'>,
  cycle: Pick<OutgoingCycle, 'guard'>,
  effect: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  await before?.(effect)
  const result = await database.transaction(async (tx) => {
    await cycle.guard(tx)
    return work(tx)
  })
  await before?.(`${effect} done`)
  return result
}

/** Asks the mail server, between two looks of the simulation. */
export async function onServer<T>(
  { before }: Pick<OutgoingDependencies, 'before'>,
  effect: string,
  deed: () => Promise<T>,
): Promise<T> {
  await before?.(effect)
  const result = await deed()
  await before?.(`${effect} done`)
  return result
}

/** The rows of a table in which a column has one of the values. */
export async function rowsWhere(
  access: Access,
  table: string,
  column: string,
  values: readonly string[],
  more: { columns?: readonly string[]; order?: string } = {},
): Promise<Row[]> {
  if (!values.length) return []
  const page = await access.query({
    table,
    filter: { kind: 'filter', type: 'and', items: [{ kind: 'condition', column, operator: 'in', values }] },
    ...(more.columns ? { columns: more.columns } : {}),
    ...(more.order ? { order: [{ column: more.order }] } : {}),
  })
  return page.rows
}

export function systemIn({ records }: Pick<OutgoingDependencies, 'records'>, executor: Executor): Access {
  return records.as(SYSTEM).in(executor)
}

/** The user on whose behalf something is done. */
export function userOf(principal: Principal): string | undefined {
  return principal.kind === 'user' ? principal.id : undefined
}

export function text(row: Row, column: string): string | undefined {
  const value = row[column]
  return typeof value === 'string' && value !== '' ? value : undefined
}
