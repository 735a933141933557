import type { Notifier } from './engine.ts'

/** Listeners by channel. */
export class Listeners {
  readonly #byChannel = new Map<string, Set<(payload: string) => void>>()

  add(channel: string, wake: (payload: string) => void): () => void {
    const listeners = this.#byChannel.get(channel) ?? new Set()
    this.#byChannel.set(channel, listeners)
    // Wrapped, so that one function given twice counts twice.
    const entry = (payload: string) => wake(payload)
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
      if (listeners.size === 0) this.#byChannel.delete(channel)
    }
  }

  wake(channel: string, payload: string): void {
    for (const listener of this.#byChannel.get(channel) ?? []) listener(payload)
  }

  channels(): string[] {
    return [...this.#byChannel.keys()]
  }
}

/** Wake-ups within this process: all there is when one process owns the database. */
export function localNotifier(): Notifier {
  const listeners = new Listeners()
  return {
    notify: async (channel, payload) => {
      // Later, as from a server: a listener never runs inside the caller's stack.
      setImmediate(() => listeners.wake(channel, payload))
    },
    listen: async (channel, wake) => {
      const remove = listeners.add(channel, wake)
      return async () => remove()
    },
    close: async () => {},
  }
}
