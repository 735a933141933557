import type { Executor } from '#database'
import type { ItemDependencies } from '../context.ts'
import type { StoredLink } from './links.ts'
import { recordStates } from './recordStates.ts'

/**
 * Links that know their record as it is now, with all its parts. A part that went leaves no version behind, so that
 * versions alone would not tell.
 */
export async function linksAsLeft(
  executor: Executor,
  dependencies: Pick<ItemDependencies, 'records'>,
  links: readonly StoredLink[],
): Promise<StoredLink[]> {
  const linked = links.filter(({ state, recordVersion }) => state === 'linked' && recordVersion !== undefined)
  const states = await recordStates(executor, dependencies, linked)
  return linked.filter(({ recordId, recordVersion, parts }) => {
    const now = states.get(recordId)
    const known = new Set(parts)
    return now?.version === recordVersion && now?.parts.length === known.size && now.parts.every((id) => known.has(id))
  })
}
