import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { FolderId, ItemId, ItemKind, ItemRef, Version } from '#mailbox'

/** An item that is not linked, as far as it is remembered. */
export interface Identity {
  ref: ItemRef
  kind: ItemKind
  hashes: readonly string[]
}

export async function saveIdentities(tx: Executor, mailboxId: string, identities: readonly Identity[]): Promise<void> {
  if (!identities.length) return
  const rows = identities.map(({ ref, kind, hashes }) => ({
    folder_id: ref.folder,
    item_id: ref.id,
    version: ref.version,
    kind,
    hashes,
  }))
  await sql`
    insert into item_identity (mailbox_id, folder_id, item_id, kind, version, hashes)
    select ${mailboxId}::uuid, r.folder_id, r.item_id, r.kind, r.version, r.hashes from ${rowset(rows, COLUMNS, 'r')}
    on conflict (mailbox_id, folder_id, item_id) do update set version = excluded.version, hashes = excluded.hashes
  `.execute(tx)
}

const COLUMNS = [
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'version', type: 'text' },
  { name: 'kind', type: 'text' },
  { name: 'hashes', type: 'text[]' },
]

/** Versions of the items of a folder that are known and not linked. */
export async function knownVersions(
  executor: Executor,
  mailboxId: string,
  folder: FolderId,
  ids: readonly ItemId[],
): Promise<Map<ItemId, Version>> {
  if (!ids.length) return new Map()
  const { rows } = await sql<{ item_id: string; version: string }>`
    select item_id, version from item_identity
    where mailbox_id = ${mailboxId} and folder_id = ${folder} and item_id = any(${[...ids]}::text[])`.execute(executor)
  return new Map(rows.map((row) => [row.item_id, row.version]))
}

/** Every item that the caller believes to be in a folder, linked or not. */
export async function itemsBelieved(executor: Executor, mailboxId: string, folder: FolderId): Promise<ItemId[]> {
  const { rows } = await sql<{ item_id: string }>`
    select item_id from item_identity where mailbox_id = ${mailboxId} and folder_id = ${folder}
    union select item_id from item_link
      where mailbox_id = ${mailboxId} and folder_id = ${folder} and item_id is not null`.execute(executor)
  return rows.map((row) => row.item_id)
}

export async function forgetIdentities(
  tx: Executor,
  mailboxId: string,
  places: readonly { folder: FolderId; id: ItemId }[],
): Promise<void> {
  if (!places.length) return
  await sql`delete from item_identity i using ${rowset(places, PLACE, 'p')}
    where i.mailbox_id = ${mailboxId} and i.folder_id = p.folder and i.item_id = p.id`.execute(tx)
}
const PLACE = [
  { name: 'folder', type: 'text' },
  { name: 'id', type: 'text' },
]

/** Items that are not linked and have one of the hashes. */
export async function identitiesWith(
  executor: Executor,
  mailboxId: string,
  kinds: readonly ItemKind[],
  hashes: readonly string[],
): Promise<Identity[]> {
  if (!hashes.length) return []
  const { rows } = await sql<{ folder_id: string; item_id: string; kind: ItemKind; version: string; hashes: string[] }>`
    select folder_id, item_id, kind, version, hashes from item_identity
    where mailbox_id = ${mailboxId} and kind = any(${[...kinds]}::text[]) and hashes && ${[...hashes]}::text[]
    order by folder_id, item_id limit 5000`.execute(executor)
  return rows.map((row) => ({
    ref: { folder: row.folder_id, id: row.item_id, version: row.version },
    kind: row.kind,
    hashes: row.hashes,
  }))
}
