import { afterAll, beforeAll, describe } from 'vitest'
import { itemConformance } from '../conformance/items.ts'
import { itemBench } from './support/items.ts'
import { type Exchange, startExchange } from './support/sandbox.ts'

describe('Exchange 2019', () => {
  let exchange: Exchange
  beforeAll(async () => {
    exchange = await startExchange()
  })
  afterAll(() => exchange.close())

  itemConformance('items by EWS, NTLM and impersonation', () => itemBench(exchange), { runs: 8 })
})
