import { Failure } from './failure.ts'

export interface Change {
  /** Position in the log; grows with every change. */
  seq: number
  /** Id of the item or folder. */
  id: string
  kind: 'created' | 'updated' | 'read' | 'removed'
  /** Of a removal: whether the item lives on in another folder. */
  moved: boolean
  /** The id it had here when it went (see `entryId`). */
  entryId: string
}

/** All there is to a log, as plain values. */
export interface ChangeLogState {
  entries: Change[]
  latest: [string, { seq: number; entered: number }][]
  forgotten: number
  seq: number
}

export interface ChangePage {
  changes: Change[]
  /** Ask on from here. */
  next: number
  /** Whether this was the last page for now. */
  complete: boolean
}

/**
 * What happened in one folder (or to the folders of a mailbox). Whoever kept the position of any earlier reading gets
 * what he needs to have the folder as it is now: each thing once, by its last change.
 */
export class ChangeLog {
  #entries: Change[] = []
  /** Last change of each thing, and where it came in; by `entryId`: what comes back after a move is another thing. */
  readonly #latest: Map<string, { seq: number; entered: number }>
  /** Changes up to here are forgotten. */
  #forgotten = 0
  #seq = 0

  constructor(state?: ChangeLogState) {
    this.#latest = new Map(state?.latest)
    if (!state) return
    this.#entries = [...state.entries]
    this.#forgotten = state.forgotten
    this.#seq = state.seq
  }

  get state(): ChangeLogState {
    return { entries: [...this.#entries], latest: [...this.#latest], forgotten: this.#forgotten, seq: this.#seq }
  }

  get position(): number {
    return this.#seq
  }

  record(change: Omit<Change, 'seq'>): void {
    const seq = ++this.#seq
    const before = this.#latest.get(change.entryId)
    const entered = change.kind === 'created' ? seq : (before?.entered ?? seq)
    this.#latest.set(change.entryId, { seq, entered })
    this.#entries.push({ ...change, seq })
  }

  /**
   * At most `limit` changes after `position`. What was created and removed since is told as removed; what was created
   * and changed as created; what was only read or unread as `read`.
   * @throws Failure `cursorLost` when removals since then are forgotten
   */
  after(position: number, limit = Number.POSITIVE_INFINITY): ChangePage {
    if (position > this.#seq || (position < this.#forgotten && position > 0))
      throw new Failure(
        'cursorLost',
        `What happened since ${position} is forgotten; the log begins at ${this.#forgotten}.`,
      )
    const changes: Change[] = []
    let next = position
    let index = this.#indexAfter(position)
    for (; index < this.#entries.length && changes.length < limit; index++) {
      const entry = this.#entries[index] as Change
      next = entry.seq
      const latest = this.#latest.get(entry.entryId)
      if (latest?.seq !== entry.seq) continue
      if (entry.kind === 'removed') changes.push(entry)
      else if (latest.entered > position) changes.push({ ...entry, kind: 'created' })
      else changes.push({ ...entry, kind: this.#onlyRead(entry, position) ? 'read' : 'updated' })
    }
    const complete = !this.#entries.slice(index).some((entry) => this.#latest.get(entry.entryId)?.seq === entry.seq)
    return { changes, next: complete ? this.#seq : next, complete }
  }

  /** Forgets what was removed, so that positions of old are of no use. */
  forget(): void {
    this.#forgotten = ++this.#seq
    this.#entries = this.#entries.filter(
      (entry) => entry.kind !== 'removed' && this.#latest.get(entry.entryId)?.seq === entry.seq,
    )
    const left = new Set(this.#entries.map(({ entryId }) => entryId))
    for (const entryId of this.#latest.keys()) if (!left.has(entryId)) this.#latest.delete(entryId)
  }

  #onlyRead(change: Change, position: number): boolean {
    if (change.kind !== 'read') return false
    const since = this.#entries.slice(this.#indexAfter(position))
    return since.every(({ entryId, kind }) => entryId !== change.entryId || kind === 'read')
  }

  #indexAfter(position: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as Change).seq <= position) low = middle + 1
      else high = middle
    }
    return low
  }
}
