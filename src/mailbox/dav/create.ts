import { MailboxError } from '../errors.ts'
import { itemChanged, itemRefused } from '../failures.ts'
import { inCrlf, printContact, printEvent, printTask, restoreText, withScheduling } from '../ical/index.ts'
import { type ItemKind, type ItemRef, type LinkKey, type NewItem, uidOfKey } from '../items/index.ts'
import { DavError } from './failures.ts'
import { nameOf, pathOf } from './place.ts'
import { type Place, readItems } from './readItems.ts'
import { put } from './resource.ts'

export interface Creation {
  key: LinkKey
  /** Whether the server shall tell attendees; undefined: it never does. */
  tell: boolean | undefined
  /** Other folders where the item may lie by now, if it was made before. */
  others: readonly Place[]
}

/** The name of the resource that carries a key: who asks for it again finds it without looking through the folder. */
export function nameForKey(key: LinkKey, kind: ItemKind): string {
  return `regarding-${key}.${kind === 'contact' ? 'vcf' : 'ics'}`
}

/** Makes an item once (law 2): the second attempt finds the name taken. */
export async function createItem(place: Place, item: NewItem, { key, tell, others }: Creation): Promise<ItemRef> {
  const name = nameForKey(key, item.kind)
  const [moved] = (await Promise.all(others.map((other) => withKey(other, name, key)))).flat()
  if (moved) return moved
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

async function withKey(place: Place, name: string, key: LinkKey): Promise<ItemRef[]> {
  const item = (await readItems(place, [name])).get(name)
  return item && item.kind !== 'unreadable' && item.marks.key === key ? [item.ref] : []
}

/** The resource that has the UID already (RFC 4791 §5.3.2.1). */
function holderOf({ client, collection }: Place, error: MailboxError): string | undefined {
  const isUid = error instanceof DavError && error.conditions.some((one) => one.endsWith(':no-uid-conflict'))
  if (!isUid) return undefined
  return error.href === undefined ? '' : nameOf(pathOf(error.href, client.origin, collection.path))
}

function textOf(
  { address, collection, client }: Place,
  item: NewItem,
  key: LinkKey,
  tell: boolean | undefined,
): string {
  const options = { address, now: client.clock.now(), fallback: collection.zone }
  const uid = item.uid ?? uidOfKey(key)
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
  return inCrlf(kind === 'event' && tell !== undefined ? withScheduling(text, address, tell) : text)
}
