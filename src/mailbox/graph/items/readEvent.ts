import type { FolderId } from '../../ids.ts'
import type { AttachmentInfo } from '../../items/common.ts'
import type { CalendarItem } from '../../items/event.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import { answerOf, eventFieldsOf, personOf } from './eventFields.ts'
import { originalStartOf, type SeriesDetails, seriesOf } from './eventSeries.ts'
import { expanding, MARK_IDS, marksOf, propertiesOf, ZONE } from './properties.ts'
import { broken, dateOf, given, type RawEvent, refOf } from './raw.ts'
import { RULE_IDS, readZone } from './zones.ts'

/** What reading an event asks for; exceptions and attachments are asked for where there are some. */
export const EVENT_FIELDS = {
  $select: [
    'createdDateTime',
    'lastModifiedDateTime',
    'categories',
    'originalStartTimeZone',
    'iCalUId',
    'type',
    'seriesMasterId',
    'isReminderOn',
    'reminderMinutesBeforeStart',
    'hasAttachments',
    'subject',
    'importance',
    'sensitivity',
    'isAllDay',
    'isCancelled',
    'isOrganizer',
    'responseRequested',
    'allowNewTimeProposals',
    'hideAttendees',
    'showAs',
    'onlineMeeting',
    'onlineMeetingUrl',
    'responseStatus',
    'body',
    'start',
    'end',
    'location',
    'attendees',
    'organizer',
    'recurrence',
  ].join(','),
  $expand: `calendar($select=id),${expanding([...MARK_IDS, ZONE])}`,
}
/** What the zone of a series is asked for that has no name. */
export const RULE_FIELDS = { $select: 'id', $expand: expanding(RULE_IDS) }
export const SERIES_FIELDS = { $select: 'cancelledOccurrences', $expand: 'exceptionOccurrences' }

/** What Graph keeps of an event beyond the port's fields (B-41). */
const REST = ['responseRequested', 'allowNewTimeProposals', 'hideAttendees'] as const

/** Whether its rules are to be asked for: nothing else says when a series takes place. */
export function isStrange(raw: RawEvent): boolean {
  return raw.type === 'seriesMaster' && readZone(raw.originalStartTimeZone, propertiesOf(raw)(ZONE)).unknown
}

/** @throws MailboxError for what cannot be read */
export function readEvent(
  folder: FolderId,
  raw: RawEvent,
  details: SeriesDetails & { attachments: AttachmentInfo[] },
  own: OwnCategories,
): CalendarItem {
  const zone = readZone(raw.originalStartTimeZone, propertiesOf(raw)(ZONE), details.rules)
  const fields = eventFieldsOf(raw, zone, own)
  const series = seriesOf(raw, fields, zone, details, own)
  const modified = dateOf(raw.lastModifiedDateTime)
  if (!modified) throw broken(raw.id, 'no time of its last change')
  const standsAlone = !series && raw.type === 'exception' ? originalStartOf(raw, fields.time) : undefined
  return given({
    kind: 'event',
    ref: refOf(folder, raw),
    uid: raw.iCalUId || undefined,
    marks: marksOf(raw),
    created: dateOf(raw.createdDateTime),
    modified,
    attachments: details.attachments,
    rest: restOf(raw),
    fields,
    series,
    recurrenceId: standsAlone,
    role: roleOf(raw, fields.attendees?.length ?? 0),
    organizer: personOf(raw.organizer),
    answer: answerOf(raw.responseStatus?.response),
    cancelled: raw.isCancelled ?? false,
  }) as CalendarItem
}

function roleOf(raw: RawEvent, attendees: number): CalendarItem['role'] {
  if (raw.isOrganizer === false) return 'attendee'
  return attendees > 0 ? 'organizer' : 'none'
}

function restOf(raw: RawEvent): string {
  return JSON.stringify(Object.fromEntries(REST.map((name) => [name, raw[name]])))
}

/** What `restOf` wrote; anything else is nothing. */
export function readRest<Name extends string>(
  rest: string | undefined,
  names: readonly Name[],
): Partial<Record<Name, unknown>> {
  if (rest === undefined) return {}
  try {
    const values = JSON.parse(rest) as Record<string, unknown> | null
    const kept = names.filter((name) => values?.[name] !== undefined && values[name] !== null)
    return Object.fromEntries(kept.map((name) => [name, values?.[name]])) as Partial<Record<Name, unknown>>
  } catch {
    // Of another connector: what it kept means nothing here.
    return {}
  }
}

export const EVENT_REST = REST
