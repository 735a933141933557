import {
  type ChangePage,
  type Cursor,
  type FolderId,
  type ItemChange,
  type ItemId,
  type Mailbox,
  MailboxError,
} from '#mailbox'
import type { TrueItem } from './bench.ts'

export interface FollowOptions {
  pageSize?: number
  /** Stop after this many pages, as a crash would. */
  pages?: number
  receivedAfter?: Date
  /** Runs after the first page, while the listing is under way. */
  during?: () => Promise<void>
  /** Runs while the connector waits for the known items. */
  beforeKnown?: () => Promise<void>
}

/** A copy of a folder kept as the engine keeps it: page by page, the cursor saved with what the page brought. */
export class Copy {
  readonly items = new Map<ItemId, ItemChange>()
  readonly mailbox: Mailbox
  readonly folder: FolderId
  cursor: Cursor | undefined
  /** How often the cursor was lost. */
  lost = 0
  #restarting: Set<ItemId> | undefined
  #saved: { cursor: Cursor | undefined; items: [ItemId, ItemChange][]; restarting: ItemId[] | undefined } | undefined

  constructor(mailbox: Mailbox, folder: FolderId) {
    this.mailbox = mailbox
    this.folder = folder
  }

  /** Reads what changed and returns the pages. A lost cursor is answered by listing again. */
  async follow(options: FollowOptions = {}): Promise<Pages> {
    let meanwhile = options.during
    const during = async () => {
      const once = meanwhile
      meanwhile = undefined
      await once?.()
    }
    for (;;) {
      try {
        return await this.#read({ ...options, during })
      } catch (error) {
        if (!(error instanceof MailboxError) || error.kind !== 'cursorLost' || this.cursor === undefined) throw error
        this.lost++
        this.cursor = undefined
        this.#restarting = new Set(this.items.keys())
      }
    }
  }

  /** Follows until the server has nothing more to tell. */
  async catchUp(pageSize = 50): Promise<void> {
    await this.follow({ pageSize })
  }

  /** Remembers the copy as it is, for `crash`. */
  save(): void {
    const restarting = this.#restarting && [...this.#restarting]
    this.#saved = { cursor: this.cursor, items: [...this.items], restarting }
  }

  /** Forgets everything since `save`. */
  crash(): void {
    this.cursor = this.#saved?.cursor
    this.items.clear()
    for (const [id, item] of this.#saved?.items ?? []) this.items.set(id, item)
    this.#restarting = this.#saved?.restarting && new Set(this.#saved.restarting)
  }

  async #read({ pageSize = 50, pages = Number.POSITIVE_INFINITY, receivedAfter, during, beforeKnown }: FollowOptions) {
    const result = new Pages()
    const changes = this.mailbox.changes(this.folder, this.cursor, {
      pageSize,
      ...(receivedAfter && { receivedAfter }),
      known: async () => {
        result.askedKnown++
        await beforeKnown?.()
        return [...this.items.keys()]
      },
    })
    for await (const page of changes) {
      result.list.push(page)
      for (const id of page.removals) this.items.delete(id)
      for (const item of page.upserts) {
        this.items.set(item.id, item)
        this.#restarting?.delete(item.id)
      }
      this.cursor = page.cursor
      if (!page.more) this.#endRestart()
      await during?.()
      if (result.list.length >= pages) break
    }
    return result
  }

  #endRestart() {
    for (const id of this.#restarting ?? []) this.items.delete(id)
    this.#restarting = undefined
  }

  /** The copy in the terms of the truth, to be compared with it. */
  async described(): Promise<TrueItem[]> {
    const ids = [...this.items.keys()]
    const headers = await this.mailbox.headers(this.folder, ids)
    const known = new Map(headers.map((item) => [item.id, item.headers.messageId ?? '']))
    return sorted(
      ids.map((id) => {
        const item = this.items.get(id) as ItemChange
        return { messageId: known.get(id) ?? `gone: ${id}`, seen: item.seen, categories: item.categories }
      }),
    )
  }
}

/** The pages of one listing. */
export class Pages {
  readonly list: ChangePage[] = []
  askedKnown = 0

  get upserts(): ItemId[] {
    return this.list.flatMap((page) => page.upserts.map((item) => item.id))
  }

  get removals(): ItemId[] {
    return this.list.flatMap((page) => page.removals)
  }
}

export function sorted(items: readonly TrueItem[]): TrueItem[] {
  return items
    .map((item) => ({ ...item, categories: [...item.categories].sort() }))
    .sort((a, b) => a.messageId.localeCompare(b.messageId))
}
