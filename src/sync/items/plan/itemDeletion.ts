import type { Item, NotifyWhom } from '#mailbox'
import { statusSaid } from '../fields/taskStatus.ts'
import type { Link, RecordState } from '../model.ts'
import type { PlanContext } from './context.ts'
import { hasAttendees, isMeetingTable, isPast } from './meeting.ts'
import type { Trace } from './trace.ts'

/** `physical`: the record is gone. `logical`: it exists, and filters or rights do not return it any more (AP-92). */
export type Departure = 'physical' | 'logical'

/** What becomes of an item whose record departed: deleted, and whom the server tells of it; or it stays. */
export function itemDeletion(
  link: Link,
  record: RecordState | undefined,
  item: Item,
  departure: Departure,
  context: PlanContext,
  trace: Trace,
): { notify: NotifyWhom } | 'stays' {
  if (departure === 'logical' && context.settings.distinctDeletes) {
    trace.note('AP-91', 'what leaves the filters is unlinked only')
    return 'stays'
  }
  if (isMeetingTable(link.table)) return meetingDeletion(link, item, context, trace)
  if (link.table === 'serviceappointment') return serviceDeletion(item, context, trace)
  if (link.table === 'contact') return contactDeletion(link, record, context, trace)
  return taskDeletion(item, trace)
}

/** AP-41, AP-42 */
function meetingDeletion(link: Link, item: Item, context: PlanContext, trace: Trace): { notify: NotifyWhom } | 'stays' {
  if (item.kind !== 'event') return 'stays'
  if (!organizes(link, item)) {
    trace.note('AP-41', 'the mailbox’s owner is not the organizer: the meeting stays')
    return 'stays'
  }
  if (isPast(item, context.now)) {
    trace.note('AP-41', 'the meeting is past: it stays')
    return 'stays'
  }
  const notify = hasAttendees(item.fields) ? 'all' : 'none'
  trace.note('AP-41', 'organizer, and still to come: deleted')
  trace.note('AP-42', notify === 'all' ? 'attendees are told' : 'nobody is invited')
  return { notify }
}

/** AP-80: the copy was ours alone, and nobody is ever told. */
function serviceDeletion(item: Item, { now }: PlanContext, trace: Trace): { notify: NotifyWhom } | 'stays' {
  const stays = item.kind !== 'event' || isPast(item, now)
  trace.note('AP-80', stays ? 'the service activity is past: it stays' : 'the copy is deleted, nobody is told')
  return stays ? 'stays' : { notify: 'none' }
}

/** CT-30 */
function contactDeletion(
  link: Link,
  record: RecordState | undefined,
  { owner }: PlanContext,
  trace: Trace,
): { notify: NotifyWhom } | 'stays' {
  const ownerId = ownerOf(record) ?? link.ownerId
  if (ownerId === undefined || ownerId === owner.userId) {
    trace.note('CT-30', ownerId === undefined ? 'who owned it is not known: it stays' : 'the user owns it: it stays')
    return 'stays'
  }
  trace.note('CT-30', 'somebody else owns it: deleted')
  return { notify: 'none' }
}

/** TK-30 */
function taskDeletion(item: Item, trace: Trace): { notify: NotifyWhom } | 'stays' {
  const isCompleted = item.kind === 'task' && statusSaid(item.fields) === 'completed'
  trace.note('TK-30', isCompleted ? 'completed in Outlook: it stays' : 'not completed: deleted')
  return isCompleted ? 'stays' : { notify: 'none' }
}

/** The mailbox's owner is the organizer: as was agreed when the item was made or linked, else as the item says. */
export function organizes(link: Pick<Link, 'organizes'> | undefined, item: Item | undefined): boolean {
  if (item?.kind === 'event' && item.role === 'attendee') return false
  return link?.organizes ?? item?.kind === 'event'
}

function ownerOf(record: RecordState | undefined): string | undefined {
  return typeof record === 'object' ? record.owner.id : undefined
}
