import type { Deed, Pairing } from '../model.ts'
import { withAnswers } from './answers.ts'
import type { PlanContext } from './context.ts'
import { planLinked } from './linked.ts'
import { failed, type Planned } from './planned.ts'
import { planDeleted, planDormant, planIgnored } from './resting.ts'
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
  const planned = withAnswers(decide(pairing, context, trace), pairing, context, trace)
  if (!planned) return undefined
  const { conflicts = [], ...rest } = planned
  return { pairing, conflicts, ...rest, trace: trace.findings }
}

function decide(pairing: Pairing, context: PlanContext, trace: Trace): Planned | undefined {
  const { link, item } = pairing
  if (typeof item === 'object' && item.kind === 'unreadable') {
    trace.note('SC-56', 'the item cannot be read: nothing is done about it')
    return failed('ItemUnreadable', item.error.message)
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
