import { hostname } from 'node:os'
import type { Database } from '#database'
import type { Clock } from '#time'
import { Bell } from './bell.ts'
import { Cycles, type EndedCycle, type RunCycle } from './cycles.ts'
import { DEFAULT_SETTINGS, type ScheduleSettings } from './model.ts'
import { CHANNEL, type Schedule } from './schedule.ts'
import { type Settlement, settle } from './settle.ts'

export interface WorkerOptions {
  database: Database
  clock: Clock
  schedule: Schedule
  run: RunCycle
  /** Cycles at once in this process. Default 10. */
  concurrency?: number
  /** Names the worker on the rows it holds; must differ from every other, earlier starts of this one included. */
  id?: string
  settings?: () => ScheduleSettings | Promise<ScheduleSettings>
  /** Told of every cycle whose end was saved, e.g. to raise alerts. */
  onSettled?: (settlement: Settlement) => void | Promise<void>
  /** Told of errors that the worker survives. `doing` says at what. */
  onError?: (error: unknown, doing: string) => void
}

export interface Worker {
  readonly id: string
  /** Cycles running now. */
  readonly running: number
  /**
   * Resolves when the worker has nothing to do until its clock moves, a cycle ends or it is woken. For driving it under a
   * simulated clock.
   */
  settled(): Promise<void>
  /**
   * Takes no more work, lets cycles finish for `graceMilliseconds` (default 10 s), then interrupts them and gives their
   * leases back. A cycle that does not even stop when told keeps its lease until it expires.
   */
  stop(options?: { graceMilliseconds?: number }): Promise<void>
}

/** At rest the worker looks at the database at least this often. */
const LONGEST_REST = 60_000
/** Due work that is held up by a limit is asked for again after this. */
const BLOCKED_REST = 1_000
const BUSY_ROW_REST = 50
const SHORTEST_BACK_OFF = 500
const LONGEST_BACK_OFF = 30_000
/** How long a cycle may take to obey an interruption. */
const OBEY_MILLISECONDS = 5_000
/** A clock that goes back by less than this is only imprecise. */
const CLOCK_STEP = 5_000

/** Starts working on mailboxes that are due. */
export function createWorker(options: WorkerOptions): Worker {
  return new MailboxWorker(options)
}

