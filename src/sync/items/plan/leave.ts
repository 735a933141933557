import type { Item, NotifyWhom } from '#mailbox'
import type { DeedCause, ItemDeed, Link, Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { directionsNow, without } from './directions.ts'
import { itemDeletion } from './itemDeletion.ts'
import { notifyOfRemoval } from './notify.ts'
import { failed, isWritable, linkSeen, mapContextOf, type Planned } from './planned.ts'
import type { Trace } from './trace.ts'
import { isTurned } from './turn.ts'
import { unmarked } from './unmark.ts'
import { itemDeed } from './update.ts'
import { agreedButFor, mergeBoth, readBoth } from './values.ts'

/** The record is gone: what becomes of its item (AP-5, physical). What stays is nobody's from then on (AP-94). */
export function recordGone({ link }: { link: Link }, item: Item, context: PlanContext, trace: Trace): Planned {
  trace.note('AP-5', 'the record was deleted')
  const fate = itemDeletion(link, 'gone', item, 'physical', context, trace)
  const writable = isWritable(item, context, trace)
  if (fate !== 'stays') return writable ? removal(item, fate.notify, 'recordGone', context) : untilOpened(link, trace)
  return { ...(writable && { item: unmarked(item, context) }), link: 'none', cause: 'recordGone' }
}

/**
 * The record exists, and filters or rights do not return it any more (AP-92): its last changes are written to the item,
 * then its fate is decided (AP-93). An item that stays waits for the record to come back (AP-94).
 */
export function recordLeft(
  pairing: Pairing & { link: Link },
  record: RecordView | undefined,
  item: Item,
  cause: DeedCause,
  context: PlanContext,
  trace: Trace,
): Planned {
  trace.note('AP-92', CAUSES[cause] ?? cause)
  const { link } = pairing
  const writable = isWritable(item, context, trace)
  const pending =
    record && writable && !isTurned(record, item) ? pendingOf(pairing, record, item, context, trace) : undefined
  const after = pending?.completed ?? item
  const fate = itemDeletion(link, record ?? 'unreadable', after, 'logical', context, trace)
  if (fate !== 'stays' && writable) return removal(item, fate.notify, cause, context)
  if (!writable) return untilOpened(link, trace)
  trace.note('AP-94', 'the link sleeps until the record is returned again')
  return {
    ...(pending?.deed && { item: pending.deed }),
    link: {
      ...linkSeen(pairing, record, item, context),
      state: 'dormant',
      returned: false,
      ...(pending && { agreed: pending.agreed }),
    },
    cause,
  }
}

/** Nothing is over for a folder that takes no changes now: once it does, it is decided anew what becomes of its items. */
function untilOpened({ returned }: Link, trace: Trace): Planned {
  trace.note('AP-2', 'it waits until the folder takes changes')
  return { link: { state: 'linked', returned } }
}

/** The meeting is deleted by our own will, and told as the rules say. */
function removal(item: Item, wanted: NotifyWhom, cause: DeedCause, context: PlanContext): Planned {
  const notify = notifyOfRemoval(item, wanted, context)
  if (notify === undefined)
    return failed('ItemRefused', 'The mail server would tell the attendees. Delete the meeting in Outlook instead.')
  return { item: { do: 'remove', notify }, link: 'none', cause }
}

/** AP-40: canceled in the CRM, and the organizer's mailbox takes the meeting back. */
export function cancel(
  item: Item,
  isPast: boolean,
  hasAttendees: boolean,
  context: PlanContext,
  trace: Trace,
): Planned {
  if (!isWritable(item, context, trace)) return {}
  const isTold = hasAttendees && !isPast
  trace.note(
    'AP-40',
    `canceled in the CRM: the meeting is deleted, ${isTold ? 'attendees are told' : 'nobody is told'}`,
  )
  return removal(item, isTold ? 'all' : 'none', 'cancelled', context)
}

const CAUSES: Partial<Record<DeedCause, string>> = {
  leftFilters: 'no filter returns the record any more',
  accessLost: 'the user may not read the record any more',
  organizerChanged: 'another user, whose mailbox synchronizes, is the organizer now',
}

interface Pending {
  deed?: ItemDeed
  agreed: Link['agreed']
  /** The item as it is with the deed, where that decides its fate. */
  completed?: Item
}

/** AP-93 */
function pendingOf(
  pairing: Pairing & { link: Link },
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Pending {
  const map = mapContextOf(record.table, context)
  const directions = without(directionsNow(pairing, record, item, context, trace), 'toRecord')
  const values = readBoth(record, item, map)
  const merged = mergeBoth(record, item, values, directions, pairing.link.agreed, map)
  const agreed = agreedButFor(merged, values, pairing.link.agreed)
  const deed = itemDeed(pairing.link, record, item, merged.toItem, map, context, trace)
  if (deed === undefined || deed === 'loud') return { agreed: deed ? pairing.link.agreed : agreed }
  const status = item.kind === 'task' && deed.patch.kind === 'task' ? deed.patch.set?.status : undefined
  const completed =
    item.kind === 'task' && status !== undefined ? { ...item, fields: { ...item.fields, status } } : undefined
  return { deed, agreed, ...(completed && { completed }) }
}
