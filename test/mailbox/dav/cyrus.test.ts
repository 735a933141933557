import { afterAll, beforeAll } from 'vitest'
import { type Cyrus, startCyrus } from '../../support/cyrus.ts'
import { itemConformance } from '../conformance/items.ts'
import { davBench } from './support/bench.ts'
import { cyrusServer } from './support/cyrusServer.ts'

let cyrus: Cyrus

beforeAll(async () => {
  cyrus = await startCyrus()
}, 60_000)
afterAll(() => cyrus.stop())

itemConformance('items on Cyrus', () => davBench(cyrusServer(cyrus)), { runs: 8 })
