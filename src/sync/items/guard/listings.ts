import type { Deed } from '../model.ts'
import type { GuardContext, Guarded } from './guarded.ts'

/**
 * B-44: that items are not in a listing which failed, or which is empty from the beginning, says nothing about them. What
 * would follow from it waits for the next cycle, and for an empty one a person is asked.
 */
export function doubtListings(deeds: readonly Deed[], { listings, answers }: GuardContext): Guarded {
  const result: Guarded = { go: [], held: [], questions: [] }
  const answer = answers.deleteBrake
  const empty: Deed[] = []
  for (const deed of deeds) {
    const listing = deed.cause === 'itemGone' ? listings.get(deed.pairing.link?.folder ?? '') : 'listed'
    if (listing === 'failed') result.held.push(deed)
    else if (listing === 'empty') empty.push(deed)
    else result.go.push(deed)
  }
  if (empty.length === 0) return result
  if (answer !== undefined && (answer === 'no' || empty.length <= answer.upTo)) {
    return { ...result, go: [...result.go, ...empty] }
  }
  const text = `The mail server listed a folder as empty in which ${empty.length} linked items were. Were they deleted?`
  const question = { kind: 'deleteBrake', text, extent: empty.length } as const
  return { ...result, held: [...result.held, ...empty.map((deed) => ({ ...deed, question }))], questions: [question] }
}
