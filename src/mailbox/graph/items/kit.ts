import type { FolderId, ItemId } from '../../ids.ts'
import type { ItemKind, ItemRef, LinkKey } from '../../items/common.ts'
import type { ItemPatch, NewItem } from '../../items/patch.ts'
import type { Item, ItemCapabilities, NotifyWhom, UnreadableItem } from '../../items/port.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import type { GraphClient } from '../client.ts'
import type { Ask } from './ask.ts'
import type { Raw } from './raw.ts'

/** What working on items needs. */
export interface Kit {
  client: GraphClient
  /** What is asked about single items, together with whatever else is asked at the same time. */
  ask: Ask
  can: ItemCapabilities
  /** The names of own categories in this mailbox, to read items that carry these names (T-94). */
  categories(carried?: readonly string[]): Promise<OwnCategories>
  /** Sees that the mailbox's owner can choose them. */
  offer(categories: readonly string[]): Promise<OwnCategories>
  seen: Seen
}

/** How items of one kind are read and written. */
export interface Side {
  kind: ItemKind
  /** Below the mailbox: the items of a folder, whose changes `/delta` tells. */
  itemsPath(folder: FolderId): string
  itemPath(folder: FolderId, id: ItemId): string
  read(folder: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]>
  /**
   * @param anew the server knows the key of an item that is there no more
   * @throws MailboxError `conflict` when it knows the key, and `anew` was not said
   */
  create(folder: FolderId, item: NewItem, key: LinkKey, anew?: boolean): Promise<ItemRef>
  /** Finishes what a crash left unfinished. */
  finish(folder: FolderId, item: NewItem, key: LinkKey, folders: readonly FolderId[]): Promise<ItemRef | undefined>
  update(ref: ItemRef, patch: ItemPatch, notify: NotifyWhom): Promise<ItemRef>
  remove(ref: ItemRef, notify: NotifyWhom): Promise<void>
  /** `$filter` for items with a link key. */
  keyFilter(key: LinkKey): string
}

export interface SeenItem {
  item: Item
  raw: Raw
}

const MOST_SEEN = 500

/** Items that were read last, so that writing does not read them again; right only while their version is the same. */
export class Seen {
  readonly #items = new Map<ItemId, SeenItem>()
  readonly #versions = new Map<ItemId, string>()

  note(item: Item, raw: Raw): void {
    this.#items.delete(item.ref.id)
    this.#items.set(item.ref.id, { item, raw })
    this.told(item.ref)
    if (this.#items.size > MOST_SEEN) this.#items.delete(this.#items.keys().next().value as ItemId)
  }

  /** Notes the version under which an item was listed. */
  told({ id, version }: ItemRef): void {
    this.#versions.delete(id)
    this.#versions.set(id, version)
    if (this.#versions.size > 10 * MOST_SEEN) this.#versions.delete(this.#versions.keys().next().value as ItemId)
  }

  versionOf(id: ItemId): string {
    return this.#versions.get(id) ?? ''
  }

  at(ref: ItemRef): SeenItem | undefined {
    const seen = this.#items.get(ref.id)
    return seen?.item.ref.version === ref.version ? seen : undefined
  }

  forget(id: ItemId): void {
    this.#items.delete(id)
  }
}
