import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import { inTransaction, TRACKED_CATEGORY } from '#incoming'
import { type Cursor, type FolderId, type Item, type ItemChangePage, MailboxError, type UnreadableItem } from '#mailbox'
import { type ItemCycle, type ItemDependencies } from '../context.ts'
import { identitiesOfItem } from '../match/identities.ts'
import { forgetIdentities, type Identity, itemsBelieved, knownVersions, saveIdentities } from '../store/identities.ts'
import { linksByIdentity, linksOfItems, recordsOfUids, type StoredLink, soughtLinks } from '../store/links.ts'
import { beginListing, type ItemFolderState, type ItemStanding, saveCursor } from '../store/mailboxState.ts'
import { itemsAtWork, type Notice, notice, unmetAtWork } from '../store/work.ts'
import { madeAhead } from './madeAhead.ts'
import type { SeenItems } from './seenItems.ts'

/** Items read at a time. */
const PAGE = 500

/**
 * What changed in a folder since its cursor, noted as work page by page, each with its cursor (law 1). What is in the
 * version that its link knows is our own echo and is not read. A lost cursor lists the folder anew: every item is found
 * again by its id, and what the listing did not meet is gone, unless it met nothing at all (B-14, B-44).
 * @returns as far as it read; a cursor at which there was no news is not written down, and left to be saved with others
 */
export async function observeFolder(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  state: ItemFolderState,
  { hash }: Pick<ItemStanding, 'hash'>,
  kept: SeenItems,
): Promise<{ hasNews: boolean; cursor: Cursor | undefined }> {
  const { folder } = state
  const { sql: executor } = dependencies.database
  const mailboxId = cycle.setup.id
  try {
    const pages = cycle.items.changes(folder.id, state.cursor, {
      pageSize: PAGE,
      known: () => itemsBelieved(executor, mailboxId, folder.id),
      ...(cycle.signal ? { signal: cycle.signal } : {}),
    })
    let hasNews = false
    let { cursor } = state
    for await (const { page, ...read } of madeAhead(pages, (each) => readPage(dependencies, cycle, state, each))) {
      ;({ cursor } = page)
      if (!hasNews && isQuiet(page, state)) return { hasNews, cursor }
      hasNews = true
      const seen = await seePage(dependencies, cycle, read, hash)
      await inTransaction(dependencies, cycle, 'save items seen', async (tx) => {
        await savePage(dependencies, tx, cycle, folder.id, page, seen)
        if (!page.more && !state.listed) await noticeUnmet(dependencies, tx, mailboxId, folder.id)
      })
      for (const id of [...page.upserts.map(({ ref }) => ref.id), ...page.removals])
        kept.take({ folder: folder.id, id })
      for (const item of seen.noticed) kept.keep(item)
    }
    return { hasNews, cursor }
  } catch (error) {
    if (!(error instanceof MailboxError) || error.kind !== 'cursorLost' || state.cursor === undefined) throw error
    await inTransaction(dependencies, cycle, 'list items anew', (tx) => beginListing(tx, mailboxId, folder.id))
    const { cursor: _lost, ...anew } = state
    return observeFolder(dependencies, cycle, { ...anew, listed: false }, { hash }, kept)
  }
}

/** The only page of a folder that is known, and nothing on it. */
const isQuiet = ({ upserts, removals, more }: ItemChangePage, { listed }: ItemFolderState): boolean =>
  listed && !more && !upserts.length && !removals.length

/** What a page means: what is to be looked at, what is remembered, and which links found their items again. */
interface Seen {
  notices: Notice[]
  identities: Identity[]
  /** Links that are at an item of the page from now on. */
  found: { link: StoredLink; item: Item }[]
  /** Items that are to be looked at themselves. */
  noticed: Item[]
}

/** A page, what of it is known to be news, and the items of which nothing else is known. */
interface ReadPage {
  page: ItemChangePage
  notices: Notice[]
  items: (Item | UnreadableItem)[]
  /** What is listed and was not given when it was read. */
  notGiven: Identity[]
}

