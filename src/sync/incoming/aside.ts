import { sql } from 'kysely'
import type { FolderId, ItemId } from '#mailbox'
import { type Cycle, type IncomingDependencies, inTransaction } from './context.ts'
import { markGone } from './copies.ts'

/**
 * Copies that a person's act saved beside the reading of their folders. An item that came and went between two readings
 * is never told as removed by a server that compares counts; so each is asked for once, after the next reading.
 */

/** The items saved aside so far, by folder; asked before folders are read. */
export async function itemsAside(
  { database }: Pick<IncomingDependencies, 'database'>,
  mailboxId: string,
): Promise<Map<FolderId, ItemId[]>> {
  const { rows } = await sql<{ folder_id: string; items: string[] }>`
    select folder_id, array_agg(item_id order by item_id) as items from email_copy
    where mailbox_id = ${mailboxId} and sought = 'aside' and gone_on is null group by folder_id
  `.execute(database.sql)
  return new Map(rows.map((row) => [row.folder_id, row.items]))
}

/** After the folder was read to its end: those that are still there are known to the server's account of the folder. */
export async function proveAside(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: FolderId,
  items: readonly ItemId[],
): Promise<void> {
  const there = new Set((await cycle.mailbox.headers(folderId, items)).map((item) => item.id))
  const gone = items.filter((item) => !there.has(item))
  await inTransaction(dependencies, cycle, 'prove aside', async (tx) => {
    await markGone(tx, cycle.setup.id, folderId, gone, dependencies.clock.now())
    await sql`
      update email_copy set sought = null
      where mailbox_id = ${cycle.setup.id} and folder_id = ${folderId} and item_id = any(${[...items]}) and sought = 'aside'
    `.execute(tx)
  })
}
