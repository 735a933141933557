import type { CalendarEvent, EventDetails } from './event.ts'
import { type Invitation, readInvitation } from './invitation.ts'
import type { MeetingMessage } from './message.ts'
import { viewOf } from './messageView.ts'
import { detailsOf, occurrenceOn, withException } from './series.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'
import { instantOf, localOf } from './zone.ts'

/** What a message means for the calendar of who got it: invitations stand there at once, answers at the attendee. */
export async function noteMeeting(world: World, user: User, mime: Uint8Array): Promise<MeetingMessage | undefined> {
  const { attachments } = await viewOf(mime)
  const part = attachments.find(({ contentType }) => contentType === 'text/calendar')
  const invitation = part && readInvitation(Buffer.from(part.content).toString('utf8'))
  if (!invitation) return undefined
  const known = eventOf(user, invitation.uid)
  const type = typeOf(invitation)
  const event =
    invitation.method === 'REPLY' ? replied(world, user, invitation, known) : invited(world, user, invitation, known)
  return { type, uid: invitation.uid, originalStart: invitation.originalStart, event: event?.id }
}

function eventOf({ mailbox }: User, uid: string): CalendarEvent | undefined {
  const items = mailbox.folders().flatMap(({ id, kind }) => (kind === 'event' ? mailbox.items(id) : []))
  return items.find((item): item is CalendarEvent => item.kind === 'event' && item.uid === uid)
}

function typeOf({ method, attendees }: Invitation): MeetingMessage['type'] {
  if (method === 'REQUEST') return 'request'
  if (method === 'CANCEL') return 'cancelled'
  const answer = attendees[0]?.answer
  return answer === 'declined' || answer === 'tentative' ? answer : 'accepted'
}

/** An answer is noted at the attendee, for the series or for one occurrence; one to an older time says nothing of this one. */
function replied(
  world: World,
  user: User,
  invitation: Invitation,
  event: CalendarEvent | undefined,
): CalendarEvent | undefined {
  const [from] = invitation.attendees
  if (!event?.mine || !from || invitation.sequence < event.sequence) return event
  const answered = world.clock.now()
  const attendees = event.attendees.map((each) =>
    each.address.toLowerCase() === from.address.toLowerCase() ? { ...each, answer: from.answer, answered } : each,
  )
  return user.mailbox.update<CalendarEvent>(event.id, changeOf(world, event, invitation, { attendees }))
}

/** An invitation or its cancellation; an older one than the calendar knows changes nothing. */
function invited(
  world: World,
  user: User,
  invitation: Invitation,
  event: CalendarEvent | undefined,
): CalendarEvent | undefined {
  if (event?.mine || (event && event.sequence > invitation.sequence)) return event
  const { method, sequence, recurrence } = invitation
  if (method === 'CANCEL') {
    if (!event) return undefined
    return user.mailbox.update<CalendarEvent>(event.id, {
      ...changeOf(world, event, invitation, { cancelled: true, subject: canceled(event.subject) }),
      sequence,
    })
  }
  const details = { ...detailsFrom(invitation), ...(event && answerKept(event, invitation)) }
  if (event)
    return user.mailbox.update<CalendarEvent>(event.id, {
      ...changeOf(world, event, invitation, details),
      ...(recurrence && { recurrence }),
      sequence,
    })
  return user.mailbox.add<CalendarEvent>(user.mailbox.wellKnown('calendar').id, {
    kind: 'event',
    ...details,
    uid: invitation.uid,
    sequence,
    organizer: invitation.organizer,
    mine: false,
    responseRequested: true,
    recurrence,
    exceptions: [],
    online: false,
    attachments: [],
  })
}

/** Who is told of something else than another time has answered already ([MS-OXOCAL] 2.2.6.5, informational updates). */
function answerKept(
  event: CalendarEvent,
  { originalStart, start, end, recurrence }: Invitation,
): Partial<EventDetails> {
  const isPart = originalStart !== undefined && event.recurrence !== undefined
  const was = isPart ? detailsOf(occurrenceOn(event, localOf(originalStart, event.start.zone))) : event
  const isSame =
    instantOf(was.start).getTime() === instantOf(start).getTime() &&
    instantOf(was.end).getTime() === instantOf(end).getTime() &&
    (isPart || JSON.stringify(event.recurrence) === JSON.stringify(recurrence))
  return isSame && !was.cancelled ? { answer: was.answer, answered: was.answered, showAs: was.showAs } : {}
}

function changeOf(world: World, event: CalendarEvent, { originalStart }: Invitation, change: Partial<EventDetails>) {
  if (!originalStart || !event.recurrence) return change
  const when = { local: localOf(originalStart, event.start.zone), zone: event.start.zone }
  const exceptions = withException(event, when, change.cancelled ? 'deleted' : change, world.clock.now())
  return { exceptions }
}

function canceled(subject: string): string {
  return subject.startsWith('Canceled: ') ? subject : `Canceled: ${subject}`
}

function detailsFrom(invitation: Invitation): EventDetails {
  const { subject, location, description, start, end, allDay, attendees } = invitation
  return {
    subject,
    location,
    body: { type: 'text', content: description },
    start,
    end,
    allDay,
    showAs: 'tentative',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: 15,
    attendees,
    answer: 'notResponded',
    cancelled: false,
  }
}
