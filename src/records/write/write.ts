import type { Executor, Secrets } from '#database'
import type { NewId } from '#time'
import type { Access, ChangeOptions, Principal, Values } from '../access.ts'
import type { Switches } from '../audit/policy.ts'
import type { SecurityContext } from '../security/context.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'

/** Everything a write needs beside its rows. The executor is a transaction. */
export interface Write {
  tx: Executor
  catalogue: Catalogue
  context: SecurityContext
  now: Date
  newId: NewId
  secrets: Secrets
  /** What rooms above want to do in the same transaction after rows of a table changed. */
  reactions: readonly Reaction[]
  options: ChangeOptions
  /** The installation's own code. */
  code: CodePoints | undefined
  /** As whoever writes, in this transaction. */
  access: () => Access
  /** What is audited otherwise than declared. */
  audit: Switches
  /** Whether the organization looks for duplicates when people save records. */
  detectsDuplicates: (tx: Executor) => Promise<boolean>
}

export type ChangeKind = 'create' | 'update' | 'delete'

/** Rows of one table that one write changed. */
export interface RowsChanged {
  table: string
  kind: ChangeKind
  rows: readonly { id: string; columns: readonly string[] }[]
  principal: Principal
  /** Of new parts, such as parties: the tables of what they belong to. */
  parents?: ReadonlySet<string>
}

/**
 * Runs in the transaction of the write, after it, e.g. to give a new user a mailbox (MB-30). An error undoes the write.
 */
export interface Reaction {
  table: string
  kinds: readonly ChangeKind[]
  /** Just before rows are deleted, while they can be read; not for what goes along with others. */
  before?: true
  react(change: RowsChanged, tx: Executor): Promise<void>
}

/** One row that is about to be written, as it was given. */
export interface CodeRow {
  /** Of rows that exist. */
  id?: string
  values: Values
}

/** A write that is about to happen. */
export interface CodeEvent {
  message: 'create' | 'update' | 'delete'
  table: string
  rows: readonly CodeRow[]
  principal: Principal
  /** As whoever writes, in the transaction. */
  access: Access
}

/** What an installation does of its own about writes. */
export interface CodePoints {
  /** @returns the rows as they shall be written. @throws RecordError `IsvAborted` */
  before(event: CodeEvent): Promise<readonly CodeRow[]>
  after(change: RowsChanged, tx: Executor): Promise<void>
}

export async function react(write: Write, change: RowsChanged): Promise<void> {
  if (change.rows.length === 0) return
  await write.code?.after(change, write.tx)
  await reactAt(write, change, undefined)
}

/** What is wanted to be done while rows that are about to be deleted can still be read. */
export function reactBefore(write: Write, change: RowsChanged): Promise<void> {
  return reactAt(write, change, true)
}

/** Sharing changes nothing that a record holds, so that an installation's own code is not told of it. */
export function reactToSharing(write: Write, change: RowsChanged): Promise<void> {
  return reactAt(write, change, undefined)
}

async function reactAt(write: Write, change: RowsChanged, before: true | undefined): Promise<void> {
  for (const reaction of write.reactions)
    if (reaction.table === change.table && reaction.kinds.includes(change.kind) && reaction.before === before)
      await reaction.react(change, write.tx)
}

/** Whether the table is one of those that no one writes row by row. */
export const isWritable = (table: Table): boolean =>
  !table.view && table.name !== 'principalobjectaccess' && table.name !== 'audit'

export function groupBy<K, T>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
