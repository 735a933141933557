import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import {
  assertFence,
  type CycleOutcome,
  createHints,
  createSchedule,
  createWorker,
  LANE,
  type Lease,
  type Settlement,
  type Worker,
  type WorkerOptions,
} from '#schedule'
import { systemClock } from '#time'
import { engines } from '../support/database.ts'
import {
  type CountedDatabase,
  MINUTE,
  mailbox,
  mailboxes,
  NOTHING,
  newWorld,
  openCounted,
  type World,
} from './support/world.ts'

const incoming = (number: number) => ({ mailboxId: mailbox(number), workload: 'incoming' as const })

describe.each(engines)('a worker, %s', (engine) => {
  let opened: CountedDatabase
  let world: World
  let workers: Worker[]

  beforeAll(async () => {
    opened = await openCounted(engine)
  })
  beforeEach(async () => {
    workers = []
    world = await newWorld(opened.database)
  })
  afterEach(async () => {
    // Stopping waits on the clock where cycles run.
    const stopped = Promise.all(workers.map((worker) => worker.stop())).then(() => true)
    while (!(await Promise.race([stopped, systemClock.sleep(1)]))) await world.clock.advance(10_000)
  })
  afterAll(() => opened.database.close())

  function work(run: WorkerOptions['run'], more: Partial<WorkerOptions> = {}): Worker {
    const { clock, schedule } = world
    const worker = createWorker({ database: opened.database, clock, schedule, run, ...more })
    workers.push(worker)
    return worker
  }
  /** Moves the clock in steps that are short beside a lease, letting workers act after each. */
  async function pass(milliseconds: number, step = 10_000): Promise<void> {
    for (const worker of workers) await worker.settled()
    for (let passed = 0; passed < milliseconds; passed += step) {
      await world.clock.advance(step)
      for (const worker of workers) await worker.settled()
    }
  }
  const statusOf = async (number: number) => (await world.schedule.statusOf(mailbox(number)))[0]

  test('SC-12: a silent mailbox is visited after 5, 5, 7, 9, 12, 12 minutes, counted from the end of each cycle', async () => {
    const starts: number[] = []
    const ends: number[] = []
    const worker = work(async (lease) => {
      starts.push(lease.startedAt.getTime())
      await world.clock.sleep(20_000)
      ends.push(world.clock.now().getTime())
      return NOTHING
    })
    await world.schedule.enable([incoming(1)])
    await pass(70 * MINUTE)
    const waits = starts.slice(1).map((start, index) => (start - (ends[index] as number)) / MINUTE)
    expect(waits.slice(0, 6)).toEqual([5, 5, 7, 9, 12, 12])
    await worker.stop()
  })

  test('SC-44: never more cycles at once than the worker may run, and a slow mailbox holds up no other', async () => {
    let most = 0
    const counts = new Map<string, number>()
    const worker = work(
      async (lease) => {
        most = Math.max(most, worker.running)
        counts.set(lease.mailboxId, (counts.get(lease.mailboxId) ?? 0) + 1)
        await world.clock.sleep(lease.mailboxId === mailbox(1) ? 30 * MINUTE : 5_000)
        return NOTHING
      },
      { concurrency: 4 },
    )
    await world.schedule.enable(Array.from({ length: 30 }, (_, index) => incoming(index + 1)))
    await pass(25 * MINUTE)
    expect(most).toBe(4)
    expect(counts.get(mailbox(1))).toBe(1)
    for (let number = 2; number <= 30; number++) expect(counts.get(mailbox(number))).toBeGreaterThanOrEqual(3)
  })

  test('SC-52, SC-53: what a cycle throws is classified, counted, and forgotten after a success', async () => {
    const thrown: unknown[] = [
      new MailboxError('transient', 'ConnectFailure', 'refused', { scope: 'server' }),
      new TypeError('a fault of ours'),
      undefined,
      new MailboxError('denied', 'CredentialsIncorrect', '401'),
    ]
    const told: Settlement[] = []
    const worker = work(
      async () => {
        const error = thrown.shift()
        if (error) throw error
        return NOTHING
      },
      { onSettled: (settlement) => void told.push(settlement) },
    )
    await world.schedule.enable([incoming(1)])
    await pass(5000, 5000)
    expect(await statusOf(1)).toMatchObject({
      transientFailures: 1,
      lastError: { code: 'ConnectFailure', scope: 'server' },
    })
    await pass(5 * MINUTE)
    expect(await statusOf(1)).toMatchObject({ transientFailures: 2, lastError: { code: 'UnexpectedError', count: 2 } })
    await pass(5 * MINUTE)
    expect(await statusOf(1)).toMatchObject({ transientFailures: 0, result: 'success', lastError: { count: 0 } })
    await pass(6 * MINUTE)
    expect(await statusOf(1)).toMatchObject({ enabled: false, stoppedBy: 'error' })
    expect(told.map((settlement) => settlement.stop)).toEqual([undefined, undefined, undefined, 'error'])
    await worker.stop()
  })

  test('SC-2: a cycle that lost its lease is told, refused, and its result does not count', async () => {
    let reason: unknown
    let refused: unknown
    const worker = work(async (lease, signal) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason
      })
      await world.clock.sleep(3 * MINUTE)
      refused = await opened.database.transaction((tx) => assertFence(tx, lease)).catch((error: unknown) => error)
      return { ...NOTHING, processed: 99 }
    })
    await world.schedule.enable([incoming(1)])
    await pass(10_000)
    await world.schedule.disable([incoming(1)])
    await pass(MINUTE)
    expect(reason).toHaveProperty('name', 'LeaseLost')
    await pass(3 * MINUTE)
    await expect.poll(() => refused).toHaveProperty('name', 'LeaseLost')
    await worker.stop()
    expect(await statusOf(1)).toMatchObject({ processed: 0, running: false, result: 'notRun' })
  })

  test('MO-81: a cycle that exceeds its time is stopped, counted as a timeout and as forced', async () => {
    const worker = work((_, signal) => world.clock.sleep(24 * 60 * MINUTE, signal).then(() => NOTHING))
    await world.schedule.enable([incoming(1)])
    await pass(61 * MINUTE, 20_000)
    expect(await statusOf(1)).toMatchObject({ forcedUnlocks: 1, transientFailures: 1, lastError: { code: 'Timeout' } })
    await worker.stop()
  })

  test('B-90: backfill goes on without a pause while past mail is left, then rests', async () => {
    let pages = 5
    const worker = work(async () => ({ ...NOTHING, seen: 100, more: --pages > 0 }))
    await world.schedule.enable([{ mailboxId: mailbox(1), workload: 'backfill' }])
    await expect.poll(() => pages).toBe(0)
    await worker.settled()
    await pass(20_000)
    expect(await statusOf(1)).toMatchObject({ enabled: false, stoppedBy: 'done', result: 'success' })
    expect(pages).toBe(0)
    await worker.stop()
  })

  test('B-10, B-11: a hint starts a cycle without the clock moving', async () => {
    const lanes: number[] = []
    const worker = work(async (lease) => {
      lanes.push(lease.lane)
      return NOTHING
    })
    const hints = createHints({ schedule: world.schedule, clock: world.clock })
    await world.schedule.enable([incoming(1)])
    await expect.poll(() => lanes).toEqual([LANE.sweep])
    await expect.poll(async () => (await statusOf(1))?.running).toBe(false)
    await hints.watched([incoming(1)])
    await expect.poll(() => lanes).toEqual([LANE.sweep, LANE.immediate])
    await expect.poll(async () => (await statusOf(1))?.running).toBe(false)
    hints.hint(incoming(1))
    await expect.poll(() => lanes).toEqual([LANE.sweep, LANE.immediate, LANE.immediate])
    await worker.stop()
  })

  test('B-10: made due in a transaction, a mailbox runs once the transaction is committed, and not before', async () => {
    let cycles = 0
    const worker = work(async () => {
      cycles++
      return NOTHING
    })
    await world.schedule.enable([incoming(1)])
    await expect.poll(async () => (await statusOf(1))?.result).toBe('success')
    await opened.database.transaction(async (tx) => {
      await world.schedule.makeDue([{ ...incoming(1), lane: LANE.immediate }], tx)
      if (engine === 'server') await worker.settled()
      expect(cycles).toBe(1)
    })
    await expect.poll(() => cycles).toBe(2)
  })

  test('B-10: a burst of hints is two cycles at most, one at once and one for what came meanwhile', async () => {
    let cycles = 0
    const worker = work(async () => {
      cycles++
      return NOTHING
    })
    const hints = createHints({ schedule: world.schedule, clock: world.clock })
    await world.schedule.enable([incoming(1)])
    await expect.poll(() => cycles).toBe(1)
    await expect.poll(async () => (await statusOf(1))?.running).toBe(false)
    for (let count = 0; count < 500; count++) hints.hint(incoming(1))
    await expect.poll(() => cycles).toBe(2)
    await pass(MINUTE)
    expect(cycles).toBe(3)
    expect((await world.schedule.statusOf(mailbox(1)))[0]?.hints).toBeUndefined()
    await worker.stop()
  })

  test('B-12: a watched mailbox whose mail nobody announces is swept every 2 minutes until hints are back', async () => {
    const starts: number[] = []
    let outcome: CycleOutcome = { ...NOTHING, seen: 4, unannounced: 4 }
    const worker = work(async (lease) => {
      starts.push(lease.startedAt.getTime())
      return outcome
    })
    await world.schedule.enable([incoming(1)])
    await world.schedule.setWatched([incoming(1)], true)
    await pass(9 * MINUTE)
    expect((await statusOf(1))?.hints).toMatchObject({ reliable: false })
    expect((starts.at(-1) as number) - (starts.at(-2) as number)).toBe(2 * MINUTE)
    outcome = { ...NOTHING, seen: 19, unannounced: 0 }
    await pass(2 * 60 * MINUTE, 20_000)
    expect((await statusOf(1))?.hints).toMatchObject({ reliable: true })
    await worker.stop()
  })

  test('design 1: stopping lets cycles finish, takes no more, and leaves nothing leased', async () => {
    const clock = systemClock
    const schedule = createSchedule({ database: opened.database, clock })
    await schedule.enable(mailboxes(20).map((mailboxId) => ({ mailboxId, workload: 'incoming' })))
    let started = 0
    const run = async () => {
      started++
      await clock.sleep(100)
      return NOTHING
    }
    const worker = createWorker({ database: opened.database, clock, schedule, run, concurrency: 5 })
    await expect.poll(() => started).toBe(5)
    await worker.stop()
    expect(started).toBe(5)
    const { rows } = await sql<{ leased: number; done: number }>`
      select count(lease_owner)::int as leased, count(last_success_at)::int as done from mailbox_schedule`.execute(
      opened.database.sql,
    )
    expect(rows).toEqual([{ leased: 0, done: 5 }])
  })

  test('design 1: a cycle that does not finish in time is interrupted and its mailbox given back, due', async () => {
    await world.schedule.enable([incoming(1)])
    const worker = work((_, signal) => world.clock.sleep(60 * MINUTE, signal).then(() => NOTHING))
    await pass(10_000)
    expect(worker.running).toBe(1)
    const stopping = worker.stop({ graceMilliseconds: 5_000 })
    await world.clock.advance(5_000)
    await stopping
    expect(await statusOf(1)).toMatchObject({ running: false, result: 'notRun', transientFailures: 0 })
    expect(await world.schedule.claim('next', 1)).toHaveLength(1)
  })

  test('law 10: an error of the database is reported and survived', async () => {
    const errors: unknown[] = []
    let broken = true
    const schedule = {
      ...world.schedule,
      claim: async (owner: string, wanted: number): Promise<Lease[]> => {
        if (broken) throw new Error('connection terminated')
        return world.schedule.claim(owner, wanted)
      },
    }
    let cycles = 0
    const run = async () => {
      cycles++
      return NOTHING
    }
    const worker = work(run, { schedule, onError: (error) => errors.push(error) })
    await world.schedule.enable([incoming(1)])
    await pass(5 * MINUTE)
    expect(errors.length).toBeGreaterThan(5)
    expect(errors.length).toBeLessThan(30)
    broken = false
    await pass(MINUTE)
    expect(cycles).toBe(1)
    await worker.stop()
  })

  test('design 5: at rest a worker costs a few statements a minute, however many mailboxes wait', async () => {
    const worker = work(async () => NOTHING)
    await world.schedule.enable(
      mailboxes(500).map((mailboxId) => ({ mailboxId, workload: 'incoming', minimumPollingMinutes: 1440 })),
    )
    await pass(2 * MINUTE, 5_000)
    const before = opened.statements()
    await pass(60 * MINUTE, 20_000)
    expect((opened.statements() - before) / 60).toBeLessThan(10)
    await worker.stop()
  })
})
