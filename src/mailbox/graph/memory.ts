import type { FolderId, ItemHeaders, ItemId } from '../port.ts'
import { headersOf, type Listed, stateOf } from './message.ts'

/** What was read of a message last; another may have changed it since. */
export interface Remembered {
  folder: FolderId
  received: Date
  size: number
  categories: readonly string[]
  etag?: string
}

const MOST_STATES = 5_000
/** The page that is being decided, and the one that is read meanwhile. */
const PAGES = 2

/**
 * What the latest pages told, so that it is not asked again: the headers of two pages, each given out once, and the
 * version of messages, which a change names so that the server refuses it when it is old. Nothing is right because of it:
 * what is not here is fetched.
 */
export class Memory {
  readonly #states = new Map<ItemId, Remembered>()
  #pages: Map<ItemId, ItemHeaders>[] = []

  /** Notes what a page of a folder told; its headers only where they came along. */
  note(folder: FolderId, messages: readonly Listed[], withHeaders: boolean): void {
    const page = new Map<ItemId, ItemHeaders>()
    for (const message of messages) {
      const state = stateOf(message)
      if (!state) continue
      const { id, received, size, categories, etag } = state
      this.#states.delete(id)
      this.#states.set(id, { folder, received, size, categories, ...(etag ? { etag } : {}) })
      if (this.#states.size > MOST_STATES) this.#states.delete(this.#states.keys().next().value as ItemId)
      if (withHeaders) page.set(id, { id, received, size, headers: headersOf(message) })
    }
    if (withHeaders) this.#pages = [...this.#pages, page].slice(-PAGES)
  }

  stateOf(folder: FolderId, id: ItemId): Remembered | undefined {
    const state = this.#states.get(id)
    return state?.folder === folder ? state : undefined
  }

  /** The headers of a message of the latest pages, once. */
  takeHeaders(folder: FolderId, id: ItemId): ItemHeaders | undefined {
    if (!this.stateOf(folder, id)) return undefined
    for (const page of this.#pages) {
      const found = page.get(id)
      page.delete(id)
      if (found) return found
    }
    return undefined
  }

  forget(ids: readonly ItemId[]): void {
    for (const id of ids) this.#states.delete(id)
  }
}
