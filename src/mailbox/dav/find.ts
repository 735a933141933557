import type { ItemId } from '../ids.ts'
import type { Item, ItemKind, ItemRef, LinkKey, UnreadableItem } from '../items/index.ts'
import { xml } from '../xml.ts'
import { DavError } from './failures.ts'
import { nameOf } from './place.ts'
import { type Place, readItems } from './readItems.ts'
import { addressbookQuery, calendarQuery, type PropertyFilter, report } from './requests.ts'

/** The name of the resource that carries a key: who asks for it again finds it without looking through the folder. */
export function nameForKey(key: LinkKey, kind: ItemKind): string {
  return `regarding-${key}.${kind === 'contact' ? 'vcf' : 'ics'}`
}

type Wanted = { key: LinkKey } | { uid: string }

/** Resources that a server names for a question, at most: one that does not filter names all it has. */
const MOST = 1_000
const NAME_LENGTH = 200

/**
 * Items of a folder by link key or UID: by the name that they usually have, and by asking the server. Every one is read
 * before it is believed.
 */
export async function findItems(place: Place, by: Wanted): Promise<ItemRef[]> {
  const names = new Set([usualName(place, by), ...(await namesByQuery(place, by))].filter((name) => name !== undefined))
  const found = await readItems(place, [...names])
  return [...found.values()].filter((item) => fits(item, by)).map(({ ref }) => ref)
}

/** What was made with a key and a UID, whatever name the server gave it. */
export async function findMade(place: Place, key: LinkKey, uid: string): Promise<ItemRef[]> {
  const names = new Set([nameForKey(key, place.kind), ...(await namesByQuery(place, { uid }))])
  const found = await readItems(place, [...names])
  return [...found.values()].filter((item) => fits(item, { key })).map(({ ref }) => ref)
}

function fits(item: Item | UnreadableItem, by: Wanted): boolean {
  if (item.kind === 'unreadable') return false
  return 'key' in by ? item.marks.key === by.key : item.uid === by.uid
}

function usualName({ kind }: Place, by: Wanted): string | undefined {
  if ('key' in by) return nameForKey(by.key, kind)
  if (by.uid.length > NAME_LENGTH) return undefined
  return `${by.uid}.${kind === 'contact' ? 'vcf' : 'ics'}`
}

async function namesByQuery(place: Place, by: Wanted): Promise<ItemId[]> {
  const { client, collection, kind } = place
  const filter: PropertyFilter =
    'key' in by ? { property: 'X-REGARDING-KEY', value: by.key } : { property: 'UID', value: by.uid }
  const props = xml`<D:getetag/>`
  const body =
    kind === 'contact'
      ? addressbookQuery(filter, props)
      : calendarQuery(kind === 'event' ? 'VEVENT' : 'VTODO', filter, props)
  const names: ItemId[] = []
  try {
    for await (const { href, status = 200 } of report(client, collection.path, {
      depth: 1,
      body,
      doing: 'Looking for an item',
    })) {
      if (status < 300 && !href.trim().endsWith('/')) names.push(nameOf(href))
      if (names.length >= MOST) break
    }
  } catch (error) {
    // A server that has no such filter says so (RFC 4791 §7.8): then names must do.
    if (!(error instanceof DavError) || ![400, 403, 405, 501].includes(error.status)) throw error
  }
  return names
}
