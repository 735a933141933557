import { sql } from 'kysely'
import type { Capabilities, Folder, FolderId } from '#mailbox'
import { SYSTEM } from '#records'
import { type Cycle, type IncomingDependencies, inTransaction } from './context.ts'

/**
 * B-4: the mailbox is seen through another connector than before, to which the ids of its folders and items mean nothing
 * (or something else). Folders are found again by what they are for or by their path, and with them what they are mapped
 * to; their items are found by their keys when the folders are listed, as after any loss of ids (B-14). What is not found
 * is gone. Nothing is decided anew that was decided, and nothing is written twice.
 * @returns the folders that are known under their new ids, none of them read
 */
export async function moveHouse(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard' | 'setup' | 'mailbox'>,
  known: ReadonlyMap<FolderId, { folder: Folder }>,
  listed: readonly Folder[],
): Promise<Map<FolderId, Moved>> {
  const { mailbox, setup } = cycle
  const heirs = heirsOf(
    Array.from(known.values(), ({ folder }) => folder),
    listed,
  )
  const from = [...heirs.keys()]
  const to = Array.from(heirs.values(), ({ id }) => id)
  await inTransaction(dependencies, cycle, 'move', async (tx) => {
    await sql`delete from mailbox_folder where mailbox_id = ${setup.id}`.execute(tx)
    await sql`
      update email_copy set gone_on = coalesce(gone_on, ${dependencies.clock.now()}),
        sought = case when folder_id = any(${from}::text[]) then 'key' end
      where mailbox_id = ${setup.id} and (gone_on is null or sought is not null)
    `.execute(tx)
    await sql`
      update email_copy c set folder_id = h.becomes
      from unnest(${from}::text[], ${to}::text[]) as h (was, becomes)
      where c.mailbox_id = ${setup.id} and c.folder_id = h.was and c.sought = 'key'
    `.execute(tx)
    for (const folder of heirs.values())
      await sql`
        insert into mailbox_folder (mailbox_id, folder_id, path, use, fingerprint, connector)
        values (${setup.id}, ${folder.id}, ${folder.path}::text[], ${folder.use ?? null}, ${folder.fingerprint ?? null},
          ${mailbox.can.kind})
      `.execute(tx)
    const { rows } = await sql<{ id: string; folder: string }>`
      select mailboxtrackingfolderid as id, exchangefolderid as folder from mailboxtrackingfolder
      where mailboxid = ${setup.id} and exchangefolderid = any(${from}::text[])
    `.execute(tx)
    const mappings = rows.map((row) => {
      const heir = heirs.get(row.folder) as Folder
      return {
        mailboxtrackingfolderid: row.id,
        exchangefolderid: heir.id,
        fingerprint: heir.fingerprint ?? null,
      }
    })
    if (mappings.length) await dependencies.records.as(SYSTEM).in(tx).updateMany('mailboxtrackingfolder', mappings)
  })
  return new Map(
    Array.from(heirs.values(), (folder) => [folder.id, { folder, listed: false, connector: mailbox.can.kind }]),
  )
}

interface Moved {
  folder: Folder
  listed: false
  connector: Capabilities['kind']
}

/** For each folder of before the one that stands for it now: of the same use, else of the same path. */
function heirsOf(before: readonly Folder[], now: readonly Folder[]): Map<FolderId, Folder> {
  const byUse = new Map(now.flatMap((folder) => (folder.use ? [[folder.use, folder] as const] : [])))
  const byPath = new Map(now.map((folder) => [pathKey(folder), folder]))
  const heirs = new Map<FolderId, Folder>()
  const taken = new Set<FolderId>()
  for (const folder of before) {
    const heir = (folder.use && byUse.get(folder.use)) || byPath.get(pathKey(folder))
    if (!heir || taken.has(heir.id)) continue
    heirs.set(folder.id, heir)
    taken.add(heir.id)
  }
  return heirs
}

/** Mail systems differ in whether the case of a name counts. */
const pathKey = ({ path }: Folder): string => path.join('\0').toLowerCase()
