import { sql } from 'kysely'
import type { Executor } from '#database'
import type { FolderId, ItemId } from '#mailbox'
import type { KnownCopy } from './model.ts'

/** A row of `email_copy`: one message in one folder of one mailbox. */
export interface Copy extends KnownCopy {
  copyId: string
  folderId: FolderId
  itemId: ItemId
  key: string
  outgoing: boolean
  undeliverableCategory: boolean
  gone: boolean
}

interface CopyRow {
  copy_id: string
  folder_id: string
  item_id: string
  message_key: string
  outgoing: boolean
  state: KnownCopy['state']
  by_person: boolean
  email_id: string | null
  tracked_category: boolean
  undeliverable_category: boolean
  want_tracked: boolean | null
  want_undeliverable: boolean | null
  retries: number
  gone_on: Date | null
}

const columns = sql`copy_id, folder_id, item_id, message_key, outgoing, state, by_person, email_id, tracked_category,
  undeliverable_category, want_tracked, want_undeliverable, retries, gone_on`

function copyOf(row: CopyRow): Copy {
  return {
    copyId: row.copy_id,
    folderId: row.folder_id,
    itemId: row.item_id,
    key: row.message_key,
    outgoing: row.outgoing,
    state: row.state,
    byPerson: row.by_person,
    // A category we are about to set counts as set, so that our own mark never looks like a person's.
    trackedCategory: row.want_tracked ?? row.tracked_category,
    undeliverableCategory: row.want_undeliverable ?? row.undeliverable_category,
    retries: row.retries,
    gone: row.gone_on !== null,
    ...(row.email_id === null ? {} : { emailId: row.email_id }),
  }
}

/** The copies of items of one folder, by item id. */
export async function copiesOfItems(
  executor: Executor,
  mailboxId: string,
  folderId: FolderId,
  items: readonly ItemId[],
): Promise<Map<ItemId, Copy>> {
  if (!items.length) return new Map()
  const { rows } = await sql<CopyRow>`
    select ${columns} from email_copy
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and item_id = any(${[...items]}) and gone_on is null
  `.execute(executor)
  return new Map(rows.map((row) => [row.item_id, copyOf(row)]))
}

/** Every copy, gone ones included, of messages by key; the newest state of each key last. */
export async function copiesOfKeys(executor: Executor, mailboxId: string, keys: readonly string[]): Promise<Copy[]> {
  if (!keys.length) return []
  const { rows } = await sql<CopyRow>`
    select ${columns} from email_copy
    where mailbox_id = ${mailboxId} and message_key = any(${[...keys]})
    order by gone_on nulls last, copy_id
  `.execute(executor)
  return rows.map(copyOf)
}

/** Ids of the items believed to be in a folder; for connectors that compare. */
export async function itemsOfFolder(executor: Executor, mailboxId: string, folderId: FolderId): Promise<ItemId[]> {
  const { rows } = await sql<{ item_id: string }>`
    select item_id from email_copy where mailbox_id = ${mailboxId} and folder_id = ${folderId} and gone_on is null
  `.execute(executor)
  return rows.map((row) => row.item_id)
}

/** Items that left a folder. What a person decided about them stays, found by key. */
export async function markGone(
  executor: Executor,
  mailboxId: string,
  folderId: FolderId,
  items: readonly ItemId[],
  now: Date,
): Promise<void> {
  if (!items.length) return
  await sql`
    update email_copy set gone_on = ${now}, want_tracked = null, want_undeliverable = null
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and item_id = any(${[...items]}) and gone_on is null
  `.execute(executor)
}

/** A category that must be put on or taken off an item. */
export interface WantedMark {
  copyId: string
  folderId: FolderId
  itemId: ItemId
  tracked?: boolean
  undeliverable?: boolean
}

export async function wantedMarks(executor: Executor, mailboxId: string, limit = 1000): Promise<WantedMark[]> {
  const { rows } = await sql<CopyRow>`
    select ${columns} from email_copy
    where mailbox_id = ${mailboxId} and gone_on is null and (want_tracked is not null or want_undeliverable is not null)
    limit ${limit}
  `.execute(executor)
  return rows.map((row) => ({
    copyId: row.copy_id,
    folderId: row.folder_id,
    itemId: row.item_id,
    ...(row.want_tracked === null ? {} : { tracked: row.want_tracked }),
    ...(row.want_undeliverable === null ? {} : { undeliverable: row.want_undeliverable }),
  }))
}

/** The marks are on the items now. */
export async function marksDone(executor: Executor, copyIds: readonly string[]): Promise<void> {
  if (!copyIds.length) return
  await sql`
    update email_copy set
      tracked_category = coalesce(want_tracked, tracked_category),
      undeliverable_category = coalesce(want_undeliverable, undeliverable_category),
      want_tracked = null, want_undeliverable = null
    where copy_id = any(${[...copyIds]}::uuid[])
  `.execute(executor)
}
