import { afterAll, beforeAll } from 'vitest'
import type { ItemBench } from '../mailbox/conformance/items/bench.ts'
import { itemBench } from '../mailbox/ews/support/items.ts'
import { type Exchange, startExchange } from '../mailbox/ews/support/sandbox.ts'
import { graphItemBench } from '../mailbox/graph/support/itemBench.ts'
import { roundTrips } from './roundTrip.ts'

const SHARES = [1, 2, 3, 4]
let exchange: Exchange
let ews: ItemBench[]
let graph: ItemBench[]

beforeAll(async () => {
  exchange = await startExchange()
  ews = await Promise.all(SHARES.map(() => itemBench(exchange)))
  graph = await Promise.all(SHARES.map(() => graphItemBench()))
})
afterAll(async () => {
  for (const bench of [...ews, ...graph]) {
    await bench.mailbox.close()
    await bench.close()
  }
  await exchange.close()
})

roundTrips('Exchange Online', () => graph.map(({ items }) => items), { who: 'graph' })
roundTrips('Exchange Server', () => ews.map(({ items }) => items), { who: 'ews' })
