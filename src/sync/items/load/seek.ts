import type { Item, ItemRef, UnreadableItem } from '#mailbox'
import type { Access } from '#records'
import { type Identity, identitiesOfItem, identitiesOfRecord, uidIdentity } from '../match/identities.ts'
import { uidsOf } from '../match/seen.ts'
import { ITEM_KINDS } from '../model.ts'
import { ITEM_TABLES } from '../observe/recordSide.ts'
import { organizerOf } from '../plan/meeting.ts'
import { identitiesWith } from '../store/identities.ts'
import { linksByIdentity, type StoredLink } from '../store/links.ts'
import { contactsLike, meetingsOf, type RecordId } from './candidates.ts'
import type { Gathered } from './gathered.ts'
import { recordKey } from './views.ts'

/** Items that records without link, and links without item, may belong to. */
export async function seekItems(gathered: Gathered, hash: (word: string) => string): Promise<void> {
  const linked = new Set(
    Array.from(gathered.links.values()).flatMap((link) =>
      gathered.isLapsed(link) ? [] : [recordKey({ table: link.table, id: link.recordId })],
    ),
  )
  const words = [...gathered.records].flatMap(([key, { state }]) =>
    typeof state === 'object' && !linked.has(key) ? identitiesOfRecord(state) : [],
  )
  for (const link of gathered.links.values())
    if (gathered.isWithoutItem(link)) words.push(...identitiesOf(link, gathered))
  const hashes = [...new Set(words)].map(hash)
  const found = await identitiesWith(gathered.executor, gathered.mailboxId, ['event', 'contact', 'task'], hashes)
  await gathered.fetch(found.map(({ ref }: { ref: ItemRef }) => ref))
}

/** The record's meeting may have another UID by now than it had here (AP-57). */
function identitiesOf({ key, uid, table, recordId }: StoredLink, gathered: Gathered): Identity[] {
  const state = gathered.records.get(recordKey({ table, id: recordId }))?.state
  const own = typeof state === 'object' ? uidsOf(identitiesOfRecord(state)) : []
  return [`key:${key}`, ...(uid === undefined ? [] : [uidIdentity(uid, undefined)]), ...own]
}

/** Links and records that items without link may belong to. */
export async function seekRecords(gathered: Gathered, user: Access): Promise<void> {
  const free = gathered.freeItems()
  const identities = free.flatMap((item) => identitiesOfItem(item))
  const of = (prefix: string) =>
    identities.flatMap((identity) => (identity.startsWith(prefix) ? [identity.slice(prefix.length)] : []))
  const uids = free.flatMap(({ uid }) => (uid === undefined ? [] : [uid]))
  gathered.addLinks(await linksByIdentity(gathered.executor, gathered.mailboxId, { keys: of('key:'), uids }))
  const named = free.flatMap(({ kind, marks }): RecordId[] => {
    const table = ITEM_TABLES.find((name) => name === marks.recordType && ITEM_KINDS[name] === kind)
    return table && marks.recordId !== undefined && UUID.test(marks.recordId)
      ? [{ table, id: marks.recordId.toLowerCase() }]
      : []
  })
  const meetings = await meetingsOf(
    gathered.executor,
    free.flatMap(({ kind, uid }) => (kind === 'event' && uid ? [uid] : [])),
  )
  const contacts = await contactsLike(user, free, of('address:'))
  const found = [...named, ...meetings, ...contacts]
  await gathered.addLinksOf(found)
  await gathered.read(found)
}

/**
 * Whether what was being made when a crash came is there, though it was not seen yet, where it is not made again because
 * its record has gone or left: the server knows.
 */
export async function seekInterrupted(gathered: Gathered): Promise<ReadonlySet<string>> {
  const half = [...gathered.links.values()].filter((link) => link.state === 'creating' && gathered.isWithoutItem(link))
  const neverMade = new Set<string>()
  if (!half.length) return neverMade
  const filters = await gathered.filters()
  const keys = new Set([...gathered.items.values()].map((item) => (typeof item === 'object' ? keyOf(item) : undefined)))
  for (const { id, table, recordId, key } of half) {
    const known = recordKey({ table, id: recordId })
    if (keys.has(key) || (filters.get(known)?.length && !isOthers(known, gathered))) continue
    const found = await gathered.cycle.items.find({ key })
    if (!found.length) neverMade.add(id)
    await gathered.fetch(found)
  }
  return neverMade
}

/** Another user organizes it, whose mailbox may make it instead (AP-43). */
function isOthers(key: string, gathered: Gathered): boolean {
  const state = gathered.records.get(key)?.state
  const { party } = (typeof state === 'object' && organizerOf(state)) || {}
  return party?.table === 'systemuser' && party.id !== gathered.cycle.userId
}

const keyOf = (item: Item | UnreadableItem) => (item.kind === 'unreadable' ? undefined : item.marks.key)

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
