import type { Item } from '#mailbox'
import type { RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { keepForeign } from './foreign.ts'
import { organizes } from './itemDeletion.ts'
import { itemGone } from './itemGone.ts'
import { cancel, recordGone, recordLeft } from './leave.ts'
import { hasAttendees, isAnotherSynchronizing, isCanceled, isMeetingTable, isPast, organizerOf } from './meeting.ts'
import { isNotGiven, notGiven } from './notGiven.ts'
import type { Planned } from './planned.ts'
import { returnedNow } from './planned.ts'
import { reopened } from './reopened.ts'
import { type Linked, sidesOf } from './sides.ts'
import { tellOfSuccessor } from './successor.ts'
import { awaitFormer, takeOver } from './takeOver.ts'
import type { Trace } from './trace.ts'
import { isUntracked, untracked } from './untrack.ts'
import { update } from './update.ts'

/** Two sides that are linked: deletions before changes (AP-13), each by the rules of its type. */
export function planLinked(pairing: Linked, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  if (pairing.record === 'gone' && pairing.item === 'gone') {
    trace.note('AP-5', 'both sides are gone')
    return { link: 'none' }
  }
  if (isNotGiven(pairing)) return notGiven(trace)
  if (pairing.item === 'gone') {
    if (record) return itemGone(pairing, record, context, trace)
    if (pairing.record === undefined) throw incomplete(pairing, 'record')
    trace.note('SE-11', 'deleted in the mailbox, and the user may not read the record any more')
    return { link: 'none', cause: 'itemGone' }
  }
  if (!item) return ofUnseenItem(pairing)
  if (pairing.record === 'gone') return recordGone(pairing, item, context, trace)
  if (isUntracked(pairing, item, context)) return untracked(pairing, record, item, context, trace)
  if (pairing.record === 'unreadable') return recordLeft(pairing, undefined, item, 'accessLost', context, trace)
  if (!record) throw incomplete(pairing, 'record')
  if (hasLeft(pairing)) {
    const left =
      reopened(pairing, record, item, context, trace) ??
      recordLeft(pairing, record, item, 'leftFilters', context, trace)
    return tellOfSuccessor(left, pairing, record, item, context)
  }
  const own =
    takeOver(pairing, record, item, context, trace) ??
    awaitFormer(pairing, record, item, context, trace) ??
    planMeeting(pairing, record, item, context, trace)
  if (own) return own
  const updated = keepForeign(update(pairing, record, item, context, trace), pairing, record, item, context, trace)
  return tellOfSuccessor(updated, pairing, record, item, context)
}

/** SF-17: what no filter ever returned cannot leave them. */
function hasLeft(pairing: Linked): boolean {
  return pairing.link.returnedEver && pairing.link.returned && !returnedNow(pairing)
}

/** What only happens to meetings of the mailbox's owner. */
function planMeeting(
  pairing: Linked,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if (item.kind !== 'event' || !isMeetingTable(record.table) || !organizes(pairing.link, item)) return undefined
  const organizer = organizerOf(record)
  if (organizer && isAnotherSynchronizing(organizer, context)) {
    trace.note('AP-43', 'the organizer has changed')
    return recordLeft(pairing, record, item, 'organizerChanged', context, trace)
  }
  if (!isCanceled(record) || !context.settings.propagateCancellations) return undefined
  return cancel(item, isPast(item, context.now), hasAttendees(item.fields), context, trace)
}

/** Nothing was seen of either side; or a side changed and the other was not brought along. */
function ofUnseenItem(pairing: Linked): undefined {
  const isQuiet = pairing.record === undefined && (pairing.filters === undefined || pairing.filters.length > 0)
  if (isQuiet && pairing.untrack === undefined) return undefined
  throw incomplete(pairing, 'item')
}

function incomplete({ link }: Linked, side: string): TypeError {
  return new TypeError(`The pairing of ${link.table} ${link.recordId} is to be decided, and its ${side} was not read.`)
}
