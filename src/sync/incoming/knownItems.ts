import type { ChangePage, ItemId } from '#mailbox'

/** Pages that are on their way into the store at most, while another one is read: one is decided, one saved. */
const MOST_UNDER_WAY = 2

/**
 * The items believed to be in a folder while its pages are read ahead: those of the store, and those of pages that are
 * not saved yet. A server that compares would otherwise never tell that one of these is gone.
 */
export class KnownItems {
  readonly #stored: () => Promise<readonly ItemId[]>
  #underWay: ItemId[][] = []

  constructor(stored: () => Promise<readonly ItemId[]>) {
    this.#stored = stored
  }

  async all(): Promise<ItemId[]> {
    const underWay = this.#underWay.flat()
    return [...new Set([...(await this.#stored()), ...underWay])]
  }

  /** The same pages, noted when they are handed out. */
  async *noting(pages: AsyncIterable<ChangePage>): AsyncGenerator<ChangePage> {
    for await (const page of pages) {
      this.#underWay = [...this.#underWay.slice(1 - MOST_UNDER_WAY), page.upserts.map((change) => change.id)]
      yield page
    }
  }
}
