import type { Deed, Pairing } from '../model.ts'
import { withAnswers } from './answers.ts'
import type { PlanContext } from './context.ts'
import { planLinked } from './linked.ts'
import type { Planned } from './planned.ts'
import { planDeleted, planDormant, planIgnored } from './resting.ts'
import { sidesOf } from './sides.ts'
import { Trace } from './trace.ts'
import { planUnfinished } from './unfinished.ts'
import { planUnlinked } from './unlinked.ts'

/**
 * What becomes of a pairing, and why: the transition table AP-5 and the rules by type. Undefined: there is nothing to do. A
 * pairing of which anything has changed has both of its sides, except those that are gone. The same values always give the
 * same deed (B-31), but for the ids that `context.newId` gives.
 */
export function planPairing(pairing: Pairing, context: PlanContext): Deed | undefined {
  const trace = new Trace()
  const planned = withPlace(withAnswers(decide(pairing, context, trace), pairing, context, trace), pairing)
  if (!planned) return undefined
  const { conflicts = [], ...rest } = planned
  return { pairing, conflicts, ...rest, trace: trace.findings }
}

/** Whatever stops its sides from being put together: an item that was moved is known to be where it is now (B-4). */
function withPlace(planned: Planned | undefined, pairing: Pairing): Planned | undefined {
  const { link } = pairing
  const { item } = sidesOf(pairing)
  if (!planned || planned.link || !item || link?.state !== 'linked' || link.itemId === item.ref.id) return planned
  return { ...planned, link: { state: 'linked', folder: item.ref.folder, itemId: item.ref.id } }
}

function decide(pairing: Pairing, context: PlanContext, trace: Trace): Planned | undefined {
  const { link, item } = pairing
  if (typeof item === 'object' && item.kind === 'unreadable') {
    trace.note('SC-56', 'the item cannot be read: nothing is done about it')
    const { kind, message } = item.error
    return {
      failure: {
        code: 'ItemUnreadable',
        text: message,
        ...(kind === 'transient' && { again: true }),
        ...(pairing.isUntold && { unlisted: true }),
      },
    }
  }
  if (!link) return planUnlinked(pairing, context, trace)
  const linked = { ...pairing, link }
  switch (link.state) {
    case 'linked':
      return planLinked(linked, context, trace)
    case 'creating':
    case 'removing':
      return planUnfinished(linked, context, trace)
    case 'dormant':
      return planDormant(linked, context, trace)
    case 'deleted':
      return planDeleted(linked, context, trace)
    case 'ignored':
      return planIgnored(linked, context, trace)
  }
}
