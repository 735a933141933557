import { sql } from 'kysely'
import type { FolderId, ItemId } from '#mailbox'
import { type Cycle, type IncomingDependencies, inTransaction } from './context.ts'
import { markGone } from './saveCopies.ts'

/**
 * Copies that a person's act saved beside the reading of their folders, or a crash left ahead of the cursor. An item that
 * came and went between two readings is never told as removed by a server that compares counts; so each is asked for
 * once, after the next reading.
 */

/** Joined to `email_copy c`: those that nobody else finds out about. A listing under way seeks its own. */
export const asideFolder = sql`mailbox_folder f on f.mailbox_id = c.mailbox_id and f.folder_id = c.folder_id and f.listed
  and c.sought in ('id', 'aside') and c.gone_on is null`

/** The items saved aside so far, by folder; asked before folders are read. */
export async function itemsAside(
  { database }: Pick<IncomingDependencies, 'database'>,
  mailboxId: string,
): Promise<Map<FolderId, ItemId[]>> {
  const { rows } = await sql<{ folder_id: string; items: string[] }>`
    select c.folder_id, array_agg(c.item_id order by c.item_id) as items
    from email_copy c join ${asideFolder} where c.mailbox_id = ${mailboxId} group by c.folder_id
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
      where mailbox_id = ${cycle.setup.id} and folder_id = ${folderId} and item_id = any(${[...items]})
        and sought in ('id', 'aside')
    `.execute(tx)
  })
}
