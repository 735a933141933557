import {
  applyPatch,
  type CalendarItem,
  type EventPatch,
  type Item,
  isTold,
  type NewItem,
  type NotifyWhom,
} from '#mailbox'
import type { PairValues } from '../model.ts'
import type { PlanContext } from './context.ts'
import { hasAttendees, isPast } from './meeting.ts'
import type { Trace } from './trace.ts'

/** Pairs whose change attendees are told of (AP-36). */
const SENSITIVE = new Set([
  'subject',
  'body',
  'location',
  'time',
  'requiredAttendees',
  'organizer',
  'showAs',
  'importance',
  'recurrence',
  'occurrences',
])

/** Whom the mail server tells of a new meeting (AP-35); undefined: it cannot keep silent, so that it must not be made. */
export function notifyOfNew(
  item: NewItem,
  { organizes, isClosed }: { organizes: boolean; isClosed: boolean },
  context: PlanContext,
  trace: Trace,
): NotifyWhom | undefined {
  if (item.kind !== 'event' || !hasAttendees(item.fields)) return silent(context)
  const reasons = [!organizes && 'not the organizer', isPast(item, context.now) && 'past', isClosed && 'closed'].filter(
    (reason) => reason !== false,
  )
  trace.note('AP-35', reasons.length > 0 ? `nobody is invited: ${reasons.join(', ')}` : 'attendees are invited')
  return possible(reasons.length > 0 ? 'none' : 'all', context)
}

/** Whom it tells of a change (AP-36); those who are added or taken off alone where nothing else changes. */
export function notifyOfChange(
  item: CalendarItem,
  patch: EventPatch,
  toItem: PairValues,
  organizes: boolean,
  context: PlanContext,
  trace: Trace,
): NotifyWhom | undefined {
  const after = applyPatch(item, patch)
  if (!hasAttendees(item.fields) && !hasAttendees(after.fields)) return silent(context)
  if (!organizes && item.role !== 'organizer') return silent(context)
  const changed = Object.keys(toItem).filter((pair) => SENSITIVE.has(pair))
  const reasons = [
    !organizes && 'not the organizer',
    isPast(after, context.now) && 'past',
    changed.length === 0 && 'nothing that concerns attendees has changed',
  ].filter((reason) => reason !== false)
  trace.note('AP-36', reasons.length > 0 ? `nobody is told: ${reasons.join(', ')}` : `told of ${changed.join(', ')}`)
  // A server that always tells attendees tells them nothing of what is the organizer's own.
  if (reasons.length > 0) return isTold(item, patch) ? possible('none', context) : silent(context)
  const isOnlyPeople = changed.every((pair) => pair === 'requiredAttendees')
  return possible(isOnlyPeople ? 'changed' : 'all', context)
}

/** Whom it tells of a deletion; undefined: it cannot keep silent. Who deletes what has no attendees tells nobody anyway. */
export function notifyOfRemoval(item: Item, wanted: NotifyWhom, context: PlanContext): NotifyWhom | undefined {
  return item.kind === 'event' && hasAttendees(item.fields) ? possible(wanted, context) : silent(context)
}

/** What comes nearest to it and tells nobody who need not know. */
function possible(wanted: NotifyWhom, { can }: Pick<PlanContext, 'can'>): NotifyWhom | undefined {
  if (can.notify.includes(wanted)) return wanted
  if (wanted === 'changed' && can.notify.includes('all')) return 'all'
  return wanted !== 'none' && can.notify.includes('none') ? 'none' : undefined
}

/** For what nobody would be told of anyway. */
export function silent({ can }: Pick<PlanContext, 'can'>): NotifyWhom {
  return can.notify.includes('none') ? 'none' : (can.notify[0] ?? 'none')
}

export const CANNOT_BE_SILENT =
  'The mail server would tell the attendees of a change that they are not to be told of. Change the meeting in Outlook instead.'
