import type { Link, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { hasStarted, isClosed, isMeetingTable, isOwnerOfMailbox, organizerOf } from './meeting.ts'
import type { Trace } from './trace.ts'

/** What becomes of a record whose item was deleted in the mailbox; `refused`: it would be deleted, and the user may not. */
export function recordDeletion(
  link: Link,
  record: RecordView,
  context: PlanContext,
  trace: Trace,
): 'deleted' | 'stays' | 'refused' {
  if (!isWanted(link, record, context, trace)) return 'stays'
  if (context.privileges.delete(record.table, record.id)) return 'deleted'
  trace.note('SE-15', 'the user may not delete the record: it stays')
  return 'refused'
}

function isWanted(link: Link, record: RecordView, context: PlanContext, trace: Trace): boolean {
  if (isMeetingTable(record.table)) return isMeetingWanted(link, record, context, trace)
  const { settings, owner } = context
  if (record.table === 'serviceappointment') {
    trace.note('AP-81', 'changes of a service activity in Outlook are not taken over')
    return false
  }
  if (record.table === 'contact') {
    const isOwner = record.owner.id === owner.userId
    const isDeleted = settings.contactDeletion === 'deleteIfOwner' && isOwner
    trace.note('CT-31', isDeleted ? 'the user owns the contact: deleted' : 'the contact stays in the CRM')
    return isDeleted
  }
  trace.note(
    'TK-31',
    settings.taskDeletion === 'delete' ? 'deleted with its task' : 'only unlinked, as the setting says',
  )
  return settings.taskDeletion === 'delete'
}

/** AP-54; whether a series began in the past does not matter. */
function isMeetingWanted(link: Link, record: RecordView, context: PlanContext, trace: Trace): boolean {
  const reasons = [
    isClosed(record) && 'completed or canceled',
    record.table === 'appointment' && hasStarted(record, context.now) && 'past',
    !isOwn(link, record, context) && 'not the user’s own meeting',
  ].filter((reason) => reason !== false)
  trace.note('AP-54', reasons.length > 0 ? `${reasons.join(', ')}: the record stays` : 'own and to come: deleted')
  return reasons.length === 0
}

/** An appointment without attendees names no organizer in many calendars: there the record says whose it is. */
function isOwn({ organizes }: Link, record: RecordView, context: PlanContext): boolean {
  if (organizes !== undefined) return organizes
  const organizer = organizerOf(record)
  return organizer ? isOwnerOfMailbox(organizer, context) : record.owner.id === context.owner.userId
}