async function readPage(
  { database: { sql: executor } }: ItemDependencies,
  cycle: ItemCycle,
  { folder: { id: folder, kind }, listed }: ItemFolderState,
  page: ItemChangePage,
): Promise<ReadPage> {
  const mailboxId = cycle.setup.id
  const ids = [...page.upserts.map(({ ref }) => ref.id), ...page.removals]
  const links = new Map((await linksOfItems(executor, mailboxId, folder, ids)).map((link) => [link.itemId, link]))
  const notices: Notice[] = page.removals.flatMap((id) => {
    const link = links.get(id)
    return link ? [{ linkId: link.id, itemGone: true }] : []
  })
  // MO-75: what failed of an item is no failure any more once it is gone.
  const unlinkedGone = page.removals.filter((id) => !links.has(id))
  for (const id of await itemsAtWork(executor, mailboxId, folder, unlinkedGone))
    notices.push({ item: { folder, id }, itemGone: true })
  for (const { ref } of page.upserts) {
    const link = links.get(ref.id)
    if (link && link.itemVersion !== ref.version) notices.push({ linkId: link.id, ...(!listed && { isMet: true }) })
  }
  const unlinked = page.upserts.filter(({ ref }) => !links.has(ref.id))
  const versions = await knownVersions(
    executor,
    mailboxId,
    folder,
    unlinked.map(({ ref }) => ref.id),
  )
  const fresh = unlinked.filter(({ ref }) => versions.get(ref.id) !== ref.version)
  const told = fresh.flatMap(({ item }) => (item ? [item] : []))
  const untold = fresh.filter(({ item }) => !item).map(({ ref }) => ref.id)
  const given = untold.length ? await cycle.items.get(folder, untold) : []
  const here = new Set(given.map(({ ref }) => ref.id))
  const missing = untold.filter((id) => !here.has(id))
  // It was deleted a moment ago, or is listed and never given: the next listing tells (SC-56, SC-58).
  for (const id of missing) notices.push({ item: { folder, id }, ...(!listed && { isMet: true }) })
  const notGiven = missing.map((id): Identity => ({ ref: { folder, id, version: '' }, kind, hashes: [] }))
  return { page, notices, items: [...told, ...given], notGiven }
}

async function seePage(
  { database: { sql: executor } }: ItemDependencies,
  cycle: ItemCycle,
  { notices, items, notGiven }: Omit<ReadPage, 'page'>,
  hash: (word: string) => string,
): Promise<Seen> {
  const seen = await seeUnlinked(executor, cycle, items, hash)
  return { ...seen, notices: [...notices, ...seen.notices], identities: [...notGiven, ...seen.identities] }
}

async function seeUnlinked(
  executor: Executor,
  cycle: ItemCycle,
  items: readonly (Item | UnreadableItem)[],
  hash: (word: string) => string,
): Promise<Seen> {
  const readable = items.filter((item): item is Item => item.kind !== 'unreadable')
  const identities = readable.map((item) => ({
    ref: item.ref,
    kind: item.kind,
    hashes: identitiesOfItem(item).map(hash),
  }))
  const keys = readable.flatMap(({ marks }) => (marks.key === undefined ? [] : [marks.key]))
  const uids = readable.flatMap(({ uid }) => (uid === undefined ? [] : [uid]))
  const own = await linksByIdentity(executor, cycle.setup.id, { keys, uids })
  const meetings = readable.flatMap(({ kind, uid }) => (kind === 'event' && uid !== undefined ? [uid] : []))
  const others = await recordsOfUids(executor, cycle.setup.id, meetings)
  // What cannot be read is told to people, once, and again when it has changed (SC-56).
  const broken = items.filter(({ kind }) => kind === 'unreadable')
  const notices = broken.map(({ ref }): Notice => ({ item: { folder: ref.folder, id: ref.id } }))
  const seen: Seen = { notices, identities, found: [], noticed: [] }
  const isBare = (item: Item) =>
    item.marks.key === undefined && (item.kind === 'contact' || (item.kind === 'task' && isCandidate(item, cycle)))
  const sought = readable.some(isBare) ? await soughtLinks(executor, cycle.setup.id) : []
  for (const item of readable) {
    const link = linkOfItem(item, own) ?? (isBare(item) ? takeAlike(item, sought) : undefined)
    if (link && link.itemId === undefined && !seen.found.some((one) => one.link.id === link.id))
      seen.found.push({ link, item })
    else if (link || isCandidate(item, cycle)) {
      seen.notices.push({ item: { folder: item.ref.folder, id: item.ref.id } })
      seen.noticed.push(item)
    } else for (const { table, id, uid } of others) if (uid === item.uid) seen.notices.push({ record: { table, id } }) // AP-57
  }
  return seen
}

/** By its key, which is ours alone; by its UID where the key was lost on the way, as when a mailbox moves (B-4). */
function linkOfItem(item: Item, links: readonly StoredLink[]): StoredLink | undefined {
  return (
    links.find(({ key, kind }) => key === item.marks.key && kind === item.kind) ??
    links.find(({ uid, kind }) => uid !== undefined && uid === item.uid && kind === item.kind)
  )
}

/**
 * Contacts and tasks have no UID in Exchange, and its interfaces do not show each other's hidden properties of them: after a
 * move a task is known by its subject and due day, a contact by its name and address (B-4). Those that are alike in both
 * are taken in turn.
 */
function takeAlike(item: Item, sought: StoredLink[]): StoredLink | undefined {
  if (item.kind === 'event') return undefined
  const isAlike = ({ subject, agreed }: StoredLink) =>
    item.kind === 'task'
      ? isSame(agreed.item['subject'], item.fields.subject) && isSame(agreed.item['due'], item.fields.due)
      : isSame(subject, item.fields.displayName) && isSame(agreed.item['email1'], item.fields.email1)
  const at = sought.findIndex((link) => link.kind === item.kind && isAlike(link))
  return at < 0 ? undefined : sought.splice(at, 1)[0]
}

