import type { ItemKind } from './item.ts'

/** What happened in a mailbox, told the moment it happened. */
export interface Notice {
  /** Address of the owner of the mailbox. */
  mailbox: string
  change: 'created' | 'updated' | 'deleted' | 'moved' | 'copied' | 'newMail'
  about: ItemKind | 'folder'
  /** The item or folder, by its lasting id, and the id it has now (the last one it had). */
  id: string
  entryId: string
  changeKey: string
  /** Where it lies now, or lay last. */
  folder: string
  /** Of a move: where it lay, and the id it had there. */
  from?: { folder: string; entryId: string } | undefined
  at: Date
}

/** Graph's subscriptions and the streams of EWS hang on it. Listeners are called at once, one after the other. */
export class Notifier {
  readonly #listeners = new Set<(notice: Notice) => void>()

  /** @returns ends it */
  listen(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice)
  }
}
