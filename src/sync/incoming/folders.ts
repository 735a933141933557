import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import type { Cursor, Folder, FolderId } from '#mailbox'
import { type Cycle, type IncomingDependencies, inTransaction } from './context.ts'

/** What is remembered of one folder of a mailbox. */
export interface FolderState {
  folder: Folder
  cursor?: Cursor
  /** The first listing has been read to its end. */
  listed: boolean
}

interface FolderRow {
  folder_id: string
  path: string[]
  use: NonNullable<Folder['use']> | null
  fingerprint: string | null
  cursor: string | null
  listed: boolean
}

/** Every folder known of a mailbox, by id. */
export async function loadFolders(executor: Executor, mailboxId: string): Promise<Map<FolderId, FolderState>> {
  const { rows } = await sql<FolderRow>`
    select folder_id, path, use, fingerprint, cursor, listed from mailbox_folder where mailbox_id = ${mailboxId}
  `.execute(executor)
  return new Map(rows.map((row) => [row.folder_id, stateOf(row)]))
}

function stateOf(row: FolderRow): FolderState {
  return {
    folder: {
      id: row.folder_id,
      path: row.path,
      ...(row.use === null ? {} : { use: row.use }),
      ...(row.fingerprint === null ? {} : { fingerprint: row.fingerprint }),
    },
    ...(row.cursor === null ? {} : { cursor: row.cursor }),
    listed: row.listed,
  }
}

/**
 * Brings the remembered folders to what the server lists; writes only where something differs. A folder whose
 * fingerprint changed (deleted and made anew under its name) loses its cursor. An empty listing is no news (B-44).
 */
export async function saveFolders(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard' | 'setup'>,
  known: ReadonlyMap<FolderId, FolderState>,
  listed: readonly Folder[],
): Promise<void> {
  if (!listed.length) return
  const mailboxId = cycle.setup.id
  const changed = listed.filter((folder) => !sameFolder(folder, known.get(folder.id)?.folder))
  const gone = [...known.keys()].filter((id) => !listed.some((folder) => folder.id === id))
  if (!changed.length && !gone.length) return
  const remade = changed.filter((folder) => isRemade(folder, known.get(folder.id)?.folder)).map((folder) => folder.id)
  await inTransaction(dependencies, cycle, 'save folders', async (tx) => {
    if (changed.length)
      await sql`
        insert into mailbox_folder (mailbox_id, folder_id, path, use, fingerprint)
        values ${sql.join(changed.map((folder) => rowOf(mailboxId, folder)))}
        on conflict (mailbox_id, folder_id) do update set
          path = excluded.path, use = excluded.use, fingerprint = excluded.fingerprint
      `.execute(tx)
    for (const id of remade) await forgetFolder(tx, mailboxId, id, dependencies.clock.now())
    if (!gone.length) return
    for (const id of gone) await forgetFolder(tx, mailboxId, id, dependencies.clock.now())
    await sql`delete from mailbox_folder where mailbox_id = ${mailboxId} and folder_id = any(${gone})`.execute(tx)
  })
}

function isRemade(folder: Folder, before: Folder | undefined): boolean {
  return before !== undefined && (before.fingerprint ?? null) !== (folder.fingerprint ?? null)
}

function rowOf(mailboxId: string, folder: Folder): RawBuilder<unknown> {
  return sql`(${mailboxId}, ${folder.id}, ${folder.path}::text[], ${folder.use ?? null}, ${folder.fingerprint ?? null})`
}

function sameFolder(a: Folder, b: Folder | undefined): boolean {
  return (
    b !== undefined &&
    a.path.join('\0') === b.path.join('\0') &&
    (a.use ?? null) === (b.use ?? null) &&
    (a.fingerprint ?? null) === (b.fingerprint ?? null)
  )
}

/** Saves where reading stopped; in the same transaction as everything the page brought (law 1). */
export async function saveCursor(
  executor: Executor,
  mailboxId: string,
  folderId: FolderId,
  cursor: Cursor,
  listed: boolean,
): Promise<void> {
  await sql`
    update mailbox_folder set cursor = ${cursor}, listed = listed or ${listed}
    where mailbox_id = ${mailboxId} and folder_id = ${folderId}
  `.execute(executor)
}

/** Forgets a cursor that the server no longer knows; the next listing finds every message again by its key (B-14). */
export async function forgetCursor(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard' | 'setup'>,
  folderId: FolderId,
): Promise<void> {
  await inTransaction(dependencies, cycle, 'forget cursor', (tx) =>
    forgetFolder(tx, cycle.setup.id, folderId, dependencies.clock.now()),
  )
}

/** The ids of items mean nothing without the cursor they came with: none of them is known any more. */
async function forgetFolder(tx: Executor, mailboxId: string, folderId: FolderId, now: Date): Promise<void> {
  await sql`
    update mailbox_folder set cursor = null, listed = false where mailbox_id = ${mailboxId} and folder_id = ${folderId}
  `.execute(tx)
  await sql`
    update email_copy set gone_on = ${now}
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and gone_on is null
  `.execute(tx)
}

/**
 * Has the Inbox looked at again from the effective start on (MB-48, MB-75); what is tracked is found again by its key.
 */
export async function reopenInbox(executor: Executor, mailboxId: string, now: Date): Promise<void> {
  const { rows } = await sql<{ folder_id: string }>`
    select folder_id from mailbox_folder where mailbox_id = ${mailboxId} and use = 'inbox'
  `.execute(executor)
  for (const row of rows) await forgetFolder(executor, mailboxId, row.folder_id, now)
}
