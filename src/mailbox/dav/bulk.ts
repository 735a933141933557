import { MailboxError } from '../errors.ts'
import type { ItemRef, NewItem } from '../items/index.ts'
import { Together } from '../together.ts'
import { type BulkPart, bulkPart, bulkText, groupsOf } from './bulkText.ts'
import { type Creation, concernsPeople, createItem, textOf, uidOfNew } from './create.ts'
import { DavError } from './failures.ts'
import { findMade } from './find.ts'
import { etagOf, type ResourceAnswer, resourceAnswer } from './multistatus.ts'
import { nameOf, pathOf, samePath } from './place.ts'
import { UnreadableXml } from './reader.ts'
import type { Place } from './readItems.ts'
import { TYPES, versionOf } from './resource.ts'

/** Of one request. */
const MOST = { resources: 100, bytes: 1024 * 1024 } as const
/** An item that is larger goes alone. */
const ITEM_AT_MOST = 128 * 1024
const DOING = 'Creating items'
const RESPONSE = new Set(['D:response'])
/** Whether anything was done is not known, and the mailbox is not to be asked now. */
const UNTOLD = new Set([401, 408, 429, 502, 503, 504])

type First = Omit<Creation, 'lookIn'>

interface Asked {
  item: NewItem
  creation: First
  part: BulkPart
}

/**
 * First attempts to make items: what is asked for at once goes in one request where the collection takes that
 * (draft-daboo-calendarserver-bulk-change, simple form), everything else each under our name. Whatever the server does
 * not say it has made is looked for, and made alone: then it tells the cause.
 */
export class BulkCreates {
  readonly #together = new Map<string, Together<Asked, ItemRef>>()
  /** Collections that announced it, and refused. */
  readonly #refusing = new Set<string>()

  create(place: Place, item: NewItem, creation: First): Promise<ItemRef> {
    const part = this.#partOf(place, item, creation)
    if (!part) return createItem(place, item, { ...creation, lookIn: [] })
    const known = this.#together.get(place.folder) ?? this.#open(place)
    this.#together.set(place.folder, known)
    return known.ask({ item, creation, part })
  }

  /** Undefined: it goes alone. Who has attendees is told in the way of a single item (RFC 6638). */
  #partOf(place: Place, item: NewItem, { key, tell }: First): BulkPart | undefined {
    const { bulk, path, maxSize = ITEM_AT_MOST } = place.collection
    if (!bulk || item.rest !== undefined || this.#refusing.has(path)) return undefined
    const text = textOf(place, item, key, tell)
    if (Buffer.byteLength(text) > Math.min(maxSize, ITEM_AT_MOST) || concernsPeople(text)) return undefined
    return bulkPart(item.kind, text, uidOfNew(item, key))
  }

  #open(place: Place): Together<Asked, ItemRef> {
    const { resources, bytes } = place.collection.bulk ?? MOST
    return new Together((all) => this.#send(place, all), {
      count: Math.max(1, Math.min(resources, MOST.resources)),
      size: Math.min(bytes, MOST.bytes),
      sizeOf: ({ part: { head, zones, body } }) =>
        Buffer.byteLength(body) + Buffer.byteLength([head, ...zones.values()].join('')),
    })
  }

  async #send(place: Place, all: readonly Asked[]): Promise<PromiseSettledResult<ItemRef>[]> {
    const outcomes = new Map<Asked, Promise<ItemRef>>()
    for (const group of groupsOf(all, ({ part }) => part)) {
      const made = group.length > 1 ? this.#post(place, group) : Promise.resolve({ refs: new Map(), lookIn: [] })
      for (const one of group) outcomes.set(one, outcomeOf(place, one, made))
    }
    return Promise.allSettled(all.map((one) => outcomes.get(one) as Promise<ItemRef>))
  }

  async #post(place: Place, group: readonly Asked[]): Promise<Made> {
    const { client, collection, kind } = place
    const sent = new Set(group.map(({ part }) => part.uid))
    const answers: ResourceAnswer[] = []
    const request = {
      method: 'POST',
      path: collection.path,
      headers: { 'content-type': TYPES[kind] },
      body: bulkText(
        kind,
        group.map(({ part }) => part),
      ),
      doing: DOING,
    }
    let broken: { error: unknown } | undefined
    try {
      const answer = await client.send(request)
      if (answer.status !== 207) {
        this.#refusing.add(collection.path)
        await client.skip(answer)
        return { refs: new Map(), lookIn: [place] }
      }
      for await (const element of client.elementsOf(answer, RESPONSE)) {
        const told = resourceAnswer(element)
        if (sent.has(uidOf(told))) answers.push(told)
        if (answers.length > group.length) break // It says something twice.
      }
    } catch (error) {
      if (!isRefused(error)) broken = { error }
      else if (!isOfContent(error)) this.#refusing.add(collection.path)
    }
    const refs = await refsOf(place, answers)
    return { refs, lookIn: [place], ...(broken && { broken }) }
  }
}

