import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Reference } from '#records'

/**
 * Where item synchronization keeps a record by id and table. `stays`: it tells what was done to that record, or is
 * noticed again.
 */
export const ITEM_POINTERS = [
  { table: 'item_conflict', id: 'record_id', kind: 'record_table', stays: false },
  { table: 'item_decision', id: 'record_id', kind: 'record_table', stays: true },
  { table: 'item_letter', id: 'record_id', kind: 'record_table', stays: true },
  { table: 'item_link', id: 'record_id', kind: 'record_table', stays: false },
  { table: 'item_undo', id: 'record_id', kind: 'record_table', stays: true },
  { table: 'item_work', id: 'record_id', kind: 'record_table', stays: true },
] as const

/**
 * The mailbox items of a record that was merged into another are that one's from now on (DU-21), and the next cycles write
 * its values to them. A mailbox that holds items of both keeps them: the merged record is inactive, and its own goes the
 * way of what no filter returns (AP-93). Both records are changed by merging, so the change feed tells of them.
 */
export async function followItemMerge({ from, to }: { from: Reference; to: Reference }, tx: Executor): Promise<void> {
  const { rows } = await sql<{ mailbox: string }>`
    update item_link l set record_id = ${to.id}::uuid, record_version = null
    where record_id = ${from.id}::uuid and record_table = ${from.table} and not exists (
      select from item_link other where other.mailbox_id = l.mailbox_id and other.record_table = l.record_table
        and other.record_id = ${to.id}::uuid)
    returning mailbox_id as mailbox`.execute(tx)
  if (!rows.length) return
  await sql`update item_conflict set record_id = ${to.id}::uuid where record_id = ${from.id}::uuid
    and record_table = ${from.table} and mailbox_id = any(${rows.map(({ mailbox }) => mailbox)}::uuid[])`.execute(tx)
}
