import { expect, test } from 'vitest'
import { type Clock, systemClock } from '#time'
import { itemConformance } from '../conformance/items.ts'
import { graphItemBench } from './support/itemBench.ts'

test('B-1, AP-36: the connector says what Exchange Online can do with items: it tells all attendees, or does nothing', async () => {
  const bench = await graphItemBench()
  expect(bench.items.can).toMatchObject({ event: 'write', contact: 'write', task: 'write', notify: ['all'] })
  await bench.mailbox.close()
  await bench.close()
})

/** In March 2026 the appointments of the suite are within the view of the calendar whose changes Graph tells. */
const inMarch = clockFrom(new Date('2026-03-02T08:00:00Z'))
/** Four years on they are outside it. */
const later = clockFrom(new Date('2030-03-02T08:00:00Z'))

itemConformance('items of Exchange Online', () => graphItemBench(inMarch), { runs: 15 })
itemConformance('items of Exchange Online that lie long ago', () => graphItemBench(later), { runs: 5 })

/** Runs on from another time. */
function clockFrom(start: Date): Clock {
  const offset = start.getTime() - Date.now()
  return { now: () => new Date(Date.now() + offset), sleep: (...given) => systemClock.sleep(...given) }
}
