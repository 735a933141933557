import type { Inexpressible } from '#calendar'
import type { CalendarItem, Item } from '#mailbox'
import type { Reference } from '#records'
import { readItem } from '../fields/read.ts'
import { cannotRepeat } from '../fields/recurrence.ts'
import { isEmptyPatch, patchItem } from '../fields/writeItem.ts'
import { changeRecord } from '../fields/writeRecord.ts'
import { tableOf } from '../match/seen.ts'
import { mergePairs } from '../merge/mergePairs.ts'
import { UNMERGED } from '../merge/merging.ts'
import type { ItemDeed, Pairing, RecordDeed } from '../model.ts'
import { allowedAttachments } from './attachments.ts'
import type { PlanContext } from './context.ts'
import { marking } from './marking.ts'
import { silent } from './notify.ts'
import { failed, isWritable, linkSeen, mapContextOf, type Planned } from './planned.ts'
import { allowedRegarding } from './regarding.ts'
import type { Trace } from './trace.ts'

type Create = Extract<RecordDeed, { do: 'create' }>

/** A tracked item that has no record becomes one (AP-50, AP-70, CT-2, TK-2). */
export function promote(pairing: Pairing, item: Item, context: PlanContext, trace: Trace): Planned {
  const table = tableOf(item)
  const obstacle = obstacleOf(item, context, trace)
  if (obstacle) return obstacle
  if (!context.privileges.create(table)) {
    trace.note('SE-14', `the user may create no ${table}`)
    return failed(
      'InsufficientPermission',
      `The mailbox’s user has no privilege to create a record of the table ${table}.`,
    )
  }
  const map = mapContextOf(table, context)
  trace.note('AP-3', `tracked in the mailbox, and without a record: it becomes a record of the table ${table}`)
  const merged = context.countsOnly
    ? UNMERGED
    : mergePairs({
        table,
        context: map,
        directions: context.directions[table].create,
        item: readItem(item, table, map),
        itemModified: item.modified,
      })
  const regarding = allowedAttachments(
    { ...merged, ...allowedRegarding(merged, {}, context, trace) },
    {},
    context.settings,
    trace,
  )
  const change = changeRecord(table, regarding.toRecord, undefined, map)
  const id = context.newId()
  const key = context.newId()
  const owned = ownership(item, context, trace)
  const ownerid = ownerOf(item, context, trace)
  const record: Create = {
    do: 'create',
    table,
    id,
    change: { ...change, values: { ...change.values, ...identityOf(item), ownerid } },
    // MO-15, MO-16: a person said so; what is tracked by the App ignores conflicts anyway (AP-53).
    ignoreConflicts: isYes(pairing, 'schedulingConflict') || item.marks.state === 'pending',
    ignoreDuplicates: isYes(pairing, 'duplicate'),
    ...owned,
  }
  const link = { table, recordId: id }
  const marks = marking({ ...link, key }, item, patchItem(table, merged.toItem, item, map), context)
  const pairs = Object.keys(merged.toItem)
  const written: ItemDeed = { do: 'update', patch: marks.patch, notify: silent(context), pairs }
  const isWritten = !isEmptyPatch(marks.patch) && isWritable(item, context, trace)
  return {
    ...(isWritten && { item: written }),
    record,
    link: {
      ...linkSeen(pairing, undefined, item, context),
      ...link,
      state: 'linked',
      key,
      agreed: regarding.agreed,
      ...(isWritten && { categorized: marks.categorized }),
      ownerId: ownerid.id,
    },
    ...(regarding.failure && { failure: regarding.failure }),
  }
}

function obstacleOf(item: Item, context: PlanContext, trace: Trace): Planned | undefined {
  if (item.kind === 'task' && item.recurrence) {
    trace.note('TK-10', 'recurring tasks are not synchronized')
    return {}
  }
  if (item.kind !== 'event') return undefined
  if (item.cancelled && item.role === 'attendee') {
    trace.note('AP-54', 'its organizer has called it off: nothing is made of it')
    return {}
  }
  const cannot = cannotRepeat(item, mapContextOf('recurringappointmentmaster', context))
  if (cannot !== undefined) return unsupportedRecurrence(cannot, trace)
  if (item.role !== 'attendee' || context.settings.trackFromNonOrganizer) return undefined
  const isInternal = context.partyOf(item.organizer?.address ?? '')?.table === 'systemuser'
  trace.note(
    'AP-56',
    isInternal ? 'only its organizer may track it' : 'the organizer is outside: attendees may track it',
  )
  if (!isInternal) return undefined
  return failed('InsufficientPermission', 'Only the organizer may track a meeting here. Ask the organizer to track it.')
}

/** AP-75 */
export function unsupportedRecurrence({ cannot: why, unknownZone }: Inexpressible, trace: Trace): Planned {
  trace.note('AP-75', why)
  if (unknownZone)
    return failed(
      'TimeZoneNotConvertible',
      `The series cannot be understood without ${why}. It stays as it is; save it once in Outlook, which then writes them down.`,
    )
  return failed(
    'UnsupportedRecurrence',
    `The CRM has no such recurrence: ${why}. The item stays as it is; choose another recurrence for it, or stop tracking it.`,
  )
}

/** By which the record is found by the others who take part (AP-57, B-60). */
export function identityOf(item: Item): { globalobjectid?: string; recurrenceid?: string } {
  if (item.kind !== 'event' || item.uid === undefined || item.uid.length > 300) return {}
  return { globalobjectid: item.uid, recurrenceid: item.recurrenceId ?? 'series' }
}

/** AP-55 */
function ownerOf(item: Item, { owner, partyOf }: PlanContext, trace: Trace): Reference {
  const self = { table: 'systemuser', id: owner.userId }
  if (item.kind !== 'event' || item.role !== 'attendee') return self
  const organizer = item.organizer && partyOf(item.organizer.address)
  const isUser = organizer?.table === 'systemuser'
  trace.note('AP-55', isUser ? 'the organizer, a user, owns it' : 'who tracks it owns it')
  return isUser ? organizer : self
}

/** AP-55, SE-18: what somebody else's meeting becomes is SYSTEM's, and readable by the users who take part. */
function ownership(item: Item, { settings, partyOf }: PlanContext, trace: Trace): Pick<Create, 'creator' | 'readers'> {
  if (item.kind !== 'event' || item.role !== 'attendee' || settings.noImplicitSharing) return {}
  const readers = invitedUsers(item, partyOf)
  trace.note('SE-18', `created by SYSTEM, and shared with ${readers.length} users who take part`)
  return { creator: 'system', readers }
}

function invitedUsers({ fields, organizer }: CalendarItem, partyOf: PlanContext['partyOf']): string[] {
  const people = [...(organizer ? [organizer] : []), ...(fields.attendees ?? [])]
  const users = people.flatMap(({ address }) => partyOf(address) ?? []).filter(({ table }) => table === 'systemuser')
  return [...new Set(users.map(({ id }) => id))]
}

function isYes({ answer }: Pairing, question: NonNullable<Pairing['answer']>['question']): boolean {
  return answer?.question === question && answer.yes
}
