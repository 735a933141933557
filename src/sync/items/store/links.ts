import { type RawBuilder, sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { FolderId, ItemId, ItemKind } from '#mailbox'
import type { ItemTable, Link, PairValue, PairValues } from '../model.ts'

/** A link as kept, with what only the store asks about. */
export interface StoredLink extends Link {
  mailboxId: string
  /** Rows that are parts of the record. */
  parts: readonly string[]
  /** The item is looked for again (B-4, B-14). */
  sought?: 'id' | 'key'
  synchronizedOn?: Date
  direction?: 'toRecord' | 'toItem'
}

interface LinkRow {
  link_id: string
  mailbox_id: string
  kind: ItemKind
  record_table: ItemTable
  record_id: string
  link_key: string
  state: Link['state']
  folder_id: string | null
  item_id: string | null
  item_version: string | null
  uid: string | null
  record_version: string | null
  parts: string[]
  agreed: { record: PairValues; item: PairValues }
  returned: boolean
  returned_ever: boolean
  organizes: boolean | null
  owner_id: string | null
  categorized: boolean | null
  until_change: boolean | null
  subject: string | null
  sought: 'id' | 'key' | null
  synchronized_on: Date | null
  direction: 'toRecord' | 'toItem' | null
}

const columns = sql`link_id, mailbox_id, kind, record_table, record_id, link_key, state, folder_id, item_id, item_version,
  uid, record_version, parts, agreed, returned, returned_ever, organizes, owner_id, categorized,
  until_change, subject, sought, synchronized_on, direction`

function linkOf(row: LinkRow): StoredLink {
  return {
    id: row.link_id,
    mailboxId: row.mailbox_id,
    kind: row.kind,
    table: row.record_table,
    recordId: row.record_id,
    key: row.link_key,
    state: row.state,
    parts: row.parts,
    agreed: row.agreed,
    returned: row.returned,
    returnedEver: row.returned_ever,
    ...(row.folder_id === null ? {} : { folder: row.folder_id }),
    ...(row.item_id === null ? {} : { itemId: row.item_id }),
    ...(row.item_version === null ? {} : { itemVersion: row.item_version }),
    ...(row.uid === null ? {} : { uid: row.uid }),
    ...(row.record_version === null ? {} : { recordVersion: row.record_version }),
    ...(row.organizes === null ? {} : { organizes: row.organizes }),
    ...(row.owner_id === null ? {} : { ownerId: row.owner_id }),
    ...(row.categorized === null ? {} : { categorized: row.categorized }),
    ...(row.until_change === null ? {} : { untilChange: row.until_change }),
    ...(row.subject === null ? {} : { subject: row.subject }),
    ...(row.sought === null ? {} : { sought: row.sought }),
    ...(row.synchronized_on === null ? {} : { synchronizedOn: row.synchronized_on }),
    ...(row.direction === null ? {} : { direction: row.direction }),
  }
}

async function select(executor: Executor, where: RawBuilder<unknown>): Promise<StoredLink[]> {
  const { rows } = await sql<LinkRow>`select ${columns} from item_link where ${where} order by link_id`.execute(
    executor,
  )
  return rows.map(linkOf)
}

export const linksById = (executor: Executor, ids: readonly string[]): Promise<StoredLink[]> =>
  ids.length ? select(executor, sql`link_id = any(${[...ids]}::uuid[])`) : Promise.resolve([])

export const linksOfRecords = (executor: Executor, mailboxId: string, ids: readonly string[]): Promise<StoredLink[]> =>
  ids.length
    ? select(executor, sql`mailbox_id = ${mailboxId} and record_id = any(${[...ids]}::uuid[])`)
    : Promise.resolve([])

/** Links of all mailboxes to a record. */
export const linksOfRecord = (executor: Executor, record: { table: ItemTable; id: string }): Promise<StoredLink[]> =>
  select(executor, sql`record_id = ${record.id}::uuid and record_table = ${record.table}`)

/** Links whose record has one of these rows as a part, e.g. as a party that is gone. */
export const linksOfParts = (executor: Executor, mailboxId: string, ids: readonly string[]): Promise<StoredLink[]> =>
  ids.length ? select(executor, sql`mailbox_id = ${mailboxId} and parts && ${[...ids]}::uuid[]`) : Promise.resolve([])

/** Links of contacts and tasks whose item is looked for again after the mailbox has moved (B-4). */
export const soughtLinks = (executor: Executor, mailboxId: string): Promise<StoredLink[]> =>
  select(executor, sql`mailbox_id = ${mailboxId} and sought = 'key' and item_id is null and kind <> 'event'`)

/** Links of an item in any folder of these mailboxes. */
export const linksAtItem = (executor: Executor, mailboxIds: readonly string[], item: ItemId): Promise<StoredLink[]> =>
  select(executor, sql`item_id = ${item} and mailbox_id = any(${[...mailboxIds]}::uuid[])`)

export const linksOfItems = (
  executor: Executor,
  mailboxId: string,
  folder: FolderId,
  items: readonly ItemId[],
): Promise<StoredLink[]> =>
  items.length
    ? select(
        executor,
        sql`mailbox_id = ${mailboxId} and folder_id = ${folder} and item_id = any(${[...items]}::text[])`,
      )
    : Promise.resolve([])

/** Links that an item may be the item of, by its key or its UID. */
export const linksByIdentity = (
  executor: Executor,
  mailboxId: string,
  { keys, uids }: { keys: readonly string[]; uids: readonly string[] },
): Promise<StoredLink[]> =>
  keys.length + uids.length
    ? select(
        executor,
        sql`mailbox_id = ${mailboxId} and (link_key = any(${[...keys]}::text[]) or uid = any(${[...uids]}::text[]))`,
      )
    : Promise.resolve([])

/** Links of other mailboxes to the same meetings (AP-57). */
export async function recordsOfUids(
  executor: Executor,
  mailboxId: string,
  uids: readonly string[],
): Promise<{ table: ItemTable; id: string; uid: string }[]> {
  if (!uids.length) return []
  const { rows } = await sql<{ record_table: ItemTable; record_id: string; uid: string }>`
    select distinct record_table, record_id, uid from item_link
    where uid = any(${[...uids]}::text[]) and mailbox_id <> ${mailboxId} and kind = 'event'`.execute(executor)
  return rows.map((row) => ({ table: row.record_table, id: row.record_id, uid: row.uid }))
}

/** Links of a kind of mailboxes' items that count for the delete brake (B-40). */
export async function linkedCounts(executor: Executor, mailboxId: string): Promise<Record<ItemKind, number>> {
  const { rows } = await sql<{ kind: ItemKind; count: number }>`
    select kind, count(*)::int as count from item_link where mailbox_id = ${mailboxId} and state = 'linked' group by kind
  `.execute(executor)
  return { event: 0, contact: 0, task: 0, ...Object.fromEntries(rows.map(({ kind, count }) => [kind, count])) }
}

/** Writes links as they are now. One record has one link in a mailbox, one item has one (AP-9): the database says so. */
export async function saveLinks(tx: Executor, links: readonly StoredLink[]): Promise<void> {
  if (!links.length) return
  const rows = links.map((link) => ({
    link_id: link.id,
    mailbox_id: link.mailboxId,
    kind: link.kind,
    record_table: link.table,
    record_id: link.recordId,
    link_key: link.key,
    state: link.state,
    folder_id: link.folder,
    item_id: link.itemId,
    item_version: link.itemVersion,
    uid: link.uid,
    record_version: link.recordVersion,
    parts: link.parts,
    agreed: { record: said(link.agreed.record), item: said(link.agreed.item) },
    returned: link.returned,
    returned_ever: link.returnedEver,
    organizes: link.organizes,
    owner_id: link.ownerId,
    categorized: link.categorized,
    until_change: link.untilChange,
    subject: link.subject,
    sought: link.sought,
    synchronized_on: link.synchronizedOn,
    direction: link.direction,
  }))
  await sql`
    insert into item_link (${NAMES}) select ${NAMES} from ${rowset(rows, COLUMNS, 'r')}
    on conflict (link_id) do update set ${CHANGES}`.execute(tx)
}

/** Without what is empty: most fields are. Where nothing is said at all, that it was agreed on. */
function said(values: PairValues): PairValues {
  const some: Record<string, PairValue> = {}
  let isAny = false
  for (const name in values) {
    const value = values[name]
    if (value === null || value === undefined) continue
    some[name] = value
    isAny = true
  }
  return isAny ? some : values
}

const COLUMNS = [
  { name: 'link_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'kind', type: 'text' },
  { name: 'record_table', type: 'text' },
  { name: 'record_id', type: 'uuid' },
  { name: 'link_key', type: 'text' },
  { name: 'state', type: 'text' },
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'item_version', type: 'text' },
  { name: 'uid', type: 'text' },
  { name: 'record_version', type: 'text' },
  { name: 'parts', type: 'uuid[]' },
  { name: 'agreed', type: 'json' },
  { name: 'returned', type: 'boolean' },
  { name: 'returned_ever', type: 'boolean' },
  { name: 'organizes', type: 'boolean' },
  { name: 'owner_id', type: 'uuid' },
  { name: 'categorized', type: 'boolean' },
  { name: 'until_change', type: 'boolean' },
  { name: 'subject', type: 'text' },
  { name: 'sought', type: 'text' },
  { name: 'synchronized_on', type: 'timestamptz' },
  { name: 'direction', type: 'text' },
]
const NAMES = sql.join(COLUMNS.map(({ name }) => sql.id(name)))
const CHANGES = sql.join(
  COLUMNS.filter(({ name }) => name !== 'link_id' && name !== 'mailbox_id').map(
    ({ name }) => sql`${sql.id(name)} = excluded.${sql.id(name)}`,
  ),
)

export async function deleteLinks(tx: Executor, ids: readonly string[]): Promise<void> {
  if (!ids.length) return
  await sql`delete from item_link where link_id = any(${[...ids]}::uuid[])`.execute(tx)
}

/** What the filters return has changed although nothing else about these links has. */
export async function saveReturned(
  tx: Executor,
  changed: readonly { id: string; isReturned: boolean }[],
): Promise<void> {
  if (!changed.length) return
  await sql`update item_link l set returned = r.is_returned, returned_ever = l.returned_ever or r.is_returned
    from ${rowset(
      changed.map(({ id, isReturned }) => ({ id, is_returned: isReturned })),
      RETURNED,
      'r',
    )} where l.link_id = r.id`.execute(tx)
}
const RETURNED = [
  { name: 'id', type: 'uuid' },
  { name: 'is_returned', type: 'boolean' },
]
