import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ItemMailbox, ItemRef } from '#mailbox'
import { contact, event } from './conformance/items/samples.ts'
import { mainFolder, QUIET, retitle } from './conformance/items/use.ts'
import { itemBench } from './ews/support/items.ts'
import { startExchange } from './ews/support/sandbox.ts'
import { graphItemBench } from './graph/support/itemBench.ts'

const FACES: readonly [name: string, open: () => Promise<ItemMailbox>][] = [
  ['Graph', openGraph],
  ['EWS', openEws],
]

async function openGraph(): Promise<ItemMailbox> {
  const bench = await graphItemBench()
  onTestFinished(() => bench.close())
  return bench.items
}

async function startEws() {
  const exchange = await startExchange()
  onTestFinished(() => exchange.close())
  return { exchange, items: (await itemBench(exchange)).items }
}

async function openEws(): Promise<ItemMailbox> {
  return (await startEws()).items
}

/** Requests of HTTP that any server of this process was sent meanwhile. */
async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  let requests = 0
  const count = () => {
    requests++
  }
  subscribe('http.server.request.start', count)
  try {
    await work()
  } finally {
    unsubscribe('http.server.request.start', count)
  }
  return requests
}

const numbers = Array.from({ length: 20 }, (_, n) => n)

describe.each(FACES)('items that are written at the same time through %s', (_name, open) => {
  test('SC-33: they go in few requests, whether they are made, changed or deleted', async () => {
    const items = await open()
    const { id } = await mainFolder(items, 'contact')
    let refs: ItemRef[] = []
    const make = (n: number) => items.create(id, contact(`Person ${n}`), `key-${n}`, { ...QUIET, first: true })
    expect(await requestsOf(async () => (refs = await Promise.all(numbers.map(make))))).toBeLessThanOrEqual(3)
    const read = await items.get(
      id,
      refs.map((ref) => ref.id),
    )
    expect(read.map((one) => one.kind === 'contact' && one.fields.displayName)).toEqual(
      numbers.map((n) => `Person ${n}`),
    )
    const change = (ref: ItemRef) => items.update(ref, retitle('contact', `Again ${ref.id.slice(-3)}`), QUIET)
    expect(await requestsOf(async () => (refs = await Promise.all(refs.map(change))))).toBeLessThanOrEqual(3)
    expect(await requestsOf(() => Promise.all(refs.map((ref) => items.remove(ref, QUIET))))).toBeLessThanOrEqual(3)
    expect(
      await items.get(
        id,
        refs.map((ref) => ref.id),
      ),
    ).toEqual([])
  })

  test('SC-56, B-70: the one that is refused fails alone', async () => {
    const items = await open()
    const { id } = await mainFolder(items, 'event')
    const refs = await Promise.all(numbers.map((n) => items.create(id, event(`Visit ${n}`), `key-${n}`, QUIET)))
    const stale = refs[7] as ItemRef
    await items.update(stale, retitle('event', 'Somebody was quicker'), QUIET)
    const change = (ref: ItemRef) => items.update(ref, retitle('event', 'Ours'), QUIET)
    const results = await Promise.allSettled(refs.map(change))
    expect(results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([7])
    expect(results[7]).toMatchObject({ reason: { kind: 'conflict' } })
    const [read] = await items.get(id, [stale.id])
    expect(read).toMatchObject({ fields: { subject: 'Somebody was quicker' } })
  })

  test('law 2: of two that are made with one key at the same time, and again later, there is one', async () => {
    const items = await open()
    const { id } = await mainFolder(items, 'contact')
    const make = () => items.create(id, contact('Only one'), 'key', QUIET)
    const ref = await make()
    expect((await Promise.all([make(), make()])).map((one) => one.id)).toEqual([ref.id, ref.id])
    expect(await items.find({ key: 'key' })).toHaveLength(1)
  })
})

test('SC-56: what Graph takes in one request is measured in bytes, whatever the letters', async () => {
  const items = await openGraph()
  const { id } = await mainFolder(items, 'event')
  const body = { text: '€'.repeat(400_000) }
  const make = (n: number) => items.create(id, event(`Long ${n}`, { body }), `key-${n}`, QUIET)
  expect(await Promise.all(numbers.slice(0, 6).map(make))).toHaveLength(6)
})

test.each([
  [413, 'ErrorMessageSizeExceeded'],
  [500, 'ErrorSchemaValidation'],
])('SC-56: where Exchange refuses a whole request (%i %s), the one at fault fails alone', async (status, code) => {
  const { exchange, items } = await startEws()
  const { id } = await mainFolder(items, 'contact')
  // The request, its first half, that one's first half …: 20, 10, 5, 3, 2 items, and the one.
  exchange.world.faults.inject({ fault: { kind: 'error', status, code }, operation: 'CreateItem', times: 6 })
  const make = (n: number) => items.create(id, contact(`Person ${n}`), `key-${n}`, { ...QUIET, first: true })
  const results = await Promise.allSettled(numbers.map(make))
  expect(results.flatMap((one, n) => (one.status === 'rejected' ? [n] : []))).toEqual([0])
  expect(results[0]).toMatchObject({ reason: { scope: 'item' } })
})
