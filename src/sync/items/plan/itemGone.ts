import type { Link, Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { linkSeen, nameOf, type Planned } from './planned.ts'
import { recordDeletion } from './recordDeletion.ts'
import type { Trace } from './trace.ts'

/**
 * The item was deleted in the mailbox. Deleting is judged before whatever changed on the other side (AP-13). A record that
 * stays is not created there again as long as it stays in the filters (CT-32).
 */
export function itemGone(
  pairing: Pairing & { link: Link },
  record: RecordView,
  context: PlanContext,
  trace: Trace,
): Planned {
  trace.note('AP-13', 'deleted in the mailbox: judged before any change')
  const fate = recordDeletion(pairing.link, record, context, trace)
  if (fate === 'deleted') return { record: { do: 'delete' }, link: 'none', cause: 'itemGone' }
  trace.note('CT-32', 'the record stays, and is not created here again')
  const text = `The item was deleted in Outlook; the mailbox’s user may not delete the record "${nameOf(record)}".`
  return {
    link: { ...linkSeen(pairing, record, undefined, context), state: 'deleted' },
    cause: 'itemGone',
    ...(fate === 'refused' && { failure: { code: 'InsufficientPermission', text } }),
  }
}
