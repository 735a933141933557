import { type RawBuilder, sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { FolderId, ItemId } from '#mailbox'
import type { WantedMark } from './copies.ts'
import type { KnownCopy } from './model.ts'

/** A copy to be written; a category that shall differ from what is on the item is wanted. */
export interface SavedCopy {
  copyId: string
  mailboxId: string
  folderId: FolderId
  itemId: ItemId
  key: string
  outgoing: boolean
  state: KnownCopy['state']
  byPerson: boolean
  emailId?: string
  receivedOn: Date
  trackedCategory: boolean
  undeliverableCategory: boolean
  wantTracked: boolean | undefined
  wantUndeliverable: boolean | undefined
  retries: number
  /**
   * Its going might never be told: `aside`, saved by a person's act beside the reading of its folder; `id`, saved ahead of
   * the cursor of its page.
   */
  sought?: 'aside' | 'id'
}

/**
 * Writes copies in one statement; an item that is known already takes the new state. Acts of people beside the reading of
 * the folder do not look at the categories of the item: what is known of them stays.
 */
export async function saveCopies(executor: Executor, copies: readonly SavedCopy[]): Promise<void> {
  const aside = sql`(excluded.sought is not distinct from 'aside')`
  await write(
    executor,
    copies,
    sql`on conflict (mailbox_id, folder_id, item_id) where gone_on is null do update set
      message_key = excluded.message_key, state = excluded.state, by_person = excluded.by_person, email_id = excluded.email_id,
      tracked_category = case when ${aside} then email_copy.tracked_category else excluded.tracked_category end,
      undeliverable_category = case when ${aside} then email_copy.undeliverable_category else excluded.undeliverable_category end,
      want_tracked = case when not ${aside} then excluded.want_tracked
        when excluded.state = 'tracked' then nullif(excluded.want_tracked, email_copy.tracked_category)
        else email_copy.want_tracked end,
      want_undeliverable = case when ${aside} then coalesce(excluded.want_undeliverable, email_copy.want_undeliverable)
        else excluded.want_undeliverable end,
      retries = excluded.retries,
      sought = coalesce(excluded.sought, nullif(email_copy.sought, 'id'))`,
  )
}

/**
 * Writes copies of items of which none is known, at two thirds of the cost.
 * @throws DatabaseError 23505 when one is known by now.
 */
export function insertCopies(executor: Executor, copies: readonly SavedCopy[]): Promise<void> {
  return write(executor, copies, sql``)
}

async function write(executor: Executor, copies: readonly SavedCopy[], onConflict: RawBuilder<unknown>): Promise<void> {
  if (!copies.length) return
  const rows = copies.map((copy) => ({
    copy_id: copy.copyId,
    mailbox_id: copy.mailboxId,
    folder_id: copy.folderId,
    item_id: copy.itemId,
    message_key: copy.key,
    outgoing: copy.outgoing,
    state: copy.state,
    by_person: copy.byPerson,
    email_id: copy.emailId ?? null,
    received_on: copy.receivedOn,
    tracked_category: copy.trackedCategory,
    undeliverable_category: copy.undeliverableCategory,
    want_tracked: copy.wantTracked ?? null,
    want_undeliverable: copy.wantUndeliverable ?? null,
    retries: copy.retries,
    sought: copy.sought ?? null,
  }))
  const names = sql.join(COLUMNS.map(({ name }) => sql.id(name)))
  await sql`
    insert into email_copy (${names}) select ${names} from ${rowset(rows, COLUMNS, 'r')} ${onConflict}
  `.execute(executor)
}

/** New copies of one page differ in what names them only. */
const COLUMNS = [
  { name: 'copy_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid', even: true },
  { name: 'folder_id', type: 'text', even: true },
  { name: 'item_id', type: 'text' },
  { name: 'message_key', type: 'text' },
  { name: 'outgoing', type: 'boolean', even: true },
  { name: 'state', type: 'text', even: true },
  { name: 'by_person', type: 'boolean', even: true },
  { name: 'email_id', type: 'uuid', even: true },
  { name: 'received_on', type: 'timestamptz' },
  { name: 'tracked_category', type: 'boolean', even: true },
  { name: 'undeliverable_category', type: 'boolean', even: true },
  { name: 'want_tracked', type: 'boolean', even: true },
  { name: 'want_undeliverable', type: 'boolean', even: true },
  { name: 'retries', type: 'integer', even: true },
  { name: 'sought', type: 'text', even: true },
]

/**
 * New items that carry the category are those, moved, from which it was to be taken off when they were lost: what the
 * lost copies still wanted is seen to by the new ones.
 */
export async function meetRemovals(executor: Executor, copies: readonly SavedCopy[]): Promise<void> {
  if (!copies.length) return
  await sql`
    update email_copy c set want_tracked = null
    from unnest(${copies.map((copy) => copy.mailboxId)}::uuid[], ${copies.map((copy) => copy.key)}::text[]) as met(mailbox_id, key)
    where c.mailbox_id = met.mailbox_id and c.message_key = met.key and c.gone_on is not null and c.want_tracked = false
  `.execute(executor)
}

/**
 * Items that left a folder. What a person decided about them stays, found by key; also that the category is to be taken
 * off, which the message may carry elsewhere.
 */
export async function markGone(
  executor: Executor,
  mailboxId: string,
  folderId: FolderId,
  items: readonly ItemId[],
  now: Date,
): Promise<void> {
  if (!items.length) return
  await sql`
    update email_copy set gone_on = ${now}, sought = null, want_tracked = nullif(want_tracked, true), want_undeliverable = null
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and item_id = any(${[...items]}) and gone_on is null
  `.execute(executor)
}

/** The marks are on the items now. What a person wished meanwhile is still wanted. */
export async function marksDone(executor: Executor, marks: readonly WantedMark[]): Promise<void> {
  if (!marks.length) return
  const done = marks.map(({ copyId, tracked, undeliverable }) => ({
    copy_id: copyId,
    tracked: tracked ?? null,
    undeliverable: undeliverable ?? null,
  }))
  await sql`
    update email_copy c set
      tracked_category = coalesce(d.tracked, c.tracked_category),
      undeliverable_category = coalesce(d.undeliverable, c.undeliverable_category),
      want_tracked = nullif(c.want_tracked, d.tracked),
      want_undeliverable = nullif(c.want_undeliverable, d.undeliverable)
    from ${rowset(done, DONE, 'd')}
    where c.copy_id = d.copy_id
  `.execute(executor)
}

const DONE = [
  { name: 'copy_id', type: 'uuid' },
  { name: 'tracked', type: 'boolean' },
  { name: 'undeliverable', type: 'boolean' },
]
