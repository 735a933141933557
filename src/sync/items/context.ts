import type { Database, Transaction } from '#database'
import type { ItemMailbox } from '#mailbox'
import type { Alerts, Mailboxes, MailboxSetup } from '#mailboxes'
import type { Filters, Options, OrganizationSettings, Settings } from '#options'
import type { Access, Records } from '#records'
import type { Clock, NewId } from '#time'
import type { Post } from './letters/post.ts'
import type { ItemSettings } from './model.ts'
import type { FirstLooks } from './observe/firstLooks.ts'
import type { ItemStanding } from './store/mailboxState.ts'

/** What the synchronization of items stands on. */
export interface ItemDependencies {
  database: Database
  records: Records
  options: Options
  filters: Filters
  mailboxes: Mailboxes
  alerts: Alerts
  clock: Clock
  newId: NewId
  firstLooks?: FirstLooks
  /** Told the name of every effect just before it, and once more after it (`… done`); a simulation crashes here. */
  before?: (effect: string) => void | Promise<void>
}

/** One cycle of one mailbox: everything read once at its start. */
export interface ItemCycle {
  setup: MailboxSetup
  standing: ItemStanding
  /** The user whose mailbox it is, and as whom records are read and written (SE-1). */
  userId: string
  items: ItemMailbox
  /** By which attendees are told, where the items' server tells nobody. */
  post?: Post
  /** Who gave the ids of folders and items; another one than before means that they mean nothing any more (B-4). */
  connector: string
  organization: OrganizationSettings
  personal: Settings
  settings: ItemSettings
  /** Throws inside a transaction when the lease was lost: a late worker writes nothing (SC-2). */
  guard(tx: Transaction): Promise<void>
  signal?: AbortSignal
}

/** Counts of what a cycle did. */
export interface ItemTally {
  /** Items and records that were looked at because something about them had changed. */
  seen: number
  createdItems: number
  updatedItems: number
  removedItems: number
  createdRecords: number
  updatedRecords: number
  deletedRecords: number
  linked: number
  unlinked: number
  conflicts: number
  asked: number
  failed: number
}

export const newItemTally = (): ItemTally => ({
  seen: 0,
  createdItems: 0,
  updatedItems: 0,
  removedItems: 0,
  createdRecords: 0,
  updatedRecords: 0,
  deletedRecords: 0,
  linked: 0,
  unlinked: 0,
  conflicts: 0,
  asked: 0,
  failed: 0,
})

export function addItemTally<T extends ItemTally>(total: T, one: T): T {
  const sum = { ...one }
  for (const key of Object.keys(newItemTally()) as (keyof ItemTally)[]) sum[key] = total[key] + one[key]
  return sum
}

/** Records as the mailbox's user reads and writes them (SE-1). */
export function asOwner({ records }: Pick<ItemDependencies, 'records'>, { userId }: Pick<ItemCycle, 'userId'>): Access {
  return records.as({ kind: 'user', id: userId })
}
