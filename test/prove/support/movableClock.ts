import type { Clock } from '#time'

interface Sleeper {
  /** On the scale of `#elapsed`. */
  due: number
  wake: () => void
}

/**
 * The machine's clock, with two faults at hand: time passes at once (`pass`), and the hour is set while no time passes
 * (`set`), as an administrator or a time server does. Sleepers wait for time, not for an hour, as timers do.
 */
export class MovableClock implements Clock {
  #set = 0
  #passed = 0
  #sleepers = new Set<Sleeper>()

  now(): Date {
    return new Date(Date.now() + this.#passed + this.#set)
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const reason = () => (signal?.reason instanceof Error ? signal.reason : new Error('Aborted'))
      if (signal?.aborted) return reject(reason())
      const timer = setTimeout(wake, milliseconds)
      const sleeper = { due: this.#elapsed() + milliseconds, wake }
      this.#sleepers.add(sleeper)
      const forget = () => {
        clearTimeout(timer)
        this.#sleepers.delete(sleeper)
        signal?.removeEventListener('abort', abort)
      }
      signal?.addEventListener('abort', abort, { once: true })
      function wake() {
        forget()
        resolve()
      }
      function abort() {
        forget()
        reject(reason())
      }
    })
  }

  pass(milliseconds: number): void {
    this.#passed += milliseconds
    for (const sleeper of [...this.#sleepers].sort((a, b) => a.due - b.due))
      if (sleeper.due <= this.#elapsed()) sleeper.wake()
  }

  /** Sets the hour forward or, with a negative number, back. */
  set(milliseconds: number): void {
    this.#set += milliseconds
  }

  #elapsed(): number {
    return performance.now() + this.#passed
  }
}
