import { unsupported } from '../../failures.ts'
import type { CalendarItem, ClearableEventField, EventFields, ShowAs } from '../../items/index.ts'
import type { FolderId } from '../../port.ts'
import type { EwsClient } from '../client.ts'
import { childOf, instantOf, isTrue, type Node, numberOf, textOf } from '../node.ts'
import { field } from '../pieces.ts'
import { readBody, writeBody } from './body.ts'
import { ExtendedValues } from './extended.ts'
import { capitalized, filled, readCategories, readFrame, readImportance, readSensitivity } from './frame.ts'
import { readAnswer, readAttendees, readPerson, writeAttendees } from './people.ts'
import { type Property, plain, strings } from './property.ts'
import { readRest, restPaths } from './rest.ts'
import { readLocal, readTime, writeMoments } from './times.ts'
import { ZONE_PATHS } from './zones.ts'

const SHOWN: Readonly<Record<ShowAs, string>> = {
  free: 'Free',
  tentative: 'Tentative',
  busy: 'Busy',
  outOfOffice: 'OOF',
  workingElsewhere: 'WorkingElsewhere',
}

/** What is asked of an appointment, or of one occurrence. Newer properties only of who knows them. */
export function eventPaths(client: EwsClient) {
  const names = [
    'UID Start End IsAllDayEvent StartTimeZone LegacyFreeBusyStatus Location CalendarItemType RecurrenceId',
    'AppointmentState IsCancelled MyResponseType Organizer RequiredAttendees OptionalAttendees Resources',
    'Recurrence ModifiedOccurrences DeletedOccurrences',
    client.knows('Exchange2013') ? 'JoinOnlineMeetingUrl' : '',
  ]
  return [
    ...names.flatMap((line) => line.split(' ').filter(Boolean)).map((name) => field(`calendar:${name}`)),
    ...['ReminderIsSet', 'ReminderMinutesBeforeStart'].map((name) => field(`item:${name}`)),
    ...ZONE_PATHS,
    ...restPaths('event'),
  ]
}

/** MS-OXOCAL 2.2.1.10: a meeting, and one that was received. */
const MEETING = 1
const RECEIVED = 2

/** An appointment; of a series its master, without its exceptions. */
export function readEvent(folder: FolderId, item: Node): CalendarItem {
  const values = new ExtendedValues(item)
  const organizer = readPerson(childOf(item, 'Organizer', 'Mailbox'))
  const fields = readFields(item, values)
  const state = numberOf(textOf(item, 'AppointmentState'))
  const isMeeting = (state & MEETING) > 0 || fields.attendees !== undefined
  const uid = textOf(item, 'UID')
  const alone = textOf(item, 'CalendarItemType') === 'Single' ? instantOf(textOf(item, 'RecurrenceId')) : undefined
  return {
    ...readFrame(folder, item, values, readRest('event', item, values)),
    ...(uid !== undefined && uid !== '' && { uid }),
    kind: 'event',
    fields,
    ...(alone && { recurrenceId: readLocal(alone.getTime(), fields.time.zone, fields.time.allDay) }),
    role: isMeeting ? ((state & RECEIVED) > 0 ? 'attendee' : 'organizer') : 'none',
    ...(organizer && { organizer }),
    answer: readAnswer(textOf(item, 'MyResponseType')),
    cancelled: isTrue(textOf(item, 'IsCancelled')),
  }
}

export function readFields(item: Node, values: ExtendedValues): EventFields {
  const shown = textOf(item, 'LegacyFreeBusyStatus')
  const showAs = (Object.keys(SHOWN) as ShowAs[]).find((name) => SHOWN[name] === shown)
  const reminds = isTrue(textOf(item, 'ReminderIsSet'))
  return filled({
    subject: textOf(item, 'Subject') || undefined,
    body: readBody(item),
    location: textOf(item, 'Location') || undefined,
    time: readTime(item, values),
    showAs: showAs ?? 'busy',
    importance: readImportance(item),
    sensitivity: readSensitivity(item),
    reminder: reminds ? numberOf(textOf(item, 'ReminderMinutesBeforeStart')) : undefined,
    attendees: readAttendees(item, readPerson(childOf(item, 'Organizer', 'Mailbox'))),
    categories: readCategories(item),
    joinUrl: textOf(item, 'JoinOnlineMeetingUrl') || undefined,
  })
}

/**
 * What is named, but for the time of a master, and nothing else; a name without value is emptied.
 * @throws MailboxError `unsupported`
 */
export function writeEvent(client: EwsClient, fields: Partial<EventFields>): Property[] {
  return (Object.keys(fields) as (keyof EventFields)[]).flatMap((name) => writeField(client, name, fields))
}

function writeField(client: EwsClient, name: keyof EventFields, fields: Partial<EventFields>): Property[] {
  switch (name) {
    case 'subject':
      return [plain('item:Subject', fields.subject)]
    case 'body':
      return [writeBody(fields.body)]
    case 'location':
      return [plain('calendar:Location', fields.location)]
    case 'time':
      return fields.time ? writeMoments(fields.time) : []
    case 'showAs': {
      const showAs = fields.showAs ?? 'busy'
      if (showAs === 'workingElsewhere' && !client.knows('Exchange2013'))
        throw unsupported('show an appointment as “working elsewhere” (Exchange before 2013)', 'ews')
      return [plain('calendar:LegacyFreeBusyStatus', SHOWN[showAs])]
    }
    case 'importance':
    case 'sensitivity':
      return [plain(`item:${capitalized(name)}`, capitalized(fields[name] ?? 'normal'))]
    case 'reminder':
      return writeReminder(fields.reminder)
    case 'attendees':
      return writeAttendees(fields.attendees)
    case 'categories':
      return [strings('item:Categories', fields.categories)]
    case 'joinUrl':
      return []
  }
}

export function writeReminder(minutes: number | undefined): Property[] {
  if (minutes === undefined) return [plain('item:ReminderIsSet', false)]
  return [plain('item:ReminderIsSet', true), plain('item:ReminderMinutesBeforeStart', minutes)]
}

/** The fields that a patch names: those it clears without value. */
export function named<Fields extends object>(
  set: Partial<Fields> | undefined,
  clear: readonly (keyof Fields | ClearableEventField)[] = [],
): Partial<Fields> {
  return { ...set, ...Object.fromEntries(clear.map((name) => [name, undefined])) }
}
