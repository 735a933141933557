import { sql } from 'kysely'
import { type Executor, textArray } from '#database'
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
  /** The tracked category as last seen on the item, and as our own hand is about to change it. */
  seenTracked: boolean
  wantTracked?: boolean
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
    ...categoryOf(row.tracked_category, row.want_tracked ?? undefined),
    undeliverableCategory: row.want_undeliverable ?? row.undeliverable_category,
    retries: row.retries,
    gone: row.gone_on !== null,
    ...(row.email_id === null ? {} : { emailId: row.email_id }),
  }
}

/** A category that is about to be set counts as set. */
function categoryOf(
  seenTracked: boolean,
  wantTracked: boolean | undefined,
): Pick<Copy, 'seenTracked' | 'trackedCategory' | 'removalPending'> & { wantTracked?: boolean } {
  return {
    seenTracked,
    trackedCategory: wantTracked ?? seenTracked,
    removalPending: wantTracked === false,
    ...(wantTracked === undefined ? {} : { wantTracked }),
  }
}

/** The copy with another state of its category. */
export function withCategory(copy: Copy, seenTracked: boolean, wantTracked: boolean | undefined): Copy {
  const { wantTracked: _, ...rest } = copy
  return { ...rest, ...categoryOf(seenTracked, wantTracked) }
}

/** Copies of a folder that a listing must find again by their keys. */
export async function copiesSoughtByKey(executor: Executor, mailboxId: string, folderId: FolderId): Promise<Copy[]> {
  const { rows } = await sql<CopyRow>`
    select ${columns} from email_copy
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and sought = 'key'
    order by copy_id
  `.execute(executor)
  return rows.map(copyOf)
}

/** The copies of items of one folder, by item id. */
export async function copiesOfItems(
  executor: Executor,
  mailboxId: string,
  folderId: FolderId,
  items: readonly ItemId[],
): Promise<Map<ItemId, Copy>> {
  if (!items.length) return new Map()
  // Item by item through the unique index: without statistics, as in a first backfill, a join would walk the mailbox.
  const { rows } = await sql<CopyRow>`
    select c.* from unnest(${textArray(items)}::text[]) as wanted(id) cross join lateral (
      select ${columns} from email_copy
      where mailbox_id = ${mailboxId} and folder_id = ${folderId} and item_id = wanted.id and gone_on is null limit 1) as c
  `.execute(executor)
  return new Map(rows.map((row) => [row.item_id, copyOf(row)]))
}

/** Every copy, gone ones included, of messages by key; the newest state of each key last. */
export async function copiesOfKeys(executor: Executor, mailboxId: string, keys: readonly string[]): Promise<Copy[]> {
  if (!keys.length) return []
  const { rows } = await sql<CopyRow>`
    select c.* from unnest(${textArray([...new Set(keys)])}::text[]) as wanted(key) cross join lateral (
      select ${columns} from email_copy
      where mailbox_id = ${mailboxId} and message_key = wanted.key offset 0) as c
    order by gone_on nulls last, copy_id
  `.execute(executor)
  return rows.map(copyOf)
}

/**
 * Copies whose last attempt failed and that are to be tried again, once per cycle (SC-57); those that a person asked for
 * are tried as that request is.
 */
export async function pendingCopies(
  executor: Executor,
  mailboxId: string,
  mostAttempts: number,
  limit = 100,
): Promise<Copy[]> {
  const { rows } = await sql<CopyRow>`
    select ${columns} from email_copy
    where mailbox_id = ${mailboxId} and gone_on is null and state = 'pending'
      and not exists (select from track_request r where r.mailbox_id = email_copy.mailbox_id
        and r.message_id = email_copy.message_key and r.attempts < ${mostAttempts})
    order by received_on, copy_id limit ${limit}
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

/** A category that must be put on or taken off an item. */
export interface WantedMark {
  copyId: string
  folderId: FolderId
  itemId: ItemId
  tracked?: boolean
  undeliverable?: boolean
}

export async function wantedMarks(executor: Executor, mailboxId: string, limit: number): Promise<WantedMark[]> {
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

export interface MailboxCopy extends Copy {
  mailboxId: string
}

/** The copies of an email, or of every email of its conversation, in all mailboxes (B-60). */
export async function copiesOfEmails(
  executor: Executor,
  of: { emailId: string; threadId?: string },
): Promise<MailboxCopy[]> {
  const which = of.threadId
    ? sql`email_id in (select activityid from email where threadid = ${of.threadId})`
    : sql`email_id = ${of.emailId}`
  const { rows } = await sql<CopyRow & { mailbox_id: string }>`
    select mailbox_id, ${columns} from email_copy where ${which} order by mailbox_id, copy_id
  `.execute(executor)
  return rows.map((row) => ({ ...copyOf(row), mailboxId: row.mailbox_id }))
}
