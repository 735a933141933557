import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { FolderId, ItemChange, ItemHeaders, ItemId } from '#mailbox'
import { type Copy, copiesSoughtByKey, withCategory } from './copies.ts'
import { TRACKED_CATEGORY } from './marks.ts'
import { keyOf } from './observe.ts'
import { holdMailbox } from './race.ts'

/**
 * A folder is listed from its start when it is new, when it was mapped (FT-21), and when its cursor was lost (B-14). What
 * was known of its items stays: each copy is sought until the listing meets it, and is gone when it never does.
 */

/** From here on every copy of the folder must be found again by its id. */
export async function beginListing(tx: Executor, mailboxId: string, folderId: FolderId): Promise<void> {
  await sql`
    update email_copy set sought = 'id' where mailbox_id = ${mailboxId} and folder_id = ${folderId} and gone_on is null
  `.execute(tx)
}

/** The server gave, or may give, new ids: no item is known any more until it is found by its key. */
export async function loseIds(tx: Executor, mailboxId: string, folders: readonly FolderId[], now: Date): Promise<void> {
  await sql`
    update email_copy set gone_on = ${now}, sought = 'key'
    where mailbox_id = ${mailboxId} and folder_id = any(${[...folders]}) and gone_on is null
  `.execute(tx)
}

/** Items of a page that were found by their ids. */
export async function findById(
  tx: Executor,
  mailboxId: string,
  folderId: FolderId,
  items: readonly ItemId[],
): Promise<void> {
  if (!items.length) return
  await sql`
    update email_copy set sought = null
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and item_id = any(${[...items]}) and sought = 'id'
  `.execute(tx)
}

/** The listing is complete: what it did not meet is gone, unless it left out what is older than `after`. */
export async function endListing(
  tx: Executor,
  mailboxId: string,
  folderId: FolderId,
  now: Date,
  after: Date | undefined,
): Promise<void> {
  const stays = sql`sought = 'id' and received_on < coalesce(${after ?? null}::timestamptz, '-infinity')`
  await sql`
    update email_copy set sought = null where mailbox_id = ${mailboxId} and folder_id = ${folderId} and ${stays}
  `.execute(tx)
  await sql`
    update email_copy set sought = null, gone_on = coalesce(gone_on, ${now}), want_tracked = nullif(want_tracked, true),
      want_undeliverable = null
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and sought in ('id', 'key')
  `.execute(tx)
}

/**
 * Recognizes items of a page as copies whose ids were lost. The tracked category of a message that lost it together with
 * its id is put on again: servers that lose their records lose both.
 */
export async function recognize(
  executor: Executor,
  mailboxId: string,
  folderId: FolderId,
  strangers: readonly ItemChange[],
  readHeaders: (ids: readonly ItemId[]) => Promise<readonly ItemHeaders[]>,
  /** The items can hold categories. */
  categories: boolean,
): Promise<Copy[]> {
  if (!strangers.length) return []
  const sought = await copiesSoughtByKey(executor, mailboxId, folderId)
  if (!sought.length) return []
  const headers = new Map((await readHeaders(strangers.map((change) => change.id))).map((item) => [item.id, item]))
  return strangers.flatMap((change) => {
    const item = headers.get(change.id)
    const index = item ? sought.findIndex((copy) => copy.key === keyOf(item.headers, item.size)) : -1
    if (index < 0) return []
    const [copy] = sought.splice(index, 1) as [Copy]
    const seenTracked = copy.seenTracked && (!categories || change.categories.includes(TRACKED_CATEGORY))
    const wantTracked = copy.wantTracked ?? (copy.seenTracked && !seenTracked ? true : undefined)
    return [{ ...withCategory(copy, seenTracked, wantTracked), itemId: change.id, gone: false }]
  })
}

/**
 * Copies that were recognized lie in the folder again, but for items that a person tracked meanwhile: these have copies.
 * @returns those that do
 */
export async function adopt(tx: Executor, mailboxId: string, found: readonly Copy[]): Promise<Copy[]> {
  if (!found.length) return []
  await holdMailbox(tx, mailboxId)
  const rows = found.map((copy) => ({
    copy_id: copy.copyId,
    item_id: copy.itemId,
    tracked_category: copy.seenTracked,
    want_tracked: copy.wantTracked ?? null,
  }))
  const { rows: adopted } = await sql<{ copy_id: string }>`
    update email_copy c set item_id = r.item_id, gone_on = null, sought = null, tracked_category = r.tracked_category,
      want_tracked = r.want_tracked
    from ${rowset(rows, ADOPTED, 'r')}
    where c.copy_id = r.copy_id and not exists (select from email_copy o where o.mailbox_id = c.mailbox_id
      and o.folder_id = c.folder_id and o.item_id = r.item_id and o.gone_on is null)
    returning c.copy_id
  `.execute(tx)
  const ids = new Set(adopted.map((row) => row.copy_id))
  return found.filter((copy) => ids.has(copy.copyId))
}

const ADOPTED = [
  { name: 'copy_id', type: 'uuid' },
  { name: 'item_id', type: 'text' },
  { name: 'tracked_category', type: 'boolean' },
  { name: 'want_tracked', type: 'boolean' },
]
