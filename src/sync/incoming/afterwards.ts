import { sql } from 'kysely'
import type { Folder, Mailbox } from '#mailbox'
import { type Cycle, type IncomingDependencies, onServer } from './context.ts'

/** The folder to which messages go that could not be made activities (MB-22). */
const UNDELIVERABLE_FOLDER = 'Undeliverable'

interface ItemRow {
  folder_id: string
  item_id: string
}

/**
 * What is done to messages after they were processed: undeliverable ones are moved aside (MB-22), processed ones deleted
 * where the mailbox says so (MB-43, MB-105). Read from the copies each time, so that a crash only repeats it.
 */
export async function sweepAfterwards(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  listed: readonly Folder[],
): Promise<void> {
  const { setup, mailbox } = cycle
  const inbox = listed.find((folder) => folder.use === 'inbox')
  if (!inbox) return
  if (setup.profile?.moveUndelivered && mailbox.can.move) {
    const items = await itemsInState(dependencies, setup.id, inbox.id, ['undeliverable'])
    if (items.length) {
      const aside = await undeliverableFolder(dependencies, mailbox, listed)
      await onServer(dependencies, 'move', () => mailbox.move(inbox.id, items, aside))
    }
  }
  if (setup.deleteProcessed) {
    const items = await itemsInState(dependencies, setup.id, inbox.id, ['tracked', 'notTracked', 'untracked'])
    if (items.length) await onServer(dependencies, 'remove', () => mailbox.remove(inbox.id, items))
  }
}

async function itemsInState(
  { database }: IncomingDependencies,
  mailboxId: string,
  folderId: string,
  states: string[],
): Promise<string[]> {
  const { rows } = await sql<ItemRow>`
    select folder_id, item_id from email_copy
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and gone_on is null and state = any(${states})
      and want_tracked is null and want_undeliverable is null
    limit 1000
  `.execute(database.sql)
  return rows.map((row) => row.item_id)
}

async function undeliverableFolder(
  dependencies: IncomingDependencies,
  mailbox: Mailbox,
  listed: readonly Folder[],
): Promise<string> {
  const existing = listed.find((folder) => folder.path.at(-1) === UNDELIVERABLE_FOLDER)
  if (existing) return existing.id
  return (await onServer(dependencies, 'create folder', () => mailbox.createFolder(UNDELIVERABLE_FOLDER))).id
}
