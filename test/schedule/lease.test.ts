import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assertFence, createSchedule, type Lease, LeaseLost } from '#schedule'
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

describe.each(engines)('leases, %s', (engine) => {
  let opened: CountedDatabase
  let world: World
  const writes = (lease: Lease) => opened.database.transaction((tx) => assertFence(tx, lease))
  const statusOf = async (number: number) => (await world.schedule.statusOf(mailbox(number)))[0]
  async function claimOne(owner = 'a'): Promise<Lease> {
    const [lease] = await world.schedule.claim(owner, 1)
    if (!lease) throw new Error('Nothing was due')
    return lease
  }

  beforeAll(async () => {
    opened = await openCounted(engine)
  })
  beforeEach(async () => {
    world = await newWorld(opened.database)
    await world.schedule.enable([incoming(1)])
  })
  afterAll(() => opened.database.close())

  test('SC-2: a worker whose lease ran out may neither write, renew nor complete', async () => {
    const late = await claimOne('late')
    await writes(late)
    await world.clock.advance(2 * MINUTE)
    expect(await world.schedule.recover()).toBe(1)
    await expect(writes(late)).rejects.toThrow(LeaseLost)
    const next = await claimOne('next')
    expect(next.fence).toBe(late.fence + 1)
    await expect(writes(late)).rejects.toThrow(LeaseLost)
    expect(await world.schedule.renew('late', [late])).toEqual([late])
    expect((await world.end([late])).refused).toHaveLength(1)
    await world.schedule.release([late])
    await writes(next)
    expect((await world.end([next])).saved).toHaveLength(1)
  })

  test('SC-2: the same worker may not write under an earlier lease of its own', async () => {
    const first = await claimOne('same')
    await world.schedule.release([first])
    const second = await claimOne('same')
    await expect(writes(first)).rejects.toThrow(LeaseLost)
    expect(await world.schedule.renew('same', [first, second])).toEqual([first])
    await writes(second)
  })

  test('SC-2: renewal keeps a lease for as long as it goes on', async () => {
    const lease = await claimOne()
    for (let minute = 0; minute < 10; minute++) {
      await world.clock.advance(MINUTE / 2)
      expect(await world.schedule.renew('a', [lease])).toEqual([])
      expect(await world.schedule.recover()).toBe(0)
    }
    await writes(lease)
  })

  test('SC-2: completing twice counts once', async () => {
    const lease = await claimOne()
    expect((await world.end([lease])).saved).toHaveLength(1)
    expect((await world.end([lease])).refused).toHaveLength(1)
    expect((await statusOf(1))?.emptyCycles).toBe(1)
  })

  test('MO-81: a cycle that is renewed for 60 minutes is released by force, and counted', async () => {
    const lease = await claimOne()
    for (let minute = 0; minute < 60; minute++) {
      await world.clock.advance(MINUTE)
      await world.schedule.renew('a', [lease])
      expect(await world.schedule.recover()).toBe(0)
    }
    await world.clock.advance(1)
    expect(await world.schedule.recover()).toBe(1)
    expect(await statusOf(1)).toMatchObject({ forcedUnlocks: 1, running: false, nextDue: world.clock.now() })
    await expect(writes(lease)).rejects.toThrow(LeaseLost)
    expect((await claimOne('b')).owner).toBe('b')
  })

  test('SC-44: a mailbox that keeps losing its workers is given a pause', async () => {
    for (let loss = 0; loss < 3; loss++) {
      await claimOne()
      await world.clock.advance(2 * MINUTE)
      await world.schedule.recover()
    }
    expect(await world.schedule.claim('a', 1)).toEqual([])
    await world.schedule.hint([{ ...incoming(1), lane: 0 }])
    expect(await world.schedule.claim('a', 1)).toEqual([])
    await world.clock.advance(5 * MINUTE)
    await claimOne()
  })

  test('B-10: made due while it runs, a mailbox runs again right after', async () => {
    const lease = await claimOne()
    await world.schedule.hint([{ ...incoming(1), lane: 0 }])
    expect(await world.schedule.claim('b', 5)).toEqual([])
    await world.end([lease])
    expect((await claimOne('b')).lane).toBe(0)
  })

  test('B-10: a wake-up is not lost with the worker that ran, nor when it gives up', async () => {
    await claimOne()
    await world.schedule.makeDue([{ ...incoming(1), lane: 0 }])
    await world.clock.advance(2 * MINUTE)
    await world.schedule.recover()
    const again = await claimOne('b')
    expect(again.lane).toBe(0)
    await world.end([again])
    await world.schedule.makeDue([{ ...incoming(1), lane: 1 }])
    const released = await claimOne('c')
    await world.schedule.makeDue([{ ...incoming(1), lane: 0 }])
    await world.schedule.release([released])
    expect((await claimOne('d')).lane).toBe(0)
  })

  test('B-10: after its immediate run a mailbox is back in its sweep', async () => {
    await world.end([await claimOne()])
    await world.schedule.hint([{ ...incoming(1), lane: 0 }])
    const lease = await claimOne()
    expect(lease.lane).toBe(0)
    expect(lease.hintedAt).toEqual(world.clock.now())
    await world.end([lease], { ...NOTHING, seen: 3 })
    expect(await statusOf(1)).toMatchObject({ lane: 1, nextDue: new Date(world.clock.now().getTime() + 5 * MINUTE) })
  })

  test('SC-42, SC-52: neither hint nor person shortens a back-off', async () => {
    const error = {
      kind: 'throttled',
      code: 'ServiceUnavailable',
      text: '',
      scope: 'server',
      retryAfter: 9 * MINUTE,
    } as const
    const lease = await claimOne()
    await world.schedule.makeDue([{ ...incoming(1), lane: 0 }])
    await world.end([lease], { ...NOTHING, error })
    await world.schedule.hint([{ ...incoming(1), lane: 0 }])
    await world.clock.advance(9 * MINUTE - 1)
    expect(await world.schedule.claim('a', 1)).toEqual([])
    await world.clock.advance(1)
    await claimOne()
  })

  test('SC-51, SC-52: the tenth transient failure stops the workload; enabling starts afresh', async () => {
    const error = { kind: 'transient', code: 'Timeout', text: 'no answer', scope: 'mailbox' } as const
    for (let attempt = 1; attempt <= 10; attempt++) {
      expect(await statusOf(1)).toMatchObject({ enabled: true, transientFailures: attempt - 1 })
      await world.end([await claimOne()], { ...NOTHING, error })
      await world.clock.advance(5 * MINUTE)
    }
    const stopped = await statusOf(1)
    expect(stopped).toMatchObject({ enabled: false, stoppedBy: 'error', result: 'failure', transientFailures: 10 })
    expect(stopped?.lastError).toMatchObject({ code: 'Timeout', text: 'no answer', count: 10 })
    await world.schedule.makeDue([{ ...incoming(1), lane: 0 }])
    expect(await world.schedule.claim('a', 1)).toEqual([])
    await world.schedule.enable([incoming(1)])
    expect(await statusOf(1)).toMatchObject({ enabled: true, transientFailures: 0 })
    await claimOne()
  })

  test('MB-73: a failure of a cycle that began before Test & Enable does not undo it', async () => {
    const lease = await claimOne()
    await world.clock.advance(1000)
    await world.schedule.enable([incoming(1)])
    const error = { kind: 'denied', code: 'CredentialsIncorrect', text: '401', scope: 'mailbox' } as const
    await world.end([lease], { ...NOTHING, error })
    expect(await statusOf(1)).toMatchObject({ enabled: true, transientFailures: 0 })
    await claimOne()
  })

  test('SC-13: empty counts, errors and hint statistics survive a restart', async () => {
    for (let cycle = 0; cycle < 3; cycle++) {
      await world.end([await claimOne()])
      await world.clock.advance(20 * MINUTE)
    }
    const restarted = createSchedule({ database: opened.database, clock: world.clock })
    const [lease] = await restarted.claim('after', 1)
    expect(lease?.history.empty).toBe(3)
  })

  test('SC-30: an ACT lease says whether the incoming workload stands beside it', async () => {
    await world.end([await claimOne()])
    await world.schedule.enable([
      { mailboxId: mailbox(1), workload: 'act' },
      { mailboxId: mailbox(2), workload: 'act', minimumPollingMinutes: 30 },
    ])
    const leases = await world.schedule.claim('a', 5)
    expect(leases.map((lease) => [lease.besideIncoming, lease.minimumPollingMinutes])).toEqual([
      [true, 0],
      [false, 30],
    ])
  })

  test('MB-51: a cycle whose workload is stopped may write no more, and the row stays stopped', async () => {
    const lease = await claimOne()
    await world.schedule.disable([incoming(1)])
    await expect(writes(lease)).rejects.toThrow(LeaseLost)
    expect(await world.schedule.renew('a', [lease])).toEqual([lease])
    await world.schedule.release([lease])
    expect(await statusOf(1)).toMatchObject({ enabled: false, stoppedBy: 'person', running: false })
    expect(await world.schedule.claim('a', 1)).toEqual([])
    await world.schedule.remove([incoming(1)])
    expect(await world.schedule.statusOf(mailbox(1))).toEqual([])
  })

  test('MB-13: a shorter minimum counts at once, a longer one from the next cycle on', async () => {
    await world.schedule.configure([{ ...incoming(1), minimumPollingMinutes: 1440 }])
    await world.end([await claimOne()])
    expect((await statusOf(1))?.nextDue).toEqual(new Date(world.clock.now().getTime() + 1440 * MINUTE))
    await world.schedule.configure([incoming(1)])
    expect((await statusOf(1))?.nextDue).toEqual(new Date(world.clock.now().getTime() + 12 * MINUTE))
  })

  test('SC-10: a clock that ran ahead and is set back leaves no mailbox behind', async () => {
    await world.schedule.enable([incoming(2)])
    const ahead = 400 * 24 * 60 * MINUTE
    await world.clock.advance(ahead)
    await world.end([await claimOne('dead'), await claimOne('dead')].slice(0, 1))
    await world.clock.advance(-ahead)
    expect(await world.schedule.claim('a', 5)).toEqual([])
    expect(await world.schedule.pullIn()).toBe(2)
    await world.clock.advance(5 * MINUTE + 1)
    await world.schedule.recover()
    expect(await world.schedule.claim('a', 5)).toHaveLength(2)
    expect(await world.schedule.pullIn()).toBe(0)
  })

  test('MO-80: monitoring sees results, times, items and durations of each workload', async () => {
    const first = await claimOne()
    await world.clock.advance(4000)
    await world.end([first], { seen: 7, more: false, processed: 5, failed: 2 })
    await world.clock.advance(5 * MINUTE)
    const second = await claimOne()
    await world.clock.advance(14_000)
    await world.end([second])
    const status = await statusOf(1)
    expect(status).toMatchObject({ result: 'success', lastDuration: 14_000, averageDuration: 5000, emptyCycles: 1 })
    expect(status).toMatchObject({ processed: 0, failed: 0, lastSuccess: world.clock.now(), running: false })
    expect(status?.lastActive).toEqual(new Date(first.startedAt.getTime() + 4000))
    expect(status?.lastStart).toEqual(second.startedAt)
  })

  test('design 5: claiming and completing takes as many statements for 200 mailboxes as for 2', async () => {
    const costs: number[] = []
    for (const count of [2, 200]) {
      await world.schedule.remove([incoming(1)])
      await world.schedule.enable(mailboxes(count).map((mailboxId) => ({ mailboxId, workload: 'incoming' })))
      const before = opened.statements()
      const leases = await world.schedule.claim('a', count)
      await world.schedule.renew('a', leases)
      expect((await world.end(leases)).saved).toHaveLength(count)
      costs.push(opened.statements() - before)
    }
    expect(costs).toEqual([3, 3])
  })
})
