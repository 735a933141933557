import type { Clock } from '#time'

/** Something to wait for: it rings, or time passes. A ring while nobody waits is not lost. */
export class Bell {
  readonly #clock: Clock
  #rung = false
  #waiting: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  ring(): void {
    this.#rung = true
    this.#waiting?.abort()
  }

  /** Resolves at the next ring, at once when it has rung since the last wait, or after `milliseconds`. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#rung) {
      const waiting = new AbortController()
      this.#waiting = waiting
      try {
        await this.#clock.sleep(milliseconds, waiting.signal)
      } catch (error) {
        if (!waiting.signal.aborted) throw error
      } finally {
        this.#waiting = undefined
      }
    }
    this.#rung = false
  }
}
