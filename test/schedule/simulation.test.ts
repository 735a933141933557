import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorker, type WorkerOptions } from '#schedule'
import { seededRandom } from '#time'
import { engines } from '../support/database.ts'
import { type CountedDatabase, MINUTE, mailboxes, NOTHING, newWorld, openCounted } from './support/world.ts'

/** Cycles last whole minutes and so are intervals: everything happens on the minute, and lateness is exact. */
const STEP = MINUTE
const SIZES = {
  embedded: { mailboxes: 20, time: 4 * 60 * MINUTE },
  server: { mailboxes: 1000, time: 24 * 60 * MINUTE },
}

describe.each(engines)('many mailboxes through a day, %s', (engine) => {
  let opened: CountedDatabase

  beforeAll(async () => {
    opened = await openCounted(engine)
  })
  afterAll(() => opened.database.close())

  test('SC-10, SC-2: no healthy mailbox waits more than 12 minutes for its next cycle, and none runs twice at once', async () => {
    const { clock, schedule } = await newWorld(opened.database, 10 * MINUTE)
    const random = seededRandom(30)
    const ends = new Map<string, number>()
    const running = new Set<string>()
    let longest = 0
    let cycles = 0
    let doubled = 0
    const run: WorkerOptions['run'] = async ({ mailboxId }) => {
      const now = clock.now().getTime()
      if (running.has(mailboxId)) doubled++
      running.add(mailboxId)
      longest = Math.max(longest, now - (ends.get(mailboxId) ?? now))
      cycles++
      await clock.sleep((random() < 0.9 ? 1 : 3) * MINUTE)
      ends.set(mailboxId, clock.now().getTime())
      running.delete(mailboxId)
      const seen = random() < 0.02 ? Math.floor(random() * 100) : 0
      return { ...NOTHING, seen, more: seen > 80, processed: seen }
    }
    const { mailboxes: count, time } = SIZES[engine]
    const workers = ['a', 'b'].map((id) =>
      createWorker({ database: opened.database, clock, schedule, run, id, concurrency: count }),
    )
    await schedule.enable(mailboxes(count).map((mailboxId) => ({ mailboxId, workload: 'incoming' })))
    for (let passed = 0; passed < time; passed += STEP) {
      for (const worker of workers) await worker.settled()
      await clock.advance(STEP)
    }
    expect(doubled).toBe(0)
    expect(ends.size).toBe(count)
    expect(longest).toBe(12 * MINUTE)
    expect(cycles / count).toBeGreaterThan(time / (14 * MINUTE))
    const stopping = Promise.all(workers.map((worker) => worker.stop()))
    for (let step = 0; step < 4; step++) {
      for (const worker of workers) await worker.settled()
      await clock.advance(STEP)
    }
    await stopping
  }, 180_000)
})
