import { MailboxError } from '../errors.ts'
import { itemChanged, itemRefused } from '../failures.ts'
import {
  inCrlf,
  printContact,
  printEvent,
  printTask,
  restoreText,
  withScheduling,
  withSequence,
} from '../ical/index.ts'
import { type ItemKind, type ItemRef, type LinkKey, type NewItem, uidOfKey } from '../items/index.ts'
import { DavError } from './failures.ts'
import { findMade, nameForKey } from './find.ts'
import { nameOf, pathOf } from './place.ts'
import { type Place, readItems } from './readItems.ts'
import { put } from './resource.ts'

export interface Creation {
  key: LinkKey
  /** Whether the server shall tell attendees; undefined: it never does. */
  tell: boolean | undefined
  /** Where the item may lie by now, if it was made before. */
  lookIn: readonly Place[]
}

/** Makes an item once (law 2): the second attempt finds what the first one made. */
export async function createItem(place: Place, item: NewItem, { key, tell, lookIn }: Creation): Promise<ItemRef> {
  const made = await madeBefore(place, item, key, lookIn)
  if (made) return made
  const name = nameForKey(key, item.kind)
  try {
    return await put(place, name, textOf(place, item, key, tell), { 'if-none-match': '*' }, 'Creating an item')
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    const taken = error.kind === 'conflict' ? name : holderOf(place, error)
    if (taken === undefined) throw error
    const [there] = await withKey(place, taken, key)
    if (there) return there
    if (error.kind === 'conflict') throw itemChanged(name, error)
    throw itemRefused(
      `There is another item with the UID ${item.uid ?? ''} in this mailbox. Link that one instead.`,
      error,
    )
  }
}

export const uidOfNew = (item: NewItem, key: LinkKey): string => item.uid ?? uidOfKey(key)

/**
 * Where items are made together the server gives them names, and may take a second one with the same UID: it is asked.
 * Elsewhere the name in this folder is taken by what was made.
 */
async function madeBefore(
  place: Place,
  item: NewItem,
  key: LinkKey,
  lookIn: readonly Place[],
): Promise<ItemRef | undefined> {
  const isNamedByServer = lookIn.some(({ collection }) => collection.bulk)
  const name = nameForKey(key, item.kind)
  const found = await Promise.all(
    isNamedByServer
      ? lookIn.map((one) => findMade(one, key, uidOfNew(item, key)))
      : lookIn.filter(({ folder }) => folder !== place.folder).map((one) => withKey(one, name, key)),
  )
  const refs = found.flat()
  return refs.find(({ folder }) => folder === place.folder) ?? refs[0]
}

async function withKey(place: Place, name: string, key: LinkKey): Promise<ItemRef[]> {
  const item = (await readItems(place, [name])).get(name)
  return item && item.kind !== 'unreadable' && item.marks.key === key ? [item.ref] : []
}

const UID_CONFLICT = /:(?:no-uid-conflict|unique-scheduling-object-resource)$/

/** The resource that has the UID already (RFC 4791 §5.3.2.1, RFC 6638 §3.2.4.1). */
function holderOf({ client, collection }: Place, error: MailboxError): string | undefined {
  const isUid = error instanceof DavError && error.conditions.some((one) => UID_CONFLICT.test(one))
  if (!isUid) return undefined
  return error.href === undefined ? '' : nameOf(pathOf(error.href, client.origin, collection.path))
}

/** As it is sent. */
export function textOf(
  { address, collection, client }: Place,
  item: NewItem,
  key: LinkKey,
  tell: boolean | undefined,
): string {
  const options = { address, now: client.clock.now(), fallback: collection.zone }
  const uid = uidOfNew(item, key)
  const marked = { ...item, marks: { ...item.marks, key } }
  if (item.rest !== undefined) return scheduled(restoreText(item.rest, marked, uid, options), item.kind, address, tell)
  switch (marked.kind) {
    case 'event':
      return scheduled(printEvent(marked, uid, options), 'event', address, tell)
    case 'contact':
      return printContact(marked, uid)
    case 'task':
      return printTask(marked, uid, options)
  }
}

function scheduled(text: string, kind: ItemKind, address: string, tell: boolean | undefined): string {
  if (kind !== 'event' || tell === undefined || !concernsPeople(text)) return inCrlf(text)
  const marked = withScheduling(text, address, tell)
  return inCrlf(tell ? withSequence(marked, address) : marked)
}

/** It has attendees, or an organizer. */
export function concernsPeople(text: string): boolean {
  return /^(?:ATTENDEE|ORGANIZER)[;:]/im.test(text)
}
