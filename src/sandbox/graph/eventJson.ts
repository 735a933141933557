import type * as graph from '@microsoft/microsoft-graph-types'
import {
  type Answer,
  type CalendarEvent,
  type EventDetails,
  instantOf,
  localOf,
  type Occurrence,
  occurrenceId,
  occurrenceOn,
  type When,
  zoneDefinition,
} from '../model/index.ts'
import { GraphError } from './error.ts'
import { expandedProperties } from './expandedProperties.ts'
import type { Entity } from './filter.ts'
import { instant } from './instant.ts'
import { recipient } from './messageJson.ts'
import type { Query } from './query.ts'
import { recurrenceJson } from './recurrenceJson.ts'
import { etagOf, type GraphRequest, prefers, wantsImmutable, writtenId } from './request.ts'

/** A single event or the master of a series. */
export function eventJson(
  request: GraphRequest,
  event: CalendarEvent,
  { select, expand }: Pick<Query, 'select' | 'expand'>,
): Entity {
  const exceptions = /\bexceptionOccurrences\b/.test(expand) && exceptionsOf(event)
  return {
    ...common(request, event, event, event.modified),
    id: idOf(request, event),
    type: event.recurrence ? 'seriesMaster' : 'singleInstance',
    seriesMasterId: null,
    recurrence: event.recurrence ? recurrenceJson(event.recurrence, event.start.zone.split('#')[0] ?? '') : null,
    ...(exceptions && { exceptionOccurrences: exceptions.map((each) => occurrenceJson(request, each)) }),
    ...(select?.has('cancelledOccurrences') && { cancelledOccurrences: cancelledOf(request, event) }),
    ...expandedProperties([...event.properties, ...zoneDefinition(event)], expand),
  } satisfies graph.Event & Entity
}

/** One time of an event, with everything its series has. */
export function occurrenceJson(request: GraphRequest, occurrence: Occurrence): Entity {
  const { event, type, originalStart } = occurrence
  if (type === 'single') return eventJson(request, event, { select: undefined, expand: '' })
  return {
    ...common(request, event, occurrence, modifiedOf(occurrence)),
    id: occurrenceIdOf(request, event, originalStart.local),
    type,
    seriesMasterId: idOf(request, event),
    originalStart: instant(instantOf(originalStart)),
    occurrenceId: `OID.${idOf(request, event)}.${originalStart.local.slice(0, 10)}`,
    recurrence: null,
  } satisfies graph.Event & Entity
}

function common(request: GraphRequest, event: CalendarEvent, details: EventDetails, modified: Date) {
  const { subject, body, location, start, end, allDay, attendees, answer, answered } = details
  return {
    '@odata.etag': etagOf(event),
    createdDateTime: event.created.toISOString(),
    lastModifiedDateTime: modified.toISOString(),
    changeKey: event.changeKey,
    categories: [...event.categories],
    transactionId: event.transactionId ?? null,
    originalStartTimeZone: start.zone.split('#')[0] ?? start.zone,
    originalEndTimeZone: end.zone.split('#')[0] ?? end.zone,
    iCalUId: event.uid,
    uid: event.uid,
    reminderMinutesBeforeStart: details.reminder ?? 15,
    isReminderOn: details.reminder !== undefined,
    hasAttachments: event.attachments.length > 0,
    subject,
    bodyPreview: previewOf(body),
    importance: details.importance,
    sensitivity: details.sensitivity,
    isAllDay: allDay,
    isCancelled: details.cancelled,
    isOrganizer: event.mine,
    responseRequested: event.responseRequested,
    showAs: details.showAs,
    webLink: `https://outlook.office365.com/owa/?itemid=${encodeURIComponent(event.entryId)}&exvsurl=1&path=/calendar/item`,
    onlineMeetingUrl: event.onlineUrl ?? null,
    isOnlineMeeting: event.online,
    onlineMeetingProvider: event.online ? 'teamsForBusiness' : 'unknown',
    onlineMeeting: event.online ? { joinUrl: event.onlineUrl ?? null } : null,
    allowNewTimeProposals: true,
    isDraft: false,
    hideAttendees: false,
    responseStatus: statusOf(event.mine ? 'organizer' : answer, answered),
    body: { contentType: body.type, content: body.content },
    start: whenJson(request, start, allDay),
    end: whenJson(request, end, allDay),
    location: {
      displayName: location,
      locationType: 'default',
      uniqueId: location,
      uniqueIdType: location ? 'private' : 'unknown',
    },
    locations: location
      ? [{ displayName: location, locationType: 'default', uniqueId: location, uniqueIdType: 'private' }]
      : [],
    attendees: attendees.map((attendee) => ({
      type: attendee.type,
      status: statusOf(attendee.answer, attendee.answered),
      ...recipient(attendee),
    })),
    organizer: recipient(event.organizer),
  } satisfies Omit<graph.Event, 'id'> & Entity
}

/** Of as much as Exchange looks at for it: bodies may be long. */
function previewOf({ type, content }: EventDetails['body']): string {
  const begin = content.slice(0, 20_000)
  const text = type === 'text' ? begin : begin.replaceAll(/<[^>]*>/g, ' ')
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 255)
}

const ANSWERS = {
  none: 'none',
  organizer: 'organizer',
  tentative: 'tentativelyAccepted',
  accepted: 'accepted',
  declined: 'declined',
  notResponded: 'notResponded',
} as const satisfies Record<Answer, graph.ResponseType>

function statusOf(answer: Answer, at: Date | undefined) {
  return { response: ANSWERS[answer], time: at ? instant(at) : '0001-01-01T00:00:00Z' } satisfies graph.ResponseStatus
}

/** In UTC, or in the zone of `Prefer: outlook.timezone`. Whole days stay whole days. */
function whenJson(request: GraphRequest, when: When, allDay: boolean) {
  const zone = prefers(request, 'outlook.timezone') ?? 'UTC'
  const local = allDay ? `${when.local.slice(0, 10)}T00:00:00` : localIn(when, zone)
  return { dateTime: `${local}.0000000`, timeZone: zone } satisfies graph.DateTimeTimeZone
}

function localIn(when: When, zone: string): string {
  if (when.zone === zone) return when.local.slice(0, 19)
  try {
    return localOf(instantOf(when), zone)
  } catch {
    throw unknownZone(zone)
  }
}

export function unknownZone(zone: string): GraphError {
  return new GraphError(
    400,
    'TimeZoneNotSupportedException',
    `The following TimeZone value is not supported: '${zone}'.`,
  )
}

/** Events have one id that lasts and one that changes with moves, as messages do. */
export function idOf(request: GraphRequest, event: CalendarEvent): string {
  return writtenId(wantsImmutable(request) ? event.id : event.entryId)
}

export function occurrenceIdOf(request: GraphRequest, event: CalendarEvent, day: string): string {
  return writtenId(occurrenceId(wantsImmutable(request) ? event.id : event.entryId, day))
}

function exceptionsOf(event: CalendarEvent): Occurrence[] {
  return event.exceptions.flatMap((each) => (each.deleted ? [] : [occurrenceOn(event, each.originalStart.local)]))
}

function cancelledOf(request: GraphRequest, event: CalendarEvent): string[] {
  const deleted = event.exceptions.filter((each) => each.deleted)
  return deleted.map(({ originalStart }) => `OID.${idOf(request, event)}.${originalStart.local.slice(0, 10)}`)
}

function modifiedOf({ event, originalStart }: Occurrence): Date {
  const exception = event.exceptions.find((each) => each.originalStart.local === originalStart.local)
  return exception && !exception.deleted ? exception.modified : event.modified
}
