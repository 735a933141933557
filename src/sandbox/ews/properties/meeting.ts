import { type CalendarEvent, instantOf, type MeetingMessage, type Message } from '../../model/index.ts'
import { EMPTY } from '../xml.ts'
import { attendees, SHOWN } from './calendar.ts'
import { dateTime, mailbox, type Property, type Subject } from './property.ts'

const RESPONSES: Readonly<Record<MeetingMessage['type'], string>> = {
  request: 'NoResponseReceived',
  cancelled: 'NoResponseReceived',
  accepted: 'Accept',
  tentative: 'Tentative',
  declined: 'Decline',
}

/** A property of the meeting, as the calendar of the mailbox has it. */
const ofEvent = (
  uri: string,
  element: string,
  read: (event: CalendarEvent, subject: Subject<Message>) => ReturnType<Property['read']>,
): Property<Message> => ({
  uri,
  element,
  shape: 'AllProperties',
  read: (subject) => (subject.meeting ? read(subject.meeting, subject) : undefined),
})

/** Only invitations tell all of the meeting. */
const ofRequest: typeof ofEvent = (uri, element, read) => {
  const property = ofEvent(uri, element, read)
  return {
    ...property,
    read: (subject) => (subject.item.meeting?.type === 'request' ? property.read(subject) : undefined),
  }
}

const ofMessage = (
  uri: string,
  element: string,
  read: (meeting: MeetingMessage) => ReturnType<Property['read']>,
): Property<Message> => ({
  uri,
  element,
  shape: 'AllProperties',
  read: ({ item }) => item.meeting && read(item.meeting),
})

/** What invitations, their answers and cancellations have beside what messages have. */
export const meetingProperties: readonly Property<Message>[] = [
  {
    uri: 'meeting:AssociatedCalendarItemId',
    element: 'AssociatedCalendarItemId',
    shape: 'Default',
    attributes: ({ meeting }) => ({ Id: meeting?.entryId ?? '', ChangeKey: meeting?.changeKey ?? '' }),
    read: ({ item, meeting }) => (item.meeting && meeting ? EMPTY : undefined),
  },
  ofMessage('meeting:IsDelegated', 'IsDelegated', ({ principal }) => principal !== undefined),
  ofMessage('meeting:IsOutOfDate', 'IsOutOfDate', () => false),
  ofMessage('meeting:HasBeenProcessed', 'HasBeenProcessed', () => true),
  ofMessage('meeting:ResponseType', 'ResponseType', ({ type }) => RESPONSES[type]),
  ofMessage('calendar:UID', 'UID', ({ uid }) => uid),
  ofMessage('calendar:RecurrenceId', 'RecurrenceId', ({ originalStart }) => dateTime(originalStart)),
  ofRequest('meetingRequest:MeetingRequestType', 'MeetingRequestType', ({ sequence }) =>
    sequence > 0 ? 'FullUpdate' : 'NewMeetingRequest',
  ),
  ofRequest('meetingRequest:IntendedFreeBusyStatus', 'IntendedFreeBusyStatus', () => 'Busy'),
  ofEvent('calendar:Start', 'Start', ({ start }) => dateTime(instantOf(start))),
  ofEvent('calendar:End', 'End', ({ end }) => dateTime(instantOf(end))),
  ofEvent('calendar:Location', 'Location', ({ location }) => location || undefined),
  ofRequest('calendar:IsAllDayEvent', 'IsAllDayEvent', ({ allDay }) => allDay),
  ofRequest('calendar:LegacyFreeBusyStatus', 'LegacyFreeBusyStatus', ({ showAs }) => SHOWN[showAs]),
  ofRequest('calendar:IsMeeting', 'IsMeeting', () => true),
  ofRequest('calendar:IsCancelled', 'IsCancelled', ({ cancelled }) => cancelled),
  ofRequest('calendar:Organizer', 'Organizer', ({ organizer }, { isInternal }) => mailbox(organizer, isInternal)),
  ofRequest('calendar:RequiredAttendees', 'RequiredAttendees', (item, { isInternal }) =>
    attendees('required')({ item, isInternal }),
  ),
  ofRequest('calendar:OptionalAttendees', 'OptionalAttendees', (item, { isInternal }) =>
    attendees('optional')({ item, isInternal }),
  ),
]
