import { MailboxError } from '../../errors.ts'
import { Lane, type LaneOptions } from './lane.ts'

/**
 * What a connection is wanted for: a request among others; something that is read slowly; or listening, for half an hour.
 * The latter two must not keep others from theirs.
 */
export type Use = 'request' | 'reading' | 'listening'

/** Requests side by side; Exchange allows 27 by its usual policy, shared with a person's Outlook. */
const REQUESTS = 4

/** As many as may listen do so already: whoever cannot asks from time to time instead. */
export class NobodyMoreListens extends MailboxError {
  constructor(limit: number) {
    const words = `The profile allows ${limit} connections to Exchange at once (MB-14), and as many as may listen for notifications do. Raise its limit, or wait for the next cycle.`
    super('throttled', 'ServiceUnavailable', words, { scope: 'server' })
  }
}

/** The connections to one server with one identity, never more at once than the profile allows (MB-14, MB-21). */
export class Lanes {
  readonly #options: LaneOptions
  readonly #limit: number
  readonly #shared = new Set<Lane>()
  readonly #free: Lane[] = []
  /** Those of their own, and whether they listen. */
  readonly #own = new Map<Lane, boolean>()
  readonly #waiting = new Set<() => void>()

  constructor(options: LaneOptions, limit: number) {
    this.#options = options
    this.#limit = limit
  }

  /** A connection, as soon as there is one. @throws NobodyMoreListens */
  async take(use: Use, signal: AbortSignal | undefined): Promise<Lane> {
    // Less than half of them listen, so that what is heard can be read, slowly and otherwise.
    const listening = [...this.#own.values()].filter(Boolean).length
    if (use === 'listening' && listening >= Math.floor((this.#limit - 1) / 2)) throw new NobodyMoreListens(this.#limit)
    for (;;) {
      const lane = use === 'request' ? this.#forRequest() : await this.#ofOwn(use === 'listening')
      if (lane) return lane
      await this.#released(signal)
    }
  }

  async release(lane: Lane): Promise<void> {
    if (this.#own.has(lane)) {
      await lane.destroy()
      this.#own.delete(lane)
      this.#wake()
    } else if (this.#shared.has(lane)) {
      this.#free.push(lane)
      this.#wake()
    }
  }

  async close(): Promise<void> {
    const lanes = [...this.#shared, ...this.#own.keys()]
    this.#shared.clear()
    this.#own.clear()
    this.#free.length = 0
    await Promise.all(lanes.map((lane) => lane.destroy()))
  }

  get #isFull(): boolean {
    return this.#shared.size + this.#own.size >= this.#limit
  }

  #forRequest(): Lane | undefined {
    const free = this.#free.pop()
    if (free) return free
    if (this.#isFull || this.#shared.size >= REQUESTS) return undefined
    const lane = new Lane(this.#options)
    this.#shared.add(lane)
    return lane
  }

  /** One is left for requests; where there is no other it is lent. An idle one gives way. */
  async #ofOwn(listens: boolean): Promise<Lane | undefined> {
    if (this.#own.size >= Math.max(1, this.#limit - 1)) return undefined
    const idle = this.#isFull ? this.#free.pop() : undefined
    if (this.#isFull && !idle) return undefined
    const lane = new Lane(this.#options)
    this.#own.set(lane, listens)
    if (idle) this.#shared.delete(idle)
    await idle?.destroy()
    return lane
  }

  async #released(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        this.#waiting.delete(go)
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const abort = () => {
        this.#waiting.delete(go)
        reject(signal?.reason as Error)
      }
      this.#waiting.add(go)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** All who wait look again, in the order in which they came. */
  #wake(): void {
    for (const go of this.#waiting) go()
  }
}
