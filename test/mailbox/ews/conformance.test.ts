import { afterAll, beforeAll, describe } from 'vitest'
import { conformance } from '../conformance.ts'
import { type Exchange, exchangeBench, startExchange } from './support/sandbox.ts'

describe('Exchange 2019', () => {
  let exchange: Exchange
  beforeAll(async () => {
    exchange = await startExchange()
  })
  afterAll(() => exchange.close())

  conformance('EWS by NTLM and impersonation', () => exchangeBench(exchange), { runs: 8 })
})
