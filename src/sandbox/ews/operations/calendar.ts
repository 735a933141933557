import {
  type Answer,
  addEvent,
  answerEvent,
  type CalendarEvent,
  changeEvent,
  type Item,
  isDelegateOf,
  type MeetingAct,
  newUid,
  removeEvent,
  type User,
} from '../../model/index.ts'
import { type Call, calendarOf } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { itemOf } from '../itemIds.ts'
import { type CalendarView, occurrenceAt } from '../occurrences.ts'
import type { ItemTarget } from '../targets.ts'
import { applyElements } from '../writing/apply.ts'
import { blankEvent, CalendarDraft, calendarSetters, setCalendarProperty } from '../writing/calendar.ts'
import { type Content, child, type Element, textOf } from '../xml.ts'
import { idsOf, NO_ITEMS } from './items.ts'
import { savedIn } from './savedIn.ts'
import { applyUpdates } from './updates.ts'

/** An act upon the calendar of somebody; `sends` tells whether the others hear of it. */
function actOf(call: Call, user: User, sends: string | undefined, comment?: string): MeetingAct {
  const notify = sends !== undefined && sends !== 'SendToNone'
  // Who has full access writes as the owner; a delegate on the owner's behalf.
  const by = isDelegateOf(call.user, user) ? call.user : undefined
  return { world: call.world, user, by, notify, onlyChanged: sends?.includes('Changed') === true, comment }
}

/** The zone of times that come without one. */
function zoneOf(call: Call): string {
  return call.timeZone ?? 'UTC'
}

/** Creates an appointment, and invites its attendees when the request says so. */
export async function createEvent(call: Call, request: Element, element: Element): Promise<Content> {
  const sends = request.attributes.get('SendMeetingInvitations')
  if (!sends) throw new EwsFailure('ErrorSendMeetingInvitationsRequired')
  const given = savedIn(call, request)
  const owner = given?.owner ?? call.user
  const { world } = call
  const person = { name: owner.name, address: owner.address }
  const draft = blankEvent(world.clock.now(), person, newUid(world), zoneOf(call))
  applyElements(draft, element, calendarSetters)
  const folder = given?.folder ?? owner.mailbox.wellKnown('calendar')
  const made = { ...draft.now, ...draft.settled(zoneOf(call)) }
  const item = await addEvent(actOf(call, owner, sends), folder.id, made)
  return idsOf(call, { owner, item })
}

/** Changes an appointment, a series, or one occurrence of it. */
export async function updateEvent(
  call: Call,
  request: Element,
  { owner, item }: ItemTarget & { item: CalendarView },
  updates: readonly Element[],
): Promise<Content> {
  const sends = request.attributes.get('SendMeetingInvitationsOrCancellations')
  if (!sends) throw new EwsFailure('ErrorSendMeetingInvitationsOrCancellationsRequired')
  const draft = new CalendarDraft(item, false)
  applyUpdates(draft, updates, calendarSetters, (property, value) => setCalendarProperty(draft, property, value))
  const patch = draft.settled(zoneOf(call))
  if (item.occurrence && patch.recurrence) throw new EwsFailure('ErrorInvalidPropertySet')
  const originalStart = item.occurrence?.originalStart
  const event = await changeEvent(actOf(call, owner, sends), item.id, patch, { originalStart })
  const changed = originalStart ? occurrenceAt(event, originalStart.local.slice(0, 10)) : event
  return idsOf(call, { owner, item: changed })
}

/** Deletes an appointment, a series, or one occurrence of it. */
export async function deleteEvent(call: Call, request: Element, { owner, item }: ItemTarget & { item: CalendarView }) {
  const sends = request.attributes.get('SendMeetingCancellations')
  if (!sends) throw new EwsFailure('ErrorSendMeetingCancellationsRequired')
  const forGood = request.attributes.get('DeleteType') === 'HardDelete'
  await removeEvent(actOf(call, owner, sends), item.id, item.occurrence?.originalStart, forGood)
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  AcceptItem: 'accepted',
  TentativelyAcceptItem: 'tentative',
  DeclineItem: 'declined',
}

const ORGANIZERS: Readonly<Record<string, string>> = {
  AcceptItem: 'ErrorCalendarIsOrganizerForAccept',
  TentativelyAcceptItem: 'ErrorCalendarIsOrganizerForTentative',
  DeclineItem: 'ErrorCalendarIsOrganizerForDecline',
}

/** Accepts, declines or says perhaps, to an invitation or an appointment; or cancels a meeting of one's own. */
export async function respond(call: Call, request: Element, element: Element): Promise<Content> {
  const disposition = request.attributes.get('MessageDisposition')
  if (!disposition) throw new EwsFailure('ErrorMessageDispositionRequired')
  const { owner, item } = itemOf(call, child(element, 'ReferenceItemId') as Element)
  const { calendar, event } = meetingOf(call, owner, item)
  const sends = disposition === 'SaveOnly' ? undefined : disposition
  const act = actOf(call, calendar, sends, textOf(element, 'Body'))
  if (element.name === 'CancelCalendarItem') {
    if (!event.mine) throw new EwsFailure('ErrorCalendarIsNotOrganizer')
    await removeEvent(act, event.id, event.occurrence?.originalStart)
    return NO_ITEMS.empty
  }
  if (event.mine) throw new EwsFailure(ORGANIZERS[element.name] ?? 'ErrorCalendarIsOrganizerForAccept')
  await answerEvent(act, event.id, ANSWERS[element.name] as Answer, event.occurrence?.originalStart)
  // Exchange clears an invitation away once it is answered.
  if (item.kind === 'message' && owner.mailbox.has(item.id)) owner.mailbox.delete(item.id)
  const now = calendar.mailbox.has(event.id) ? calendar.mailbox.item(event.id) : undefined
  return now ? idsOf(call, { owner: calendar, item: now }) : NO_ITEMS.empty
}

/** The meeting, and in whose calendar: what a delegate got is about that of the owner. */
function meetingOf(call: Call, owner: User, item: Item): { calendar: User; event: CalendarView } {
  if (item.kind === 'event') return { calendar: owner, event: item }
  const calendar = calendarOf(call, owner, item)
  const id = item.kind === 'message' ? item.meeting?.event : undefined
  if (id === undefined || !calendar.mailbox.has(id)) throw new EwsFailure('ErrorItemNotFound')
  return { calendar, event: calendar.mailbox.item(id) as CalendarEvent }
}
