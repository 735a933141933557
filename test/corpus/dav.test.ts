import { afterAll, beforeAll } from 'vitest'
import { SimulatedServer } from '#mailbox'
import { systemClock } from '#time'
import { type DavBench, davBench } from '../mailbox/dav/support/bench.ts'
import { cyrusServer } from '../mailbox/dav/support/cyrusServer.ts'
import { radicaleServer } from '../mailbox/dav/support/radicaleServer.ts'
import { type Cyrus, startCyrus } from '../support/cyrus.ts'
import { type Radicale, startRadicale } from '../support/radicale.ts'
import { roundTrips } from './roundTrip.ts'

const SHARES = [1, 2, 3, 4, 5, 6, 7, 8]
let radicale: Radicale
let cyrus: Cyrus
let onRadicale: DavBench[]
let onCyrus: DavBench[]

beforeAll(async () => {
  ;[radicale, cyrus] = await Promise.all([startRadicale(), startCyrus()])
  onRadicale = await Promise.all(SHARES.map(() => davBench(radicaleServer(radicale))))
  onCyrus = await Promise.all(SHARES.map(() => davBench(cyrusServer(cyrus))))
}, 60_000)
afterAll(async () => {
  for (const bench of [...onRadicale, ...onCyrus]) {
    await bench.mailbox.close()
    await bench.close()
  }
  await radicale.stop()
  await cyrus.stop()
})

const simulated = new SimulatedServer({ clock: systemClock })
const memory = await simulated.open(simulated.account('sales@contoso.example').address)

roundTrips('Radicale', () => onRadicale.map(({ items }) => items), { exactly: true })
// Cyrus puts days in order and leaves out what goes without saying.
roundTrips('Cyrus', () => onCyrus.map(({ items }) => items), { who: 'cyrus' })
roundTrips('the simulated server', () => (memory.items ? [memory.items] : []), { exactly: true })
