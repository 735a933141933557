import type { Item } from '#mailbox'
import { statusSaid } from '../fields/taskStatus.ts'
import type { Link, Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import type { Planned } from './planned.ts'
import { Trace } from './trace.ts'
import { update } from './update.ts'

/**
 * What was completed in the mailbox has left the filters by that. Who takes it back there before anything became of the
 * item opens the record too (AP-21, TK-7), and the filters are asked about the record as it is then. Undefined: nobody did,
 * or the record does not take it.
 */
export function reopened(
  pairing: Pairing & { link: Link },
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  const wasCompleted = pairing.link.agreed.item['status'] === 'completed'
  if (item.kind !== 'task' || !wasCompleted || statusSaid(item.fields) === 'completed') return undefined
  const own = new Trace()
  const planned = update(pairing, record, item, context, own)
  const { record: change, link } = planned
  if (change?.do !== 'update' || !change.pairs?.includes('status') || link === 'none') return undefined
  trace.note('TK-7', 'opened again in the mailbox: so is the record, and the filters are asked anew')
  for (const { rule, finding } of own.findings) trace.note(rule, finding)
  return { ...planned, link: { ...link, state: 'linked', returned: true, returnedEver: true } }
}
