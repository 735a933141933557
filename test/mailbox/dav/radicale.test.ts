import { afterAll, beforeAll } from 'vitest'
import { type Radicale, startRadicale } from '../../support/radicale.ts'
import { sample } from '../conformance/items/samples.ts'
import { itemConformance } from '../conformance/items.ts'
import { davBench, kindOf } from './support/bench.ts'
import { invitationFrom } from './support/invitation.ts'
import { radicaleServer } from './support/radicaleServer.ts'

let radicale: Radicale

beforeAll(async () => {
  radicale = await startRadicale()
})
afterAll(() => radicale.stop())

itemConformance('items on Radicale', async () => {
  const bench = await davBench(radicaleServer(radicale))
  const { other, address } = bench
  return {
    ...bench,
    other: {
      ...other,
      async invalidateCursor(folder) {
        await radicale.forgetTokens(other.pathOf(folder))
        // A token that names the present state is known again.
        await other.make(folder, sample(kindOf(folder), 'Passing'))
        await other.delete(folder, 'Passing')
      },
      invite: (organizer, item) => invitationFrom(other, organizer, address, item),
    },
  }
})
