import type { Item } from '#mailbox'
import type { Link, Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { organizes } from './itemDeletion.ts'
import { hasAttendees, isClosed, isMeetingTable, isOwnerOfMailbox, isPast, organizerOf } from './meeting.ts'
import { nameOf, type Planned } from './planned.ts'

/**
 * AP-43: the owner’s meeting has become another user’s in the CRM whose mailbox synchronizes no appointments, so that nobody
 * makes a new one. Whatever becomes of the old one, its owner is told so with that change of the record.
 */
export function tellOfSuccessor(
  planned: Planned,
  pairing: Pairing & { link: Link },
  record: RecordView,
  item: Item,
  context: PlanContext,
): Planned {
  if (planned.failure || planned.question || record.version === pairing.link.recordVersion) return planned
  if (item.kind !== 'event' || !isMeetingTable(record.table) || !organizes(pairing.link, item)) return planned
  if (isPast(item, context.now) || isClosed(record) || !hasAttendees(item.fields)) return planned
  const organizer = organizerOf(record)
  if (!organizer || isOwnerOfMailbox(organizer, context)) return planned
  const user = organizer.party ?? (organizer.address === undefined ? undefined : context.partyOf(organizer.address))
  if (user?.table !== 'systemuser' || context.synchronizingUsers.has(user.id)) return planned
  const who = organizer.address ?? context.nameOf(user) ?? 'another user'
  const isCalledOff = planned.item?.do === 'remove'
  const old = isCalledOff
    ? 'The old one is canceled, because no filter returns the appointment to this mailbox any more, and the guests are not invited anew.'
    : 'The old one stays as it is in this calendar, and with its guests.'
  const text = `"${nameOf(record)}" has ${who} as its organizer in the CRM, whose mailbox does not synchronize appointments: no new meeting is made there. ${old} Have that mailbox synchronize, or choose an organizer whose mailbox does.`
  return { ...planned, failure: { code: 'SuccessorNotSynchronized', text } }
}
