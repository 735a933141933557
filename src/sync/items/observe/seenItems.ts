import type { FolderId, Item, ItemId } from '#mailbox'

type ItemAt = { folder: FolderId; id: ItemId }

/** An item, in whichever folder of a mailbox. */
export const itemKey = ({ folder, id }: ItemAt): string => `${folder}\n${id}`

/**
 * Items that were read when they were noticed, so that deciding about them in the same cycle reads them no second time.
 * Where there are more than are decided about at once, none is kept: they are read anew when their turn comes.
 */
export class SeenItems {
  readonly #items = new Map<string, Item>()
  readonly #most: number
  #isFull = false

  constructor(most: number) {
    this.#most = most
  }

  keep(item: Item): void {
    if (this.#isFull) return
    this.#items.set(itemKey(item.ref), item)
    if (this.#items.size <= this.#most) return
    this.#isFull = true
    this.#items.clear()
  }

  at(place: ItemAt): Item | undefined {
    return this.#items.get(itemKey(place))
  }
}
