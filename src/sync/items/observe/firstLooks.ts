import type { Cursor, FolderId } from '#mailbox'
import type { Clock } from '#time'
import type { SeenItems } from './seenItems.ts'

/** Items of all mailboxes that are held at most. */
const MOST = 20_000
/** Milliseconds that a person has for the confirmation; later, everything is read once more. */
const HELD = 15 * 60_000

interface Look {
  items: SeenItems
  /** As far as each folder had been read. */
  cursors: ReadonlyMap<FolderId, Cursor | undefined>
}

/**
 * What first synchronizations have read for their summaries, so that carrying them out after the confirmation (B-42) reads
 * nothing a second time; and what a cycle or a rehearsal has read and left to the next. Held in memory only, for minutes,
 * and good for the very cursors at which it was read.
 */
export class FirstLooks {
  readonly #clock: Clock
  readonly #looks = new Map<string, Look & { until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  keep(mailboxId: string, look: Look): void {
    this.#forgetOld()
    this.#looks.delete(mailboxId)
    if (!look.items.size) return
    let room = MOST - look.items.size
    for (const [id, other] of [...this.#looks].toReversed()) {
      room -= other.items.size
      if (room < 0) this.#looks.delete(id)
    }
    this.#looks.set(mailboxId, { ...look, until: this.#now + HELD })
  }

  /** Undefined: there is none, or somebody has read on since. */
  take(mailboxId: string, cursors: ReadonlyMap<FolderId, Cursor | undefined>): SeenItems | undefined {
    this.#forgetOld()
    const look = this.#looks.get(mailboxId)
    this.#looks.delete(mailboxId)
    if (!look || look.cursors.size !== cursors.size) return undefined
    return [...look.cursors].every(([folder, cursor]) => cursors.get(folder) === cursor) ? look.items : undefined
  }

  get #now(): number {
    return this.#clock.now().getTime()
  }

  #forgetOld(): void {
    for (const [id, { until }] of this.#looks) if (until < this.#now) this.#looks.delete(id)
  }
}