const isSame = (one: unknown, other: unknown): boolean => (one ?? null) === (other ?? null)

/** AP-3: tracked by category, marked for tracking, or bearing marks of a link that is not known here (AP-10). */
function isCandidate(item: Item, { organization }: ItemCycle): boolean {
  const { kind, marks } = item
  if (marks.state !== undefined || marks.recordId !== undefined || marks.key !== undefined) return true
  const isTracked = kind !== 'contact' && categoriesOf(item).includes(TRACKED_CATEGORY) // CT-2
  return isTracked && organization['TrackCategorizedItems'] === true
}

/** Of a series, those of its occurrences too (AP-73). */
function categoriesOf(item: Item): string[] {
  const { categories = [] } = item.fields
  if (item.kind !== 'event' || !item.series || 'cannot' in item.series) return categories
  return [...categories, ...item.series.exceptions.flatMap(({ fields }) => fields.categories ?? [])]
}

async function savePage(
  { clock, newId }: ItemDependencies,
  tx: Executor,
  cycle: ItemCycle,
  folder: FolderId,
  page: ItemChangePage,
  { notices, identities, found }: Seen,
): Promise<void> {
  const mailboxId = cycle.setup.id
  await saveCursor(tx, mailboxId, folder, { cursor: page.cursor, listed: !page.more })
  await forgetIdentities(
    tx,
    mailboxId,
    page.removals.map((id) => ({ folder, id })),
  )
  const taken = new Set(found.map(({ item }) => item.ref.id))
  await saveIdentities(
    tx,
    mailboxId,
    identities.filter(({ ref }) => !taken.has(ref.id)),
  )
  await putLinksAt(tx, found)
  const met = page.upserts.map(({ ref }) => ref.id)
  if (met.length)
    await sql`update item_link set sought = null where mailbox_id = ${mailboxId} and folder_id = ${folder}
      and item_id = any(${met}::text[]) and sought is not null`.execute(tx)
  const all = [...notices, ...found.map(({ link }) => ({ linkId: link.id }))]
  await notice(tx, mailboxId, all, { now: clock.now(), newId })
}

/** The links are at these items from now on; what the items hold is looked at with the next work. */
async function putLinksAt(tx: Executor, found: Seen['found']): Promise<void> {
  if (!found.length) return
  const rows = found.map(({ link, item }) => ({
    link_id: link.id,
    folder_id: item.ref.folder,
    item_id: item.ref.id,
    uid: item.uid,
  }))
  await sql`
    with at as (select * from ${rowset(rows, PLACED, 'r')}),
    placed as (update item_link l set folder_id = at.folder_id, item_id = at.item_id, item_version = null,
      uid = coalesce(at.uid, l.uid), sought = null from at where l.link_id = at.link_id
      returning l.mailbox_id, l.folder_id, l.item_id)
    delete from item_identity i using placed
      where i.mailbox_id = placed.mailbox_id and i.folder_id = placed.folder_id and i.item_id = placed.item_id
  `.execute(tx)
}
const PLACED = [
  { name: 'link_id', type: 'uuid' },
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'uid', type: 'text' },
]

/**
 * What a new listing of the folder did not meet is not there any more; of one that met nothing at all that is in doubt
 * (B-44), and its links stay sought. What lost its id and was found in no folder is in doubt once all have been listed.
 */
async function noticeUnmet(
  { clock, newId }: ItemDependencies,
  tx: Executor,
  mailboxId: string,
  folder: FolderId,
): Promise<void> {
  const { rows } = await sql<{ link_id: string }>`
    with unmet as (select link_id, exists (select from item_identity where mailbox_id = ${mailboxId} and folder_id = ${folder})
        or exists (select from item_link where mailbox_id = ${mailboxId} and folder_id = ${folder} and sought is null) as known
      from item_link where mailbox_id = ${mailboxId} and folder_id = ${folder} and sought = 'id'),
    met as (update item_link l set sought = null from unmet where l.link_id = unmet.link_id and unmet.known)
    select link_id from unmet
    union all
    select link_id from item_link l where mailbox_id = ${mailboxId} and sought = 'key' and state = 'linked'
      and exists (select from item_folder where mailbox_id = ${mailboxId} and kind = l.kind)
      and not exists (select from item_folder where mailbox_id = ${mailboxId} and not listed)`.execute(tx)
  const notices = rows.map((row): Notice => ({ linkId: row.link_id, itemGone: true }))
  for (const id of await unmetAtWork(tx, mailboxId, folder)) notices.push({ item: { folder, id }, itemGone: true })
  await notice(tx, mailboxId, notices, { now: clock.now(), newId })
}
