import type { Executor } from '#database'
import type { ItemDependencies } from '../context.ts'
import type { StoredLink } from './links.ts'
import { recordStates } from './recordStates.ts'

/** Links that know their record as it is now, with all its parts. */
export async function linksAsLeft(
  executor: Executor,
  dependencies: Pick<ItemDependencies, 'records'>,
  links: readonly StoredLink[],
): Promise<StoredLink[]> {
  const linked = links.filter(({ state, recordVersion }) => state === 'linked' && recordVersion !== undefined)
  const states = await recordStates(
    executor,
    dependencies,
    linked.map(({ table, recordId }) => ({ table, id: recordId })),
  )
  return linked.filter(({ recordId, recordVersion }) => states.get(recordId)?.version === recordVersion)
}
