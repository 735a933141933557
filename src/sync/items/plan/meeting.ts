import { type Local, localOf, occurrences } from '#calendar'
import type { CalendarItem, EventFields, Item, NewEvent } from '#mailbox'
import { PARTICIPATION } from '#records'
import type { ItemTable, Pairing, PartyView, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { returnedNow } from './planned.ts'

/** What is asked of meetings again and again. */

const CLOSED = new Set([1, 2])
const CANCELED = 2

export type Meeting = Pick<CalendarItem, 'fields' | 'series'> | Pick<NewEvent, 'fields' | 'series'>

/** Its start is past; of a series: nothing of it is to come, so that a running one is no past meeting. */
export function isPast({ fields, series }: Meeting, now: Date): boolean {
  const wall = localOf(now.getTime(), fields.time.zone)
  if (!series || 'cannot' in series) return fields.time.start <= wall
  const moved = series.exceptions.filter((exception) => exception.fields.time !== undefined)
  if (moved.some((exception) => (exception.fields.time?.start ?? '') > wall)) return false
  if ((series.added ?? []).some((start) => start > wall)) return false
  const { end } = series.recurrence
  if (!end) return false
  const gone = new Set<Local>([...series.cancelled, ...moved.map(({ originalStart }) => originalStart)])
  for (const start of occurrences(series.recurrence, fields.time.start)) {
    if (start > wall && !gone.has(start)) return false
  }
  return true
}

/** Somebody but the organizer is invited; rooms are nobody. */
export function hasAttendees({ attendees = [] }: Pick<EventFields, 'attendees'>): boolean {
  return attendees.length > 0
}

export function isMeetingTable(table: ItemTable): boolean {
  return table === 'appointment' || table === 'recurringappointmentmaster'
}

/** What a meeting says to all who take part alike. */
const COMMON = new Set([
  'subject',
  'body',
  'location',
  'importance',
  'time',
  'requiredAttendees',
  'recurrence',
  'occurrences',
])

export const isCommon = (pair: string): boolean => COMMON.has(pair)

/** Completed or canceled (AP-52, AP-54). */
export function isClosed({ row }: Pick<RecordView, 'row'>): boolean {
  return CLOSED.has(Number(row['statecode'] ?? 0))
}

export function isCanceled({ row }: Pick<RecordView, 'row'>): boolean {
  return Number(row['statecode'] ?? 0) === CANCELED
}

/** `past`: as `isPast` of an item, for a single appointment of the CRM. */
export function hasStarted({ row }: Pick<RecordView, 'row'>, now: Date): boolean {
  const start = row['scheduledstart']
  return start instanceof Date && start <= now
}

/** The party in the role of organizer (AP-32). */
export function organizerOf({ parties }: Pick<RecordView, 'parties'>): PartyView | undefined {
  return parties.find(({ role }) => role === PARTICIPATION.organizer)
}

export function isOwnerOfMailbox(party: PartyView, { owner }: Pick<PlanContext, 'owner'>): boolean {
  if (party.party?.table === 'systemuser') return party.party.id === owner.userId
  return party.address !== undefined && owner.addresses.includes(party.address)
}

/** The owner's own meeting, which another user organizes in the CRM whose mailbox synchronizes (AP-43). */
export function isTakenOver({ link, record }: Pick<Pairing, 'link' | 'record'>, context: PlanContext): boolean {
  if (!link?.organizes || typeof record !== 'object' || !isMeetingTable(record.table)) return false
  const organizer = organizerOf(record)
  return organizer !== undefined && isAnotherSynchronizing(organizer, context)
}

const INVITED: ReadonlySet<number> = new Set([PARTICIPATION.required, PARTICIPATION.optional])

/** Somebody but the mailbox's owner is invited by the record. */
export function invitesOthers({ parties }: Pick<RecordView, 'parties'>, context: Pick<PlanContext, 'owner'>): boolean {
  return parties.some((party) => INVITED.has(party.role) && !isOwnerOfMailbox(party, context))
}

/** Another user whose mailbox distributes the meeting (AP-31). */
export function isAnotherSynchronizing(party: PartyView, context: PlanContext): boolean {
  if (isOwnerOfMailbox(party, context)) return false
  const user = party.party ?? (party.address === undefined ? undefined : context.partyOf(party.address))
  return user?.table === 'systemuser' && user.id !== context.owner.userId && context.synchronizingUsers.has(user.id)
}

/**
 * An attendee's copy whose organizer's mailbox is synchronized, and has not linked the meeting yet: what the CRM says comes
 * to everybody with that mailbox alone (AP-31).
 */
export function awaitsOrganizer(
  { linkedByOrganizer = false }: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
): boolean {
  const isCopy = item.kind === 'event' && item.role === 'attendee' && isMeetingTable(record.table)
  const organizer = isCopy && !linkedByOrganizer ? organizerOf(record) : undefined
  return organizer !== undefined && isAnotherSynchronizing(organizer, context)
}

/** The owner’s invitation to a meeting to come, which the owner organizes in the CRM (AP-43). */
export function isHandedOver(
  pairing: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
): item is CalendarItem {
  if (item.kind !== 'event' || !isMeetingTable(record.table)) return false
  if (item.role !== 'attendee' || isPast(item, context.now)) return false
  const organizer = organizerOf(record)
  return !!organizer && isOwnerOfMailbox(organizer, context) && returnedNow(pairing) && !isClosed(record)
}
