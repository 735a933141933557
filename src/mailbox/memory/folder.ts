import type { Category, Folder, ItemChange, ItemId } from '../port.ts'
import { messageIdOf } from '../source.ts'

/** Bytes, or a function that makes them when they are read, so that a hundred thousand mailboxes fit in memory. */
export type Source = Uint8Array | (() => Uint8Array)

export interface Delivery {
  received?: Date
  seen?: boolean
  categories?: readonly Category[]
  draft?: boolean
}

export interface StoredItem {
  readonly uid: number
  readonly source: Source
  /** Milliseconds since 1970. */
  readonly received: number
  seen: boolean
  deleted: boolean
  draft: boolean
  categories: readonly Category[]
  /** Grows with every change within the folder, as MODSEQ does (RFC 7162). */
  change: number
  /** Looked up when first asked for; null: the message has none. */
  messageId?: string | null
}

export interface Removal {
  uid: number
  change: number
}

const NONE: readonly Category[] = Object.freeze([])

/** A folder of a simulated account: its messages in the order of arrival, and what happened to them. */
export class SimulatedFolder {
  /** Unique in the server; survives renaming. */
  readonly number: number
  path: string[]
  readonly use: Folder['use']
  /** Changes when cursors are invalidated, as UIDVALIDITY does. */
  epoch = 0
  /** The number of the newest change; its creation is the first. */
  change = 1
  /** Removals up to this change are forgotten: cursors from before are lost. */
  forgotten = 0
  #items: Map<number, StoredItem> | undefined
  #removed: Removal[] | undefined
  #nextUid = 1

  constructor(number: number, path: string[], use: Folder['use']) {
    this.number = number
    this.path = path
    this.use = use
  }

  /** In the order of their uids. Made when first asked for: most folders of most accounts stay empty. */
  get items(): Map<number, StoredItem> {
    this.#items ??= new Map()
    return this.#items
  }

  get removed(): readonly Removal[] {
    return this.#removed ?? []
  }

  /** The highest uid ever given. */
  get top(): number {
    return this.#nextUid - 1
  }

  add(source: Source, received: number, state: Delivery): StoredItem {
    const item: StoredItem = {
      uid: this.#nextUid++,
      source,
      received,
      seen: state.seen ?? false,
      deleted: false,
      draft: state.draft ?? false,
      categories: state.categories?.length ? [...new Set(state.categories)] : NONE,
      change: ++this.change,
    }
    this.items.set(item.uid, item)
    return item
  }

  remove(uid: number): StoredItem | undefined {
    const item = this.items.get(uid)
    if (!item) return undefined
    this.items.delete(uid)
    this.#removed ??= []
    this.#removed.push({ uid, change: ++this.change })
    return item
  }

  /** Changes the state of a message; what is as wanted already is no change. */
  set(uid: number, state: Partial<Pick<StoredItem, 'seen' | 'deleted' | 'draft' | 'categories'>>): boolean {
    const item = this.items.get(uid)
    if (!item) return false
    const wanted = { ...item, ...state }
    const same =
      wanted.seen === item.seen &&
      wanted.deleted === item.deleted &&
      wanted.draft === item.draft &&
      wanted.categories.length === item.categories.length &&
      wanted.categories.every((category) => item.categories.includes(category))
    if (same) return false
    Object.assign(item, state, { change: ++this.change })
    return true
  }

  /** Numbers its messages anew, in their order. */
  renumber(): void {
    const items = [...this.items.values()]
    this.#nextUid = 1
    this.#removed = undefined
    this.#items = new Map(
      items.map((item) => {
        const uid = this.#nextUid++
        return [uid, { ...item, uid, change: ++this.change }]
      }),
    )
  }

  *byMessageId(messageId: string): Generator<StoredItem> {
    for (const item of this.items.values()) if (messageIdOfItem(item) === messageId) yield item
  }

  /** Drops what is known of removals, as a server does after a while. */
  forgetRemovals(): void {
    this.#removed = undefined
    this.forgotten = this.change
  }
}

export function bytesOf(item: StoredItem): Uint8Array {
  return typeof item.source === 'function' ? item.source() : item.source
}

export function messageIdOfItem(item: StoredItem): string | undefined {
  item.messageId ??= messageIdOf(bytesOf(item)) ?? null
  return item.messageId ?? undefined
}

export function describe(item: StoredItem): ItemChange {
  return {
    id: String(item.uid) satisfies ItemId,
    received: new Date(item.received),
    size: bytesOf(item).length,
    categories: [...item.categories],
    seen: item.seen,
    deleted: item.deleted,
    draft: item.draft,
  }
}
