import type { Mailbox, Watch } from '#mailbox'
import type { Hints, LeaseKey } from '#schedule'
import type { Regarding } from './regarding.ts'
import { createSubscriptions } from './subscriptions.ts'

export interface Watches {
  /**
   * Watches what was there before this process, a few at a time, so that no server is stormed. What came before a
   * mailbox is watched is found by a cycle that is due then.
   */
  begin(): Promise<void>
  /**
   * Watches a mailbox unless it is watched, its server announces nothing, or there is no room. Where the server calls
   * back instead, the subscription is seen to.
   */
  ensure(mailboxId: string): Promise<void>
  readonly count: number
  close(): Promise<void>
}

/** Connections that are opened side by side at the start. */
const AT_ONCE = 4

interface Open {
  mailbox: Mailbox
  watch?: Watch
  /** By itself: its connection was cut, perhaps before anybody knew of it. */
  ended: boolean
}

/**
 * Keeps connections on which mail servers announce changes (B-10). A watch that ends is dropped; the mailbox lives by its
 * sweep until the next successful cycle watches it again.
 */
export function createWatches(
  regarding: Regarding,
  hints: Hints,
  options: {
    maximum: number
    /** Where mail servers reach this installation; without it those that call back are not asked to. */
    publicUrl?: string | undefined
    onError: (error: unknown, doing: string) => void
  },
): Watches {
  const open = new Map<string, Open | 'opening' | 'silent'>()
  const subscriptions = createSubscriptions(regarding, hints, options)
  let closed = false

  async function drop(mailboxId: string): Promise<void> {
    const entry = open.get(mailboxId)
    open.delete(mailboxId)
    if (entry === undefined || typeof entry === 'string') return
    try {
      await hints.unwatched([keyOf(mailboxId)])
      await entry.mailbox.close()
    } catch (error) {
      options.onError(error, `closing the watch of mailbox ${mailboxId}`)
    }
  }

  async function start(mailboxId: string): Promise<Open | undefined> {
    const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
    if (!setup) return undefined
    const mailbox = await regarding.connect(setup, 'mail')
    try {
      const inbox = mailbox.can.push ? (await mailbox.folders()).filter((folder) => folder.use === 'inbox') : []
      if (inbox.length) {
        const entry: Open = { mailbox, ended: false }
        entry.watch = await mailbox.watch(
          inbox.map((folder) => folder.id),
          () => hints.hint(keyOf(mailboxId)),
          () => {
            entry.ended = true
            if (open.get(mailboxId) === entry) void drop(mailboxId)
          },
        )
        return entry
      }
      await mailbox.close()
      return undefined
    } catch (error) {
      await mailbox.close()
      throw error
    }
  }

  async function ensure(mailboxId: string): Promise<void> {
    if (closed || open.has(mailboxId)) return
    try {
      if (await subscriptions.ensure(mailboxId)) return
    } catch (error) {
      options.onError(error, `subscribing to changes of mailbox ${mailboxId}`)
      return
    }
    if (closed || open.has(mailboxId) || open.size >= options.maximum) return
    open.set(mailboxId, 'opening')
    let started: Open | undefined
    try {
      started = await start(mailboxId)
      if (started) await hints.watched([keyOf(mailboxId)])
      open.set(mailboxId, started ?? 'silent')
      if (started?.ended || closed) await drop(mailboxId)
    } catch (error) {
      open.delete(mailboxId)
      await started?.mailbox.close()
      options.onError(error, `watching mailbox ${mailboxId}`)
    }
  }

  return {
    get count() {
      return [...open.values()].filter((entry) => typeof entry !== 'string').length
    },
    async begin() {
      try {
        const left = (await regarding.schedule.watchable(options.maximum)).values()
        const one = async () => {
          for (const mailboxId of left) await ensure(mailboxId)
        }
        await Promise.all(Array.from({ length: AT_ONCE }, one))
      } catch (error) {
        options.onError(error, 'watching mailboxes at the start')
      }
    },
    ensure,
    async close() {
      closed = true
      for (const [mailboxId, entry] of Array.from(open)) {
        if (typeof entry !== 'string')
          await entry.watch
            ?.close()
            .catch((error: unknown) => options.onError(error, `closing the watch of mailbox ${mailboxId}`))
        await drop(mailboxId)
      }
    },
  }
}

function keyOf(mailboxId: string): LeaseKey {
  return { mailboxId, workload: 'incoming' }
}
