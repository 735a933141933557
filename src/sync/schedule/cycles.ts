import type { Clock } from '#time'
import { cycleErrorOf } from './failure.ts'
import { LeaseLost } from './fence.ts'
import type { CycleOutcome, Lease } from './model.ts'

/** Runs one cycle. It stops soon after `signal` aborts and writes only in transactions that pass `assertFence`. */
export type RunCycle = (lease: Lease, signal: AbortSignal) => Promise<CycleOutcome>

/** A cycle that came to its end and waits to be saved. */
export interface EndedCycle {
  lease: Lease
  endedAt: Date
  /** Absent: nothing is to be recorded, only the lease given back. */
  outcome?: CycleOutcome
  forced: boolean
}

/** Why a cycle is told to stop. */
export type Stop = 'lost' | 'time' | 'shutdown'

interface RunningCycle {
  controller: AbortController
  stop?: Stop
  done: Promise<void>
}

/** Cycles at work in this process, and how they end. Knows nothing of the database. */
export class Cycles {
  readonly #clock: Clock
  readonly #run: RunCycle
  readonly #onEnd: (cycle: EndedCycle) => void
  readonly #running = new Map<Lease, RunningCycle>()

  constructor(options: { clock: Clock; run: RunCycle; onEnd: (cycle: EndedCycle) => void }) {
    this.#clock = options.clock
    this.#run = options.run
    this.#onEnd = options.onEnd
  }

  get count(): number {
    return this.#running.size
  }

  get leases(): Lease[] {
    return [...this.#running.keys()]
  }

  start(lease: Lease): void {
    const controller = new AbortController()
    const cycle: RunningCycle = { controller, done: Promise.resolve() }
    this.#running.set(lease, cycle)
    cycle.done = this.#carryOut(lease, controller.signal)
  }

  stop(lease: Lease, why: Stop): void {
    const cycle = this.#running.get(lease)
    if (!cycle || cycle.stop === 'lost' || cycle.stop === why) return
    cycle.stop = why
    cycle.controller.abort(why === 'lost' ? new LeaseLost(lease) : new Error(STOP_TEXT[why]))
  }

  /** Resolves when every cycle that runs now has ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map((cycle) => cycle.done))
  }

  async #carryOut(lease: Lease, signal: AbortSignal): Promise<void> {
    const result = await this.#attempt(lease, signal)
    const stop = this.#running.get(lease)?.stop
    this.#running.delete(lease)
    this.#onEnd({ lease, endedAt: this.#clock.now(), ...ending(result, stop) })
  }

  async #attempt(lease: Lease, signal: AbortSignal): Promise<Result> {
    try {
      return { outcome: await this.#run(lease, signal) }
    } catch (error) {
      return { thrown: error }
    }
  }
}

const STOP_TEXT = {
  time: 'The cycle did not end within the time allowed for one cycle and was stopped (MO-81)',
  shutdown: 'The worker is shutting down; the cycle goes on from what was saved',
}

type Result = { outcome: CycleOutcome } | { thrown: unknown }

/** What an end means: a result, a failure, or nothing because the cycle was interrupted or lost its lease. */
function ending(result: Result, stop: Stop | undefined): { outcome?: CycleOutcome; forced: boolean } {
  if (stop === 'lost') return { forced: false }
  if ('outcome' in result) return { outcome: result.outcome, forced: stop === 'time' }
  if (stop === 'shutdown' || result.thrown instanceof LeaseLost) return { forced: false }
  const none = { seen: 0, more: false, processed: 0, failed: 0 }
  if (stop === 'time')
    return {
      outcome: { ...none, error: { kind: 'transient', code: 'Timeout', text: STOP_TEXT.time, scope: 'mailbox' } },
      forced: true,
    }
  return { outcome: { ...none, error: cycleErrorOf(result.thrown) }, forced: false }
}
