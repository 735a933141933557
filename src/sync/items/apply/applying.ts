import type { ItemCycle, ItemDependencies, ItemTally } from '../context.ts'
import type { LoadedWork } from '../load/loadWork.ts'
import type { Pairing } from '../model.ts'

/** What carrying out a plan stands on. */
export interface Applying {
  dependencies: ItemDependencies
  cycle: ItemCycle
  loaded: LoadedWork
  tally: ItemTally
  /** More of these is held back than is done: what they were noticed by stays. */
  kept?: ReadonlySet<Pairing>
}
