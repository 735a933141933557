import type { Clock } from '#time'

/** Entries kept, at most; the oldest go first. */
const MOST = 20_000

/** What was found out, for a while, by a key that names whom and what it is about. */
export class Remembered<T> {
  readonly #milliseconds: number
  readonly #known = new Map<string, { value: T; until: number }>()

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  /** A failure is not remembered. */
  async get(key: string, clock: Clock, find: () => Promise<T>): Promise<T> {
    const now = clock.now().getTime()
    const known = this.#known.get(key)
    if (known && now < known.until) return known.value
    const value = await find()
    this.#known.delete(key)
    this.#known.set(key, { value, until: now + this.#milliseconds })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest)
    return value
  }

  /** Whether any of them was known. */
  forget(keys: readonly string[]): boolean {
    return keys.map((key) => this.#known.delete(key)).includes(true)
  }
}
