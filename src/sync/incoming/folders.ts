import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import type { Capabilities, Cursor, Folder, FolderId } from '#mailbox'
import { type Cycle, type IncomingDependencies, inTransaction } from './context.ts'
import { loseIds } from './listing.ts'
import { moveHouse } from './moveHouse.ts'

/** What is remembered of one folder of a mailbox. */
export interface FolderState {
  folder: Folder
  cursor?: Cursor
  /** The first listing has been read to its end. */
  listed: boolean
  /** Who gave the ids. */
  connector?: Capabilities['kind']
}

/** A row of `mailbox_folder`. */
export interface FolderRow {
  folder_id: string
  path: string[]
  use: NonNullable<Folder['use']> | null
  fingerprint: string | null
  cursor: string | null
  listed: boolean
  connector: Capabilities['kind'] | null
}

export const folderColumns = sql`folder_id, path, use, fingerprint, cursor, listed, connector`

/** Every folder known of a mailbox, by id. */
async function loadFolders(executor: Executor, mailboxId: string): Promise<Map<FolderId, FolderState>> {
  const { rows } = await sql<FolderRow>`
    select ${folderColumns} from mailbox_folder where mailbox_id = ${mailboxId}
  `.execute(executor)
  return new Map(rows.map((row) => [row.folder_id, folderStateOf(row)]))
}

export function folderStateOf(row: FolderRow): FolderState {
  return {
    folder: {
      id: row.folder_id,
      path: row.path,
      ...(row.use === null ? {} : { use: row.use }),
      ...(row.fingerprint === null ? {} : { fingerprint: row.fingerprint }),
    },
    ...(row.cursor === null ? {} : { cursor: row.cursor }),
    listed: row.listed,
    ...(row.connector === null ? {} : { connector: row.connector }),
  }
}

/**
 * Brings the remembered folders to what the server lists, and returns them; writes only where something differs. A folder
 * whose fingerprint changed (deleted and made anew under its name) loses its cursor. Where another connector lists them
 * than before, all begin anew (B-4). An empty listing is no news (B-44).
 */
export async function followFolders(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard' | 'setup' | 'mailbox'>,
  remembered: Map<FolderId, FolderState>,
  listed: readonly Folder[],
): Promise<Map<FolderId, FolderState>> {
  if (!listed.length) return remembered
  const mailboxId = cycle.setup.id
  const { kind } = cycle.mailbox.can
  const now = dependencies.clock.now()
  const hasMoved = [...remembered.values()].some(({ connector = kind }) => connector !== kind)
  const known = hasMoved ? await moveHouse(dependencies, cycle, remembered, listed) : remembered
  const changed = listed.filter(
    (folder) => !sameFolder(folder, known.get(folder.id)?.folder) || known.get(folder.id)?.connector !== kind,
  )
  const gone = [...known.keys()].filter((id) => !listed.some((folder) => folder.id === id))
  if (!changed.length && !gone.length) return known
  const remade = changed.filter((folder) => isRemade(folder, known.get(folder.id)?.folder)).map((folder) => folder.id)
  const renamed = renamedFolders(known, gone, changed)
  // A person may have tracked messages of a folder that was never read: nobody knows what their ids mean by now.
  const fresh = changed
    .map((folder) => folder.id)
    .filter((id) => !known.has(id) && !renamed.some(({ to }) => to === id))
  await inTransaction(dependencies, cycle, 'save folders', async (tx) => {
    for (const { from, to } of renamed) await renameFolder(tx, mailboxId, from, to)
    if (changed.length)
      await sql`
        insert into mailbox_folder (mailbox_id, folder_id, path, use, fingerprint, connector)
        values ${sql.join(changed.map((folder) => rowOf(mailboxId, folder, kind)))}
        on conflict (mailbox_id, folder_id) do update set
          path = excluded.path, use = excluded.use, fingerprint = excluded.fingerprint, connector = excluded.connector
      `.execute(tx)
    await forgetFolders(tx, mailboxId, [...remade, ...fresh], now)
    await dropFolders(tx, mailboxId, gone, now)
  })
  return loadFolders(dependencies.database.sql, mailboxId)
}

function isRemade(folder: Folder, before: Folder | undefined): boolean {
  return before !== undefined && (before.fingerprint ?? null) !== (folder.fingerprint ?? null)
}

