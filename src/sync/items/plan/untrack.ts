import type { Item } from '#mailbox'
import type { Link, Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { hasStarted, isMeetingTable } from './meeting.ts'
import { isWritable, linkSeen, type Planned } from './planned.ts'
import type { Trace } from './trace.ts'
import { carriesCategory } from './tracked.ts'
import { unmarked } from './unmark.ts'

/** Whether a person takes the item out of tracking: by the App, or by taking its category off (AP-95, TK-32). */
export function isUntracked({ link, untrack }: Pairing, item: Item, context: PlanContext): boolean {
  const isCategoryGone = link?.categorized === true && !carriesCategory(item, context)
  return untrack !== undefined || (isCategoryGone && context.trackedCategory !== undefined)
}

/**
 * The link ends. The record stays unless a person asked otherwise, and may; it does not come back into this mailbox, though
 * filters return it, before the item is tracked again.
 */
export function untracked(
  pairing: Pairing & { link: Link },
  record: RecordView | undefined,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned {
  const { untrack } = pairing
  trace.note('AP-95', untrack ? `untracked by a person: ${untrack} the record` : 'its category was taken off')
  const refusal = untrack === 'delete' && record ? refusalToDelete(record, context, trace) : undefined
  const writable = isWritable(item, context, trace)
  const left = writable ? { item: unmarked(item, context) } : {}
  // A category that stays on it, because nothing may be written there, does not track it anew (AP-2).
  const categorized = !writable && carriesCategory(item, context)
  if (untrack === 'delete' && record && !refusal)
    return { ...left, record: { do: 'delete' }, link: 'none', cause: 'untracked' }
  return {
    ...left,
    link: { ...linkSeen(pairing, record, item, context), state: 'ignored', categorized, untilChange: false },
    cause: 'untracked',
    ...(refusal && { failure: refusal }),
  }
}

/** AP-95, CT-33, TK-32 */
function refusalToDelete(record: RecordView, context: PlanContext, trace: Trace): Planned['failure'] {
  if (isMeetingTable(record.table) && record.table === 'appointment' && hasStarted(record, context.now)) {
    trace.note('AP-95', 'it has begun: the record stays')
    return { code: 'RecordRefused', text: 'The appointment has begun, so that its record stays. Delete it in the CRM.' }
  }
  if (context.privileges.delete(record.table, record.id)) return undefined
  trace.note('CT-33', 'the user may not delete the record: it stays')
  return { code: 'InsufficientPermission', text: 'The mailbox’s user may not delete the record. It stays.' }
}
