import type { FolderId, Item, ItemId } from '#mailbox'

type ItemAt = { folder: FolderId; id: ItemId }

/** An item, in whichever folder of a mailbox. */
export const itemKey = ({ folder, id }: ItemAt): string => `${folder}\n${id}`

/**
 * Items that were read when they were noticed, so that deciding about them reads them no second time. Where there are more
 * than are decided about at once, none is kept: they are read anew when their turn comes.
 */
export class SeenItems {
  readonly #items: Map<string, Item>
  readonly #most: number
  #isFull = false

  constructor(most: number, items: Iterable<[string, Item]> = []) {
    this.#most = most
    this.#items = new Map(items)
  }

  get size(): number {
    return this.#items.size
  }

  copy(): SeenItems {
    return new SeenItems(this.#most, this.#items)
  }

  keep(item: Item): void {
    if (this.#isFull) return
    this.#items.set(itemKey(item.ref), item)
    if (this.#items.size <= this.#most) return
    this.#isFull = true
    this.#items.clear()
  }

  /** An item, once: what is decided about it may change it. */
  take(place: ItemAt): Item | undefined {
    const key = itemKey(place)
    const item = this.#items.get(key)
    this.#items.delete(key)
    return item
  }
}
