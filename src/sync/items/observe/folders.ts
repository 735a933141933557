import { sql } from 'kysely'
import type { Executor } from '#database'
import { inTransaction } from '#incoming'
import type { FolderId, ItemFolder } from '#mailbox'
import { type ItemCycle, type ItemDependencies } from '../context.ts'
import { type ItemFolderState, itemStandingOf } from '../store/mailboxState.ts'
import { notice } from '../store/work.ts'
import { categoryFoldersOf } from './categoryFolders.ts'

/**
 * Brings the remembered folders to what the server lists, and returns them; writes only where something differs. Where
 * another connector lists them than before, ids mean nothing any more, and every item is found again by its key or UID
 * (B-4); so it is in a folder that was made anew under its name. A listing without folders is no news (B-44).
 */
export async function followItemFolders(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  known: ReadonlyMap<FolderId, ItemFolderState>,
  found: readonly ItemFolder[],
): Promise<ReadonlyMap<FolderId, ItemFolderState>> {
  if (!found.length) return known
  const mailboxId = cycle.setup.id
  const listed = found.map((one) => ({ ...one, writable: one.writable && cycle.items.can[one.kind] === 'write' }))
  const hasMoved = [...known.values()].some(({ connector }) => connector !== cycle.connector)
  const changed = listed.filter((folder) => hasMoved || !isSame(folder, known.get(folder.id)))
  const gone = [...known.values()].filter(({ folder }) => !listed.some(({ id }) => id === folder.id))
  if (!changed.length && !gone.length) return known
  const remade = changed.filter(({ id, fingerprint }) => {
    const before = known.get(id)?.folder
    return before !== undefined && before.fingerprint !== fingerprint
  })
  const reached = reachedByCategory(listed, known)
  await inTransaction(dependencies, cycle, 'save item folders', async (tx) => {
    if (hasMoved) await moveHouse(tx, mailboxId)
    else {
      await loseItems(
        tx,
        mailboxId,
        remade.map(({ id }) => id),
      )
      await forgetSeen(tx, mailboxId, reached)
      await dropFolders(dependencies, tx, cycle, gone)
    }
    const opened = changed.filter(({ id, writable }) => writable && known.get(id)?.folder.writable === false)
    await noticeOpened(
      dependencies,
      tx,
      mailboxId,
      opened.map(({ id }) => id),
    )
    for (const folder of changed)
      await saveFolder(tx, cycle, folder, hasMoved || remade.includes(folder) || reached.includes(folder.id))
  })
  return (await itemStandingOf(dependencies.database, mailboxId)).folders
}

function isSame(folder: ItemFolder, known: ItemFolderState | undefined): boolean {
  return (
    known !== undefined &&
    known.folder.path.join('\n') === folder.path.join('\n') &&
    known.folder.main === folder.main &&
    known.folder.writable === folder.writable &&
    known.folder.fingerprint === folder.fingerprint
  )
}

/** Calendars in which the category has not tracked anything, and does from now on (AP-4): what bears it is to be seen again. */
function reachedByCategory(
  listed: readonly ItemFolder[],
  known: ReadonlyMap<FolderId, ItemFolderState>,
): readonly FolderId[] {
  const before = categoryFoldersOf([...known.values()].map(({ folder }) => folder))
  return [...categoryFoldersOf(listed)].filter((id) => known.has(id) && !before.has(id))
}

async function forgetSeen(tx: Executor, mailboxId: string, folders: readonly FolderId[]): Promise<void> {
  if (!folders.length) return
  await sql`delete from item_identity where mailbox_id = ${mailboxId} and folder_id = any(${[...folders]}::text[])`.execute(
    tx,
  )
}

async function saveFolder(tx: Executor, cycle: ItemCycle, folder: ItemFolder, isNew: boolean): Promise<void> {
  await sql`
    insert into item_folder as f (mailbox_id, folder_id, kind, path, main, writable, fingerprint, connector)
    values (${cycle.setup.id}, ${folder.id}, ${folder.kind}, ${folder.path}::text[], ${folder.main},
      ${folder.writable}, ${folder.fingerprint ?? null}, ${cycle.connector})
    on conflict (mailbox_id, folder_id) do update set kind = excluded.kind, path = excluded.path, main = excluded.main,
      writable = excluded.writable, fingerprint = excluded.fingerprint, connector = excluded.connector,
      cursor = case when ${isNew} then null else f.cursor end, listed = f.listed and not ${isNew}
  `.execute(tx)
}

/** What was changed in the CRM while a folder took no changes is written now that it does. */
async function noticeOpened(
  { clock, newId }: ItemDependencies,
  tx: Executor,
  mailboxId: string,
  folders: readonly FolderId[],
): Promise<void> {
  if (!folders.length) return
  const { rows } = await sql<{ link_id: string }>`update item_link set item_version = null
    where mailbox_id = ${mailboxId} and folder_id = any(${[...folders]}::text[]) and state = 'linked'
    returning link_id`.execute(tx)
  const notices = rows.map((row) => ({ linkId: row.link_id }))
  await notice(tx, mailboxId, notices, { now: clock.now(), newId })
}

/** B-4: nothing is known by its id any more, and everything is looked for. */
async function moveHouse(tx: Executor, mailboxId: string): Promise<void> {
  await sql`delete from item_folder where mailbox_id = ${mailboxId}`.execute(tx)
  await sql`delete from item_identity where mailbox_id = ${mailboxId}`.execute(tx)
  await sql`delete from item_work where mailbox_id = ${mailboxId} and item_id is not null`.execute(tx)
  await sql`update item_work set item_gone = false where mailbox_id = ${mailboxId}`.execute(tx)
  await sql`update item_link set sought = 'key', folder_id = null, item_id = null, item_version = null
    where mailbox_id = ${mailboxId} and (item_id is not null or sought is not null)`.execute(tx)
}

async function loseItems(tx: Executor, mailboxId: string, folders: readonly FolderId[]): Promise<void> {
  if (!folders.length) return
  await forgetSeen(tx, mailboxId, folders)
  await sql`update item_link set sought = 'key', folder_id = null, item_id = null, item_version = null
    where mailbox_id = ${mailboxId} and folder_id = any(${[...folders]}::text[])`.execute(tx)
}

/** What lay in a folder that a person deleted is gone; a main folder that is not listed is the server's fault (B-44). */
async function dropFolders(
  { clock, newId }: ItemDependencies,
  tx: Executor,
  cycle: ItemCycle,
  gone: readonly ItemFolderState[],
): Promise<void> {
  const mailboxId = cycle.setup.id
  for (const { folder } of gone) {
    if (folder.main) continue
    const { rows } = await sql<{ link_id: string }>`
      select link_id from item_link where mailbox_id = ${mailboxId} and folder_id = ${folder.id}`.execute(tx)
    const notices = rows.map((row) => ({ linkId: row.link_id, itemGone: true }))
    await notice(tx, mailboxId, notices, { now: clock.now(), newId })
    for (const table of ['item_identity', 'item_folder'])
      await sql`delete from ${sql.table(table)} where mailbox_id = ${mailboxId} and folder_id = ${folder.id}`.execute(
        tx,
      )
    await sql`delete from item_work where mailbox_id = ${mailboxId} and folder_id = ${folder.id}`.execute(tx)
  }
}
