import type { Clock } from '#time'
import { LANE, type LeaseKey } from './model.ts'
import type { Schedule } from './schedule.ts'

export interface HintsOptions {
  schedule: Schedule
  clock: Clock
  /** The least time between two writes to the schedule; hints that come meanwhile are gathered. Default 500 ms. */
  gatherMilliseconds?: number
  onError?: (error: unknown, doing: string) => void
}

/** Turns the events of watches into due mailboxes (B-10). */
export interface Hints {
  /** Mailboxes are watched from now on. What came before is for a cycle to find, so one is made due. */
  watched(keys: readonly LeaseKey[]): Promise<void>
  /** Watches were lost or closed: the mailboxes live by their sweeps. */
  unwatched(keys: readonly LeaseKey[]): Promise<void>
  /** Something may have changed. Returns at once; a burst makes one cycle, not many. */
  hint(key: LeaseKey): void
  /** Resolves when every hint so far has reached the schedule. */
  flush(): Promise<void>
}

/** The first hint of a quiet time goes through at once; those that follow are gathered and written together. */
export function createHints(options: HintsOptions): Hints {
  const { schedule, clock, gatherMilliseconds = 500 } = options
  const pending = new Map<string, LeaseKey>()
  let writing = Promise.resolve()
  let isGathering = false

  async function write(): Promise<void> {
    const keys = [...pending.values()]
    pending.clear()
    if (keys.length === 0) return
    try {
      await schedule.hint(keys.map(({ mailboxId, workload }) => ({ mailboxId, workload, lane: LANE.immediate })))
    } catch (error) {
      // Lost hints are harmless: the sweep finds what they would have announced (law 5).
      options.onError?.(error, `making ${keys.length} mailboxes due on hints`)
    }
  }

  async function gather(): Promise<void> {
    isGathering = true
    while (pending.size > 0) {
      writing = write()
      await writing
      await clock.sleep(gatherMilliseconds)
    }
    isGathering = false
  }

  return {
    async watched(keys) {
      await schedule.setWatched(keys, true)
      await schedule.makeDue(keys.map(({ mailboxId, workload }) => ({ mailboxId, workload, lane: LANE.immediate })))
    },
    unwatched: (keys) => schedule.setWatched(keys, false),
    hint(key) {
      pending.set(`${key.mailboxId} ${key.workload}`, key)
      if (!isGathering) void gather()
    },
    async flush() {
      await writing
      await write()
    },
  }
}