class MailboxWorker implements Worker {
  readonly id: string
  readonly #options: WorkerOptions
  readonly #concurrency: number
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #bell: Bell
  readonly #cycles: Cycles
  readonly #stopped = new AbortController()
  readonly #loops: Promise<unknown>
  #ended: EndedCycle[] = []
  #stopping = false
  #unlisten: (() => Promise<void>) | undefined
  #lastUpkeep: number | undefined
  #lastSeen: number
  #failures = 0
  /** Parts of the worker that are doing something other than waiting for the clock. */
  #busy = 2
  #settlers: (() => void)[] = []

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#concurrency = options.concurrency ?? 10
    this.id = options.id ?? `${hostname()}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`
    this.#clock = options.clock
    this.#schedule = options.schedule
    this.#lastSeen = options.clock.now().getTime()
    this.#bell = new Bell(options.clock)
    this.#cycles = new Cycles({
      clock: options.clock,
      run: options.run,
      onEnd: (cycle) => {
        this.#ended.push(cycle)
        this.#bell.ring()
      },
    })
    this.#loops = Promise.all([this.#work(), this.#beat()])
  }

  get running(): number {
    return this.#cycles.count
  }

  async settled(): Promise<void> {
    // A cycle that has just been woken by the clock needs a moment to end.
    await nextTurn()
    while (this.#busy > 0) {
      await new Promise<void>((resolve) => this.#settlers.push(resolve))
      await nextTurn()
    }
  }

  async stop({ graceMilliseconds = 10_000 } = {}): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true
      await this.#endWithin(graceMilliseconds)
      for (const lease of this.#cycles.leases) this.#cycles.stop(lease, 'shutdown')
      await this.#endWithin(OBEY_MILLISECONDS)
      this.#stopped.abort()
      this.#bell.ring()
    }
    await this.#loops
  }

  /** Claims, runs and completes until stopped; then saves what has ended. */
  async #work(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      let rest: number
      try {
        rest = await this.#turn()
        this.#failures = 0
      } catch (error) {
        this.#report(error, 'taking and completing cycles')
        await this.#backOff()
        continue
      }
      await this.#idle(() => this.#bell.wait(rest))
    }
    try {
      await this.#save()
      await this.#unlisten?.()
    } catch (error) {
      this.#report(error, 'saving the last cycles; their leases will expire')
    }
    this.#quiet()
  }

  /** One round; returns the milliseconds to rest. The statements of a round do not depend on how many cycles it moves. */
  async #turn(): Promise<number> {
    this.#unlisten ??= await this.#options.database.listen(CHANNEL, () => {
      if (this.#room() > 0) this.#bell.ring()
    })
    await this.#save()
    const upkeep = await this.#upkeep()
    const wanted = this.#room()
    if (wanted === 0) return this.#ended.length > 0 ? BUSY_ROW_REST : upkeep
    const leases = await this.#schedule.claim(this.id, wanted)
    for (const lease of leases) {
      // Claimed while `stop` was called: given back unused.
      if (this.#stopping) this.#ended.push({ lease, endedAt: this.#clock.now(), forced: false })
      else this.#cycles.start(lease)
    }
    if (leases.length === wanted) return upkeep
    const due = await this.#schedule.earliestDue()
    if (this.#ended.length > 0) return BUSY_ROW_REST
    const wait = due ? due.getTime() - this.#clock.now().getTime() : LONGEST_REST
    // Limits let through fewer than wanted at a time; what is still due after that is held up.
    if (wait <= 0) return leases.length > 0 ? 0 : Math.min(BLOCKED_REST, upkeep)
    return Math.min(wait, upkeep)
  }

  #room(): number {
    return this.#stopping ? 0 : this.#concurrency - this.#cycles.count
  }

  /** Saves the ends of cycles. Those whose row is locked at the moment stay for the next round. */
  async #save(): Promise<void> {
    const cycles = [...this.#ended]
    if (cycles.length === 0) return
    const settings = (await this.#options.settings?.()) ?? DEFAULT_SETTINGS
    const settlements: Settlement[] = []
    for (const { lease, outcome, endedAt, forced } of cycles)
      if (outcome) settlements.push({ ...settle(lease, outcome, endedAt, settings), forced })
    await this.#schedule.release(cycles.filter((cycle) => !cycle.outcome).map((cycle) => cycle.lease))
    const { saved, busy } = await this.#schedule.complete(settlements)
    const kept = new Set(busy.map((settlement) => settlement.lease))
    this.#ended = this.#ended.filter((cycle) => !cycles.includes(cycle) || kept.has(cycle.lease))
    for (const settlement of saved) await this.#tell(settlement)
  }

  async #tell(settlement: Settlement): Promise<void> {
    try {
      await this.#options.onSettled?.(settlement)
    } catch (error) {
      this.#report(error, `telling of the cycle of mailbox ${settlement.lease.mailboxId}`)
    }
  }

  /** Frees dead workers' mailboxes now and then. Returns the milliseconds until the next time. */
  async #upkeep(): Promise<number> {
    const every = Math.min(LONGEST_REST, this.#schedule.leaseMilliseconds / 2)
    const now = this.#clock.now().getTime()
    const wentBack = now < this.#lastSeen - CLOCK_STEP
    this.#lastSeen = now
    if (this.#lastUpkeep === undefined || wentBack) await this.#schedule.pullIn()
    if (this.#lastUpkeep === undefined || wentBack || now - this.#lastUpkeep >= every) {
      // First our own, which may have expired while the database was away.
      await this.#renew()
      await this.#schedule.recover()
      this.#lastUpkeep = now
    }
    return this.#lastUpkeep + every - now
  }

  async #beat(): Promise<void> {
    for (;;) {
      try {
        await this.#idle(() => this.#clock.sleep(this.#schedule.leaseMilliseconds / 3, this.#stopped.signal))
      } catch {
        break // stopped
      }
      try {
        await this.#renew()
      } catch (error) {
        this.#report(error, 'renewing leases')
      }
    }
    this.#quiet()
  }

  /** Keeps the leases of running cycles, and stops cycles that lost theirs or take too long (MO-81). */
  async #renew(): Promise<void> {
    const longest = this.#clock.now().getTime() - this.#schedule.forcedUnlockMilliseconds
    for (const lease of this.#cycles.leases) if (lease.startedAt.getTime() <= longest) this.#cycles.stop(lease, 'time')
    const held = [...this.#cycles.leases, ...this.#ended.map((cycle) => cycle.lease)]
    const lost = await this.#schedule.renew(
      this.id,
      held.filter((lease) => lease.startedAt.getTime() > longest),
    )
    for (const lease of lost) this.#cycles.stop(lease, 'lost')
  }

  async #backOff(): Promise<void> {
    const wait = Math.min(SHORTEST_BACK_OFF * 2 ** this.#failures++, LONGEST_BACK_OFF)
    try {
      await this.#idle(() => this.#clock.sleep(wait, this.#stopped.signal))
    } catch (error) {
      if (!this.#stopped.signal.aborted) throw error
    }
  }

  async #endWithin(milliseconds: number): Promise<void> {
    if (this.#cycles.count === 0) return
    const enough = new AbortController()
    const timeout = this.#clock.sleep(milliseconds, enough.signal).catch(() => undefined)
    await Promise.race([this.#cycles.ended(), timeout])
    enough.abort()
  }

  async #idle(wait: () => Promise<void>): Promise<void> {
    const waiting = wait()
    this.#quiet()
    try {
      await waiting
    } finally {
      this.#busy++
    }
  }

  #quiet(): void {
    this.#busy--
    for (const resolve of this.#settlers.splice(0)) resolve()
  }

  #report(error: unknown, doing: string): void {
    this.#options.onError?.(error, doing)
  }
}

/** After everything that is ready to run has run. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
