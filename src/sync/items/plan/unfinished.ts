import type { PlanContext } from './context.ts'
import { enter } from './enter.ts'
import { recordGone, recordLeft } from './leave.ts'
import { planLinked } from './linked.ts'
import { linkTogether } from './linkTogether.ts'
import { isTakenOver } from './meeting.ts'
import { type Planned, returnedNow } from './planned.ts'
import { type Linked, sidesOf } from './sides.ts'
import { enterInTurn } from './takeOver.ts'
import type { Trace } from './trace.ts'
import { update } from './update.ts'

/**
 * What a crash or a lost answer left half done (law 2): it is finished, never begun a second time. An item that was not
 * seen yet may still turn up, so that its link waits for it: until then its record is what decides. Where nothing is to
 * be made of that any more, the mail server was asked: what it does not have was never made.
 */
export function planUnfinished(pairing: Linked, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  if (pairing.link.state === 'removing') return removing(pairing, context, trace)
  const isOthers = isTakenOver(pairing, context)
  const isReturned = record !== undefined && returnedNow(pairing) && !isOthers
  if (!item && isReturned) return enter(pairing, record, context, trace, pairing.link.key)
  if (!item && pairing.item === 'gone') {
    trace.note('AP-5', 'it never reached the mailbox, and nothing is to be there any more')
    return { link: 'none' }
  }
  if (!item) return undefined
  if (pairing.record === undefined) return undefined
  trace.note('AP-9', 'the item was made before, and its answer was lost')
  if (isReturned && Object.keys(pairing.link.agreed.item).length > 0)
    return update(pairing, record, item, context, trace)
  if (isReturned) return linkTogether({ ...pairing, matchedBy: 'key' }, record, item, context, trace)
  if (pairing.record === 'gone') return recordGone(pairing, item, context, trace)
  const cause = isOthers ? 'organizerChanged' : record ? 'leftFilters' : 'accessLost'
  return recordLeft(pairing, record, item, cause, context, trace)
}

/**
 * An item that we were deleting: its absence is no person's deletion, so that a record that is returned again is made an
 * item again. Where it is still there, it is judged again as things are now: the meeting may be past meanwhile, the contact
 * the user's own, or the record returned again.
 */
function removing(pairing: Linked, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  const isWanted = record && returnedNow(pairing) && !isTakenOver(pairing, context)
  if (!item && isWanted) return enterInTurn(pairing, record, context, trace)
  if (!item) return { link: 'none' }
  trace.note('AP-41', 'deleting it was interrupted: judged again')
  return planLinked(pairing, context, trace)
}
