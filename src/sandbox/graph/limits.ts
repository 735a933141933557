import type { Clock } from '#time'
import type { Application } from '../login.ts'
import type { User } from '../model/index.ts'
import { GraphError } from './error.ts'

const AT_ONCE = 4
const PER_WINDOW = 10_000
const WINDOW = 10 * 60_000

interface Use {
  now: number
  window: number
  inWindow: number
}

/** What one application may ask of one mailbox: four requests at once, 10,000 in ten minutes. */
export class Limits {
  readonly #clock: Clock
  readonly #uses = new Map<string, Use>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws GraphError 429 */
  async within<T>(application: Application, user: User, work: () => Promise<T>): Promise<T> {
    const use = this.#useOf(`${application.clientId} ${user.id}`)
    if (use.now >= AT_ONCE) throw throttled('Application is over its MailboxConcurrency limit.', 1)
    if (++use.inWindow > PER_WINDOW) throw throttled('Application is over its RequestCount limit.', WINDOW / 1000)
    use.now++
    try {
      return await work()
    } finally {
      use.now--
    }
  }

  #useOf(key: string): Use {
    const window = Math.floor(this.#clock.now().getTime() / WINDOW)
    const known = this.#uses.get(key) ?? { now: 0, window, inWindow: 0 }
    const use = known.window === window ? known : Object.assign(known, { window, inWindow: 0 })
    this.#uses.set(key, use)
    return use
  }
}

function throttled(message: string, seconds: number): GraphError {
  return new GraphError(429, 'ApplicationThrottled', message, { 'retry-after': String(seconds) })
}
