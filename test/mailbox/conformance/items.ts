import { describe } from 'vitest'
import type { ItemBench } from './items/bench.ts'
import { itemChangesConform } from './items/changes.ts'
import { holderConforms } from './items/holder.ts'
import { meetingsConform } from './items/meetings.ts'
import { itemModelConforms } from './items/model.ts'
import { seriesConform } from './items/series.ts'
import { itemWritingConforms } from './items/writing.ts'

export type { ItemBench } from './items/bench.ts'

/**
 * Checks every promise of `ItemMailbox` against one connector. `setup` gives a fresh account for each test. What `can`
 * denies must be refused. `runs`: how many random histories are played.
 */
export function itemConformance(name: string, setup: () => Promise<ItemBench>, options: { runs?: number } = {}): void {
  describe(name, () => {
    itemChangesConform(setup)
    itemWritingConforms(setup)
    seriesConform(setup)
    meetingsConform(setup)
    holderConforms(setup)
    itemModelConforms(setup, options.runs ?? 15)
  })
}
