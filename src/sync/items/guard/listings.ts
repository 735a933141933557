import type { Deed } from '../model.ts'
import type { GuardContext, Guarded } from './guarded.ts'
import { unlinkOnly } from './unlinkOnly.ts'

/**
 * B-44: that items are not in a listing which failed, or which is empty from the beginning, says nothing about them; nor
 * that they were not found again by key or UID after their ids were lost (B-14). What would follow from it waits for the
 * next cycle, or for a person who is asked. `no` means: unlink, delete nothing.
 */
export function doubtListings(deeds: readonly Deed[], context: GuardContext): Guarded {
  const result: Guarded = { go: [], held: [], questions: [] }
  const answer = context.answers.deleteBrake
  const doubtful: Deed[] = []
  for (const deed of deeds) {
    const listing = listingOf(deed, context)
    if (listing === 'failed') result.held.push(deed)
    else if (listing === 'listed') result.go.push(deed)
    else doubtful.push(deed)
  }
  if (doubtful.length === 0) return result
  if (answer === 'no')
    return { ...result, go: [...result.go, ...doubtful.map((deed) => unlinkOnly(deed, 'B-44', context))] }
  if (answer !== undefined && doubtful.length <= answer.upTo) return { ...result, go: [...result.go, ...doubtful] }
  const text = textOf(doubtful)
  const question = { kind: 'deleteBrake', text, extent: doubtful.length } as const
  return {
    ...result,
    held: [...result.held, ...doubtful.map((deed) => ({ ...deed, question }))],
    questions: [question],
  }
}

function listingOf({ cause, pairing: { link } }: Deed, { listings }: GuardContext): 'listed' | 'empty' | 'failed' {
  if (cause !== 'itemGone' || !link) return 'listed'
  return link.itemId === undefined ? 'empty' : (listings.get(link.folder ?? '') ?? 'listed')
}

function textOf(doubtful: readonly Deed[]): string {
  const lost = doubtful.filter(({ pairing: { link } }) => link?.itemId === undefined)
  const count = doubtful.length - lost.length
  const parts = [
    ...(count > 0 ? [`The mail server listed a folder as empty in which ${count} linked items were.`] : []),
    ...(lost.length > 0
      ? [`The mail server lists anew, and ${lost.length} linked items were not found again: ${namesOf(lost)}.`]
      : []),
  ]
  return `${parts.join(' ')} Were they deleted?`
}

/** Items by their subjects, the first few. */
function namesOf(deeds: readonly Deed[]): string {
  const names = deeds.slice(0, 5).map(({ pairing: { link } }) => `“${link?.subject ?? link?.recordId ?? ''}”`)
  return [...names, ...(deeds.length > names.length ? ['…'] : [])].join(', ')
}
