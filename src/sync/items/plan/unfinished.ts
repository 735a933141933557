import type { PlanContext } from './context.ts'
import { enter } from './enter.ts'
import { itemDeletion } from './itemDeletion.ts'
import { recordGone } from './leave.ts'
import { linkTogether } from './linkTogether.ts'
import { silent } from './notify.ts'
import { type Planned, returnedNow } from './planned.ts'
import { type Linked, sidesOf } from './sides.ts'
import type { Trace } from './trace.ts'

/** What a crash or a lost answer left half done (law 2): it is finished, never begun a second time. */
export function planUnfinished(pairing: Linked, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  if (pairing.link.state === 'removing') return removing(pairing, context, trace)
  if (item && record) {
    trace.note('AP-9', 'the item was made before, and its answer was lost: linked')
    return linkTogether({ ...pairing, matchedBy: 'key' }, record, item, context, trace)
  }
  if (item && pairing.record === 'gone' && pairing.link.recordVersion === undefined) {
    trace.note('AP-9', 'its record was never made: begun anew')
    return { link: 'none' }
  }
  if (item) return pairing.record === undefined ? undefined : recordGone(pairing, item, context, trace)
  if (record && returnedNow(pairing)) return enter(pairing, record, context, trace, pairing.link.key)
  trace.note('AP-5', 'the item was never made, and is not wanted any more')
  return pairing.record === undefined ? undefined : { link: 'none' }
}

/** An item that we were deleting: its absence is no person's deletion. */
function removing(pairing: Linked, context: PlanContext, trace: Trace): Planned {
  const { item } = sidesOf(pairing)
  if (!item) return { link: 'none' }
  trace.note('AP-41', 'deleting it was interrupted: done now')
  const fate = itemDeletion(pairing.link, pairing.record, item, 'physical', context, trace)
  const notify = fate === 'stays' ? silent(context) : fate.notify
  return {
    item: { do: 'remove', notify },
    link: 'none',
    cause: pairing.record === 'gone' ? 'recordGone' : 'leftFilters',
  }
}
