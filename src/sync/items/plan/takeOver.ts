import type { Item } from '#mailbox'
import type { Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { enter } from './enter.ts'
import { isClosed, isMeetingTable, isOwnerOfMailbox, isPast, organizerOf } from './meeting.ts'
import { type Planned, returnedNow } from './planned.ts'
import type { Trace } from './trace.ts'

/**
 * AP-43: the owner was invited, and organizes the meeting now. Once the former organizer has called off the old one, the
 * owner's mailbox makes the new one, so that nobody is invited to both at a time. What was called off stays as it is.
 */
export function takeOver(
  pairing: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if (item.kind !== 'event' || !isMeetingTable(record.table)) return undefined
  if (item.role !== 'attendee' || !item.cancelled || isPast(item, context.now)) return undefined
  const organizer = organizerOf(record)
  if (!organizer || !isOwnerOfMailbox(organizer, context) || !returnedNow(pairing) || isClosed(record)) return undefined
  trace.note(
    'AP-43',
    'the owner is the organizer now, and the former one has called off the old meeting: it is made anew',
  )
  return enter(pairing, record, context, trace)
}
