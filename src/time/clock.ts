/**
 * The only source of time. Everything that waits or asks for the hour takes a `Clock`, so that the whole engine runs
 * under a simulated one (design law 11).
 */
export interface Clock {
  /** The current instant. */
  now(): Date
  /** Resolves after `milliseconds`, or rejects with the signal's reason when it aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(reasonOf(signal))
      const timer = setTimeout(finish, milliseconds)
      signal?.addEventListener('abort', abort, { once: true })
      function finish() {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      function abort() {
        clearTimeout(timer)
        reject(reasonOf(signal as AbortSignal))
      }
    }),
}

/** A clock that moves only when told to: `advance` wakes sleepers in the order of their hours. */
export class SimulatedClock implements Clock {
  #now: number
  #sleepers: { at: number; order: number; wake: () => void }[] = []
  #order = 0

  constructor(start: Date = new Date('2026-01-05T08:00:00Z')) {
    this.#now = start.getTime()
  }

  now(): Date {
    return new Date(this.#now)
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(reasonOf(signal))
      const sleeper = { at: this.#now + milliseconds, order: this.#order++, wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', abort, { once: true })
      function wake() {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const forget = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
      }
      function abort() {
        forget()
        reject(reasonOf(signal as AbortSignal))
      }
    })
  }

  /** Moves the clock forward (or, for a fault, back) and wakes everyone whose hour has come. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    for (;;) {
      const next = this.#sleepers
        .filter((sleeper) => sleeper.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!next) break
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
      this.#now = Math.max(this.#now, next.at)
      next.wake()
      await Promise.resolve()
    }
    this.#now = end
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('Aborted')
}