/** Where ids are names: a folder that vanished, and a new one that alone bears its fingerprint, are the same (FT-44). */
function renamedFolders(
  known: ReadonlyMap<FolderId, FolderState>,
  gone: readonly FolderId[],
  listed: readonly Folder[],
): { from: FolderId; to: FolderId }[] {
  return gone.flatMap((from) => {
    const fingerprint = known.get(from)?.folder.fingerprint
    if (fingerprint === undefined) return []
    const heirs = listed.filter((folder) => !known.has(folder.id) && folder.fingerprint === fingerprint)
    const rivals = gone.filter((id) => known.get(id)?.folder.fingerprint === fingerprint)
    return heirs[0] && heirs.length === 1 && rivals.length === 1 ? [{ from, to: heirs[0].id }] : []
  })
}

async function renameFolder(tx: Executor, mailboxId: string, from: FolderId, to: FolderId): Promise<void> {
  for (const table of ['mailbox_folder', 'email_copy'])
    await sql`
      update ${sql.table(table)} set folder_id = ${to} where mailbox_id = ${mailboxId} and folder_id = ${from}
    `.execute(tx)
}

/** The folder is no more: nor are its copies. Nobody looks for them. */
async function dropFolders(tx: Executor, mailboxId: string, folders: readonly FolderId[], now: Date): Promise<void> {
  if (!folders.length) return
  await sql`delete from mailbox_folder where mailbox_id = ${mailboxId} and folder_id = any(${[...folders]})`.execute(tx)
  await sql`
    update email_copy set gone_on = coalesce(gone_on, ${now}), sought = null
    where mailbox_id = ${mailboxId} and folder_id = any(${[...folders]}) and (gone_on is null or sought is not null)
  `.execute(tx)
}

function rowOf(mailboxId: string, { id, path, use, fingerprint }: Folder, connector: string): RawBuilder<unknown> {
  return sql`(${mailboxId}, ${id}, ${path}::text[], ${use ?? null}, ${fingerprint ?? null}, ${connector})`
}

function sameFolder(a: Folder, b: Folder | undefined): boolean {
  return (
    b !== undefined &&
    a.path.join('\0') === b.path.join('\0') &&
    (a.use ?? null) === (b.use ?? null) &&
    (a.fingerprint ?? null) === (b.fingerprint ?? null)
  )
}

/** Somebody had the folder read from its start while it was being read: this reading does not count any more. */
export class FolderReset extends Error {
  constructor(folderId: FolderId) {
    super(`The folder ${folderId} is to be read from its start; this reading ends here.`)
    this.name = 'FolderReset'
  }
}

/**
 * Saves where reading stopped; in the same transaction as everything the page brought (law 1).
 * @throws FolderReset when the page does not follow on what was saved last
 */
export async function saveCursor(
  tx: Executor,
  mailboxId: string,
  folderId: FolderId,
  { since, cursor, listed }: { since: Cursor | undefined; cursor: Cursor; listed: boolean },
): Promise<void> {
  const { numAffectedRows } = await sql`
    update mailbox_folder set cursor = ${cursor}, listed = listed or ${listed}
    where mailbox_id = ${mailboxId} and folder_id = ${folderId} and cursor is not distinct from ${since ?? null}
  `.execute(tx)
  if (numAffectedRows === 0n) throw new FolderReset(folderId)
}

/** Forgets a cursor that the server no longer knows; the next listing finds every message again by its key (B-14). */
export async function forgetCursor(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard' | 'setup'>,
  folderId: FolderId,
): Promise<void> {
  await inTransaction(dependencies, cycle, 'forget cursor', (tx) =>
    forgetFolders(tx, cycle.setup.id, [folderId], dependencies.clock.now()),
  )
}

async function forgetFolders(tx: Executor, mailboxId: string, folders: readonly FolderId[], now: Date): Promise<void> {
  if (!folders.length) return
  await sql`
    update mailbox_folder set cursor = null, listed = false
    where mailbox_id = ${mailboxId} and folder_id = any(${[...folders]})
  `.execute(tx)
  await loseIds(tx, mailboxId, folders, now)
}

/**
 * Has the Inbox looked at again from the effective start on (MB-48, MB-75): its items are strangers again, and what is
 * tracked is found by its key.
 */
export async function reopenInbox(executor: Executor, mailboxId: string, now: Date): Promise<void> {
  const { rows } = await sql<{ folder_id: string }>`
    update mailbox_folder set cursor = null, listed = false where mailbox_id = ${mailboxId} and use = 'inbox'
    returning folder_id
  `.execute(executor)
  const folders = rows.map((row) => row.folder_id)
  if (!folders.length) return
  await sql`
    update email_copy set gone_on = coalesce(gone_on, ${now}), sought = null
    where mailbox_id = ${mailboxId} and folder_id = any(${folders}) and (gone_on is null or sought is not null)
  `.execute(executor)
}