/** What came of a request: what was made, by UID; and why it is not known what else was. */
interface Made {
  refs: ReadonlyMap<string, ItemRef>
  /** Where what is not told may lie nevertheless. */
  lookIn: readonly Place[]
  broken?: { error: unknown }
}

async function outcomeOf(place: Place, { item, creation, part }: Asked, made: Promise<Made>): Promise<ItemRef> {
  const { refs, lookIn, broken } = await made
  const ref = refs.get(part.uid)
  if (ref) return ref
  if (!broken) return createItem(place, item, { ...creation, lookIn })
  // The server may be at it still: what is not there yet is not made now.
  const [there] = isUnreadable(broken.error) ? await findMade(place, creation.key, part.uid) : []
  if (there) return there
  throw broken.error
}

/** What the server says it has made, in this collection; nothing that it says twice. */
async function refsOf(place: Place, answers: readonly ResourceAnswer[]): Promise<Map<string, ItemRef>> {
  const { client, collection, folder } = place
  const told = answers.flatMap((answer) => {
    const id = memberName(answer.href, client.origin, collection.path)
    return id === undefined ? [] : [{ uid: uidOf(answer), id, etag: etagOf(answer.props.get('D:getetag')?.text) }]
  })
  const refs = new Map<string, ItemRef>()
  for (const { uid, id, etag } of told) {
    if (told.filter((one) => one.uid === uid || one.id === id).length > 1) continue
    // Without ETag the server has changed what it was given (RFC 4791 §5.3.4).
    const version = etag ?? (await versionOf(place, id))
    if (version !== undefined) refs.set(uid, { folder, id, version })
  }
  return refs
}

const uidOf = ({ props }: ResourceAnswer): string => props.get('CS:uid')?.text.trim() ?? ''

/** The name of a member of the collection; undefined for whatever else an address says. */
function memberName(href: string, origin: string, collection: string): string | undefined {
  if (href.trim() === '') return undefined
  try {
    const path = pathOf(href, origin, collection)
    const slash = path.lastIndexOf('/') + 1
    return slash < path.length && samePath(path.slice(0, slash), collection) ? nameOf(path) : undefined
  } catch (error) {
    if (error instanceof MailboxError) return undefined
    throw error
  }
}

/** The server has answered that it did nothing of it: each item for itself tells more. */
const isRefused = (error: unknown): error is DavError => error instanceof DavError && !UNTOLD.has(error.status)

const isUnreadable = (error: unknown): boolean => error instanceof MailboxError && error.cause instanceof UnreadableXml

/** One of the items is at fault (RFC 4791 §5.3.2.1, RFC 6352 §5.3.2.1), not the way they came. */
function isOfContent({ conditions }: DavError): boolean {
  return conditions.some((one) => /^(C|CARD):(valid|max|min)-/.test(one))
}
