import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import type { Fault } from '#sandbox'
import { event, sample, titleOf, weekly } from '../conformance/items/samples.ts'
import { ItemCopy, mainFolder, QUIET, readEvent, readOne, retitle, use, writable } from '../conformance/items/use.ts'
import { failure } from '../conformance/use.ts'
import { itemBench } from './support/items.ts'
import { type Exchange, startExchange } from './support/sandbox.ts'

let exchange: Exchange
beforeAll(async () => {
  exchange = await startExchange()
})
afterAll(() => exchange.close())
beforeEach(() => exchange.world.faults.clear())

const faults: Fault[] = [
  { kind: 'cutBefore' },
  { kind: 'cutAfter' },
  { kind: 'serverBusy', backOff: 5 },
  { kind: 'throttled', retryAfter: 1 },
  { kind: 'unavailable', retryAfter: 1 },
  { kind: 'cursorLost' },
  { kind: 'error', status: 500, code: 'ErrorMailboxMoveInProgress' },
  { kind: 'error', status: 502, code: 'ErrorProxyCallFailed' },
]

/** Repeats what failed for a reason that passes. */
async function stubborn<T>(work: () => Promise<T>, onLost: () => void = () => undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const passes = error instanceof MailboxError && ['transient', 'throttled', 'cursorLost'].includes(error.kind)
      if (!passes || attempt > 8) throw error
      if (error.kind === 'cursorLost') onLost()
    }
  }
}

const start = () => use(() => itemBench(exchange))

describe('items of EWS that fail at every step', () => {
  test('law 1: after any failure at any request, reading goes on and the copy equals the folder', async () => {
    for (const fault of faults) {
      for (let nth = 1; nth <= 3; nth++) {
        const { items, other } = await start()
        const { id, path } = await mainFolder(items, 'event')
        for (const number of [1, 2, 3, 4, 5]) await other.make(path, event(`Number ${number}`))
        const copy = new ItemCopy(items, id)
        const again = () => {
          copy.cursor = undefined
          copy.refs.clear()
        }
        exchange.world.faults.inject({ fault, nth, times: 2, operation: 'SyncFolderItems' })
        await stubborn(() => copy.follow({ pageSize: 2 }), again)
        await other.delete(path, 'Number 2')
        await other.change(path, 'Number 4', retitle('event', 'Number 4 again'))
        exchange.world.faults.inject({ fault, operation: nth % 2 ? 'GetItem' : 'SyncFolderItems' })
        await stubborn(() => copy.follow({ pageSize: 2 }), again)
        await stubborn(() => copy.titles())
        exchange.world.faults.clear()
        await copy.follow()
        expect(await copy.titles()).toEqual((await other.list(path)).map(titleOf).sort())
      }
    }
  }, 60_000)

  test('law 2: whatever breaks off, what is created again with its key is one item, whole', async () => {
    for (const fault of [faults[0], faults[1], faults[2], faults[6]] as Fault[]) {
      for (const operation of ['FindItem', 'CreateItem', 'UpdateItem', 'DeleteItem', 'SyncFolderHierarchy']) {
        const { items, other } = await start()
        for (const kind of writable(items)) {
          const { id, path } = await mainFolder(items, kind)
          exchange.world.faults.inject({ fault, operation, times: 2 })
          await stubborn(() => items.create(id, sample(kind, 'Once'), `once-${kind}`, QUIET))
          expect((await other.list(path)).map(titleOf)).toEqual(['Once'])
        }
        const { id, path } = await mainFolder(items, 'event')
        const pattern = weekly('Series')
        const exceptions = [{ originalStart: '2026-03-16T10:00:00', fields: { location: 'Garden' } }]
        const series = { ...pattern.series, cancelled: ['2026-03-23T10:00:00'], exceptions }
        exchange.world.faults.inject({ fault, operation, times: 2 })
        const item = { ...pattern, series } as typeof pattern
        const ref = await stubborn(() => items.create(id, item, 'series', QUIET))
        expect((await readEvent(items, ref)).series).toMatchObject({ cancelled: series.cancelled, exceptions })
        expect((await readEvent(items, ref)).marks).toEqual({ key: 'series' })
        expect((await other.list(path)).map(titleOf).sort()).toEqual(['Once', 'Series'])
        expect(await items.create(id, item, 'series', QUIET)).toEqual(await readRef(items.get(id, [ref.id])))
        exchange.world.faults.clear()
      }
    }
  }, 60_000)

  test('B-70, law 2: a change whose answer was lost shows as another version; a deletion is repeated', async () => {
    const { items, other } = await start()
    for (const kind of writable(items)) {
      const { id, path } = await mainFolder(items, kind)
      const made = await items.create(id, sample(kind, 'Mine'), `mine-${kind}`, QUIET)
      exchange.world.faults.inject({ fault: { kind: 'cutAfter' }, operation: 'UpdateItem' })
      expect(await failure(() => items.update(made, retitle(kind, 'Ours'), QUIET))).toMatchObject({ kind: 'transient' })
      expect(await failure(() => items.update(made, retitle(kind, 'Ours'), QUIET))).toMatchObject({
        kind: 'conflict',
        code: 'ItemChanged',
      })
      const now = await readOne(items, made)
      expect(titleOf(now)).toBe('Ours')
      for (const fault of faults.filter(({ kind: name }) => name !== 'cursorLost').slice(0, 3)) {
        exchange.world.faults.inject({ fault, operation: 'DeleteItem' })
        await stubborn(() => items.remove(now.ref, QUIET))
      }
      expect(await other.list(path)).toEqual([])
    }
  })

  test('SC-42: how long a busy Exchange asks to wait is told', async () => {
    const { items } = await start()
    const { id } = await mainFolder(items, 'task')
    exchange.world.faults.inject({ fault: { kind: 'serverBusy', backOff: 297_749 }, operation: 'FindItem' })
    const error = await failure(() => items.create(id, sample('task', 'Later'), 'later', QUIET))
    expect(error).toMatchObject({ kind: 'throttled', retryAfter: 297_749 })
  })

  test('AP-57: an answer that was lost was given once', async () => {
    const { items, other } = await start()
    const { id } = await mainFolder(items, 'event')
    await other.invite?.('boss@contoso.example', event('Please come'))
    const copy = new ItemCopy(items, id)
    await copy.follow()
    const [ref] = copy.refs.values()
    if (!ref) throw new Error('There is no invitation')
    exchange.world.faults.inject({ fault: { kind: 'cutAfter' }, operation: 'CreateItem' })
    expect(await failure(() => items.respond(ref, 'tentative', { tell: true }))).toMatchObject({ kind: 'transient' })
    expect(await failure(() => items.respond(ref, 'tentative', { tell: true }))).toMatchObject({ kind: 'conflict' })
    expect((await readEvent(items, ref)).answer).toBe('tentative')
    expect((await other.meetingMail?.())?.filter(({ kind }) => kind === 'answer')).toHaveLength(1)
  })
})

async function readRef(items: ReturnType<Awaited<ReturnType<typeof start>>['items']['get']>) {
  return (await items)[0]?.ref
}
