import { MailboxError } from '../errors.ts'
import { itemRefused } from '../failures.ts'
import { attachmentsOf, kindsOf, readContact, readEvent, readTask } from '../ical/index.ts'
import type { ItemId } from '../ids.ts'
import type { Item, ItemKind, ItemRef, UnreadableItem } from '../items/index.ts'
import { xml } from '../xml.ts'
import type { DavClient } from './client.ts'
import type { Collection } from './collections.ts'
import { statusError, tooLarge } from './failures.ts'
import { ITEM_AT_MOST } from './limits.ts'
import { etagOf, type ResourceAnswer } from './multistatus.ts'
import { memberOf, nameOf } from './place.ts'
import { UnreadableXml } from './reader.ts'
import { addressbookMultiget, calendarMultiget, propfind, report } from './requests.ts'

/** A folder as its operations see it: one kind of item within a collection. */
export interface Place {
  client: DavClient
  collection: Collection
  kind: ItemKind
  folder: string
  /** The owner's own address. */
  address: string
}

/** A resource of a collection as it was read. */
export interface Resource {
  name: ItemId
  etag: string
  text: string
  modified?: Date | undefined
}

/** Resources per request: what a server answers of them is kept in its memory by many. */
const BATCH = 100
/** Requests under way at once: while one answer is read, the server makes the next. */
const LANES = 2
const PROPS = xml`<D:getetag/><D:getlastmodified/>`

/**
 * Whole items by the names of their resources. Those that are gone, or of another kind, are missing; those that the
 * server denies, or that are broken, say why.
 */
export async function readItems(place: Place, names: readonly ItemId[]): Promise<Map<ItemId, Item | UnreadableItem>> {
  const all = await readAll(place, names)
  return new Map([...all].filter((one): one is [ItemId, Item | UnreadableItem] => one[1] !== 'otherKind'))
}

