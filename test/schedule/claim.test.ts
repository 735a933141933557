import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FORWARD_POOL, type Lane, type Lease, type Workload } from '#schedule'
import { systemClock } from '#time'
import { claim } from '../../src/sync/schedule/claim.ts'
import { engines } from '../support/database.ts'
import {
  type CountedDatabase,
  MINUTE,
  mailbox,
  mailboxes,
  NOTHING,
  newWorld,
  numberOf,
  openCounted,
  type World,
} from './support/world.ts'

const incoming = (mailboxId: string) => ({ mailboxId, workload: 'incoming' as const })
const names = (leases: readonly Lease[]) => leases.map((lease) => `${lease.workload} ${numberOf(lease.mailboxId)}`)

describe.each(engines)('claims, %s', (engine) => {
  let opened: CountedDatabase
  let world: World

  beforeAll(async () => {
    opened = await openCounted(engine)
  })
  beforeEach(async () => {
    world = await newWorld(opened.database)
  })
  afterAll(() => opened.database.close())

  test('SC-5: what is enabled is due at once and claimed once', async () => {
    await world.schedule.enable(mailboxes(3).map(incoming))
    expect(names(await world.schedule.claim('a', 10))).toEqual(['incoming 1', 'incoming 2', 'incoming 3'])
    expect(await world.schedule.claim('b', 10)).toEqual([])
    expect(await world.schedule.earliestDue()).toBeUndefined()
  })

  test('B-15, B-90: immediate before sweep before backfill, within a lane the longest due first', async () => {
    const { schedule, clock } = world
    await schedule.enable([{ mailboxId: mailbox(1), workload: 'backfill' }])
    await clock.advance(1000)
    await schedule.enable([incoming(mailbox(2))])
    await clock.advance(1000)
    await schedule.enable([incoming(mailbox(3)), incoming(mailbox(4))])
    await clock.advance(1000)
    await schedule.makeDue([{ ...incoming(mailbox(4)), lane: 0 }])
    const order = [await schedule.claim('a', 1), await schedule.claim('a', 2), await schedule.claim('a', 5)]
    expect(order.map(names)).toEqual([['incoming 4'], ['incoming 2', 'incoming 3'], ['backfill 1']])
    expect(order.flat().map((lease) => lease.lane)).toEqual([0, 1, 1, 2] satisfies Lane[])
  })

  test('SC-2: workers that claim at the same moment never share a row', async () => {
    await world.schedule.enable(mailboxes(200).map(incoming))
    const claims = Array.from({ length: 40 }, (_, index) => world.schedule.claim(`worker ${index}`, 7))
    const leases = (await Promise.all(claims)).flat()
    expect(leases).toHaveLength(200)
    expect(new Set(names(leases)).size).toBe(200)
  })

  test('SC-44: one mailbox occupies one worker; its other workloads follow one by one', async () => {
    const all: Workload[] = ['incoming', 'outgoing', 'act']
    await world.schedule.enable(all.map((workload) => ({ mailboxId: mailbox(1), workload })))
    const seen: string[] = []
    for (let round = 0; round < 3; round++) {
      const leases = await world.schedule.claim('a', 10)
      expect(leases).toHaveLength(1)
      expect(await world.schedule.claim('b', 10)).toEqual([])
      seen.push(...names(leases))
      await world.end(leases)
    }
    expect(seen.sort()).toEqual(['act 1', 'incoming 1', 'outgoing 1'])
  })

  test('B-90: backfill waits for live work but never holds it up, except where one connection is all there is', async () => {
    const { schedule } = world
    const [wide, narrow] = [mailbox(1), mailbox(2)]
    await schedule.enable([{ mailboxId: wide, workload: 'backfill' }])
    await schedule.enable([{ mailboxId: narrow, workload: 'backfill', connections: 1 }])
    expect(names(await schedule.claim('a', 10))).toEqual(['backfill 1', 'backfill 2'])
    await schedule.enable([incoming(wide), { ...incoming(narrow), connections: 1 }])
    const live = await schedule.claim('a', 10)
    expect(names(live)).toEqual(['incoming 1'])
    await world.end(live)
    await schedule.enable([incoming(mailbox(3))])
    await schedule.claim('a', 10)
    await schedule.enable([{ mailboxId: mailbox(3), workload: 'backfill' }])
    expect(await schedule.claim('a', 10)).toEqual([])
  })

  test('SC-4: a mailbox with hints without end still gets its calendar', async () => {
    const { schedule, clock } = world
    await schedule.enable([incoming(mailbox(1)), { mailboxId: mailbox(1), workload: 'act' }])
    const seen: string[] = []
    for (let round = 0; round < 4; round++) {
      await schedule.hint([{ ...incoming(mailbox(1)), lane: 0 }])
      await clock.advance(MINUTE)
      const leases = await schedule.claim('a', 10)
      seen.push(...names(leases))
      await world.end(leases)
    }
    expect(seen).toContain('act 1')
    expect(seen).toContain('incoming 1')
  })

  test('SC-40: eight workers claiming at once never exceed the limit of a pool, nor leave it unused', async () => {
    const { schedule } = world
    await schedule.setPool('small', 3)
    await schedule.setPool('large', 11)
    await schedule.enable(mailboxes(150).map((id, index) => ({ ...incoming(id), pool: index % 2 ? 'small' : 'large' })))
    await schedule.enable([incoming(mailbox(1000))])
    const held: Lease[] = []
    for (let round = 0; round < 6; round++) {
      const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => schedule.claim(`worker ${index}`, 4)))
      held.push(...claims.flat())
      const small = held.filter((lease) => numberOf(lease.mailboxId) % 2 === 0)
      expect(small.length - (held.some((lease) => lease.mailboxId === mailbox(1000)) ? 1 : 0)).toBe(3)
      expect(held).toHaveLength(15)
      const ended = held.splice(0, 5)
      expect((await world.end(ended)).saved).toHaveLength(5)
      if (ended.some((lease) => lease.mailboxId === mailbox(1000))) await schedule.enable([incoming(mailbox(1000))])
    }
  })

  test('SC-40: a claim sees what an unfinished claim beside it takes, even if a hint changes what comes first', async () => {
    const { schedule, clock } = world
    await schedule.setPool('one', 1)
    await schedule.enable(mailboxes(2).map((id) => ({ ...incoming(id), pool: 'one' })))
    const taken = signal()
    const mayCommit = signal()
    const first = opened.database.transaction(async (tx) => {
      const leases = await claim(tx, { now: clock.now(), owner: 'first', wanted: 1, leaseMilliseconds: MINUTE })
      taken.give()
      await mayCommit.given
      return leases
    })
    await taken.given
    const second = schedule.makeDue([{ ...incoming(mailbox(2)), lane: 0 }]).then(() => schedule.claim('second', 1))
    await systemClock.sleep(100)
    mayCommit.give()
    expect(names(await first)).toEqual(['incoming 1'])
    expect(await second).toEqual([])
  })

  test('SC-4: a pool that is full does not hold up what waits behind it in other pools', async () => {
    const { schedule, clock } = world
    await schedule.setPool('full', 1)
    await schedule.enable(mailboxes(50).map((id) => ({ ...incoming(id), pool: 'full' })))
    await clock.advance(1000)
    await schedule.enable([incoming(mailbox(99))])
    expect(names(await schedule.claim('a', 2))).toEqual(['incoming 1', 'incoming 99'])
  })

  test('MB-26: a pool with limit 0 starts nothing and does not keep workers awake', async () => {
    const { schedule } = world
    await schedule.setPool('off', 0)
    await schedule.enable([{ ...incoming(mailbox(1)), pool: 'off' }])
    expect(await schedule.claim('a', 5)).toEqual([])
    expect(await schedule.earliestDue()).toBeUndefined()
    await schedule.setPool('off', 1)
    expect(await schedule.claim('a', 5)).toHaveLength(1)
  })

  test('MB-104: forward mailboxes run one at a time, within the limit of their profile', async () => {
    const { schedule, clock } = world
    await schedule.setPool('profile', 1)
    await schedule.enable(mailboxes(3).map((id) => ({ ...incoming(id), forward: true, pool: 'profile' })))
    await schedule.enable([{ ...incoming(mailbox(4)), forward: true }])
    await clock.advance(1000)
    await schedule.enable([{ ...incoming(mailbox(5)), pool: 'profile' }])
    const first = (await Promise.all([schedule.claim('a', 5), schedule.claim('b', 5)])).flat()
    expect(names(first)).toEqual(['incoming 1'])
    await world.end(first)
    expect(names(await schedule.claim('a', 5))).toEqual(['incoming 2'])
  })

  test('MB-104: a forward mailbox that is throttled pauses all of them', async () => {
    const { schedule, clock } = world
    await schedule.enable(mailboxes(2).map((id) => ({ ...incoming(id), forward: true })))
    const error = {
      kind: 'throttled',
      code: 'ServiceUnavailable',
      text: 'busy',
      scope: 'server',
      retryAfter: 8 * MINUTE,
    } as const
    await world.end(await schedule.claim('a', 5), { ...NOTHING, error })
    expect(await schedule.claim('a', 5)).toEqual([])
    await clock.advance(7 * MINUTE)
    expect(await schedule.claim('a', 5)).toEqual([])
    expect(await schedule.earliestDue()).toEqual(new Date(clock.now().getTime() + MINUTE))
    await clock.advance(MINUTE)
    expect(await schedule.claim('a', 5)).toHaveLength(1)
  })

  test('MB-14: limits that make no sense are refused', async () => {
    await expect(world.schedule.setPool('x', -1)).rejects.toThrow(/MB-14/)
    await expect(world.schedule.setPool('x', 1.5)).rejects.toThrow(/MB-14/)
    expect(FORWARD_POOL).toBe('forward')
  })
})

function signal() {
  const controller = new AbortController()
  return { given: once(controller.signal, 'abort'), give: () => controller.abort() }
}