/** As `readItems`, but what is of another kind is said to be: missing is what the server did not give. */
export async function readAll(place: Place, names: readonly ItemId[]): Promise<Map<ItemId, Read>> {
  const found = new Map<ItemId, Read>()
  let begun = 0
  const lane = async () => {
    while (begun < names.length) {
      const some = names.slice(begun, (begun += BATCH))
      for (const [name, read] of await readBatch(place, some)) found.set(name, read)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return found
}

type Read = Item | UnreadableItem | 'otherKind'

/** One resource in its very bytes. `undefined`: there is none. @throws MailboxError */
export async function readResource(
  place: Place,
  name: ItemId,
  doing: string,
): Promise<(Resource & { scheduleTag?: string }) | undefined> {
  if (!place.collection.card4) return readAs(place, name, doing, undefined)
  // The server translates between versions of vCard. The one whose length is that of the resource is the card itself.
  const size = await sizeOf(place, name, doing)
  const card = await readAs(place, name, doing, '4.0')
  if (!card || size === undefined || Buffer.byteLength(card.text) === size) return card
  const older = await readAs(place, name, doing, '3.0')
  return older && older.etag === card.etag && Buffer.byteLength(older.text) === size ? older : card
}

async function readAs(
  { client, collection }: Place,
  name: ItemId,
  doing: string,
  version: '3.0' | '4.0' | undefined,
): Promise<(Resource & { scheduleTag?: string }) | undefined> {
  const headers: Record<string, string> = version === undefined ? {} : { accept: `text/vcard;version=${version}` }
  const path = memberOf(collection.path, name)
  const answer = await client.sendAny({ method: 'GET', path, headers, doing, again: true })
  if (answer.status === 404 || answer.status === 410) {
    await client.skip(answer)
    return undefined
  }
  if (answer.status !== 200) throw await client.refusal(answer, { doing, single: true })
  const text = await client.text(answer, ITEM_AT_MOST)
  const scheduleTag = answer.headers['schedule-tag']?.trim()
  return {
    name,
    etag: etagOf(answer.headers['etag']) ?? '',
    text,
    modified: dateOf(answer.headers['last-modified']),
    ...(scheduleTag && { scheduleTag }),
  }
}

async function sizeOf({ client, collection }: Place, name: ItemId, doing: string): Promise<number | undefined> {
  const props = xml`<D:getcontentlength/>`
  try {
    const [answer] = await propfind(client, memberOf(collection.path, name), { depth: 0, props, doing })
    return Number(answer?.props.get('D:getcontentlength')?.text.trim() || Number.NaN) || undefined
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') return undefined
    throw error
  }
}

/** `undefined`: it is of another kind. */
export function itemOf(place: Place, resource: Resource): Item | UnreadableItem | undefined {
  const ref = { folder: place.folder, id: resource.name, version: resource.etag }
  try {
    if (!kindsOf(resource.text).includes(place.kind)) return undefined
    return readText(place, ref, resource)
  } catch (error) {
    return { kind: 'unreadable', ref, error: asItemError(error) }
  }
}

async function readBatch(place: Place, names: readonly ItemId[]): Promise<[ItemId, Read][]> {
  const { client, collection, kind } = place
  const paths = names.map((name) => memberOf(collection.path, name))
  const wanted = new Set(names)
  const body = kind === 'contact' ? addressbookMultiget(paths, PROPS, collection.card4) : calendarMultiget(paths, PROPS)
  try {
    const items: [ItemId, Read][] = []
    for await (const answer of report(client, collection.path, { depth: 1, body, doing: 'Reading items' })) {
      const name = nameOf(answer.href)
      const read = wanted.has(name) ? itemOfAnswer(place, name, answer) : undefined
      if (read) items.push([name, read])
    }
    return items
  } catch (error) {
    if (!(error instanceof MailboxError && error.cause instanceof UnreadableXml)) throw error
    // One of them holds what XML cannot say: each for itself then.
    const each = await Promise.all(names.map(async (name) => ({ name, read: await readAlone(place, name) })))
    return each.flatMap(({ name, read }): [ItemId, Read][] => (read ? [[name, read]] : []))
  }
}

async function readAlone(place: Place, name: ItemId): Promise<Read | undefined> {
  try {
    const resource = await readResource(place, name, 'Reading an item')
    return resource && (itemOf(place, resource) ?? 'otherKind')
  } catch (error) {
    if (!(error instanceof MailboxError) || error.scope !== 'item') throw error
    return { kind: 'unreadable', ref: { folder: place.folder, id: name, version: '' }, error }
  }
}

function itemOfAnswer(place: Place, name: ItemId, { status = 200, props, denied }: ResourceAnswer): Read | undefined {
  const data = place.kind === 'contact' ? 'CARD:address-data' : 'C:calendar-data'
  const refused = status >= 300 ? status : props.has(data) ? undefined : (denied.get(data) ?? 404)
  if (refused === 404 || refused === 410) return undefined
  const etag = etagOf(props.get('D:getetag')?.text) ?? ''
  const text = props.get(data)
  if (refused !== undefined || text === undefined || text.tooLong) {
    const { client, folder } = place
    const answer = { status: refused ?? 500, headers: {}, conditions: [] }
    const error = text?.tooLong
      ? tooLarge(ITEM_AT_MOST, ITEM_AT_MOST)
      : statusError(answer, client.where, { doing: 'Reading an item', single: true }, client.clock.now())
    return { kind: 'unreadable', ref: { folder, id: name, version: etag }, error }
  }
  const modified = dateOf(props.get('D:getlastmodified')?.text)
  return itemOf(place, { name, etag, text: text.text, modified }) ?? 'otherKind'
}

function readText({ kind, address, collection }: Place, ref: ItemRef, { text, modified }: Resource): Item {
  const options = { address, fallback: collection.zone }
  const read =
    kind === 'event' ? readEvent(text, options) : kind === 'task' ? readTask(text, options) : readContact(text)
  const attachments = attachmentsOf(text).map(({ info }) => info)
  return { ...read, ref, attachments, modified: read.modified ?? modified ?? new Date(0), rest: text }
}

function asItemError(error: unknown): MailboxError {
  if (error instanceof MailboxError) return error
  const why = error instanceof Error ? error.message : String(error)
  return itemRefused(`The item cannot be read: ${why}. Repair it where it was made.`, error)
}

function dateOf(text: string | undefined): Date | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : new Date(at)
}
