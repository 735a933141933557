import { z } from 'zod'
import {
  type Attendee,
  type CalendarEvent,
  instantOf,
  type New,
  newUid,
  type Patch,
  type User,
  type When,
  type World,
} from '../model/index.ts'
import {
  bodySchema,
  categoriesSchema,
  dateTimeSchema,
  importanceSchema,
  propertiesSchema,
  recipientSchema,
} from './body.ts'
import { badRequest, type GraphError } from './error.ts'
import { unknownZone } from './eventJson.ts'
import { readRecurrence, recurrenceSchema } from './recurrenceJson.ts'
import { writtenProperties } from './writeProperties.ts'

const attendee = recipientSchema.extend({
  type: z.enum(['required', 'optional', 'resource']).optional(),
  status: z.unknown().optional(),
  proposedNewTime: z.unknown().optional(),
})

const location = z.strictObject({
  displayName: z.string().nullish(),
  locationType: z.string().optional(),
  uniqueId: z.string().nullish(),
  uniqueIdType: z.string().optional(),
  address: z.unknown().optional(),
  coordinates: z.unknown().optional(),
  locationUri: z.string().nullish(),
  locationEmailAddress: z.string().nullish(),
})

/** What may be written of an event. */
export const eventSchema = z.strictObject({
  subject: z.string().max(255).nullish(),
  body: bodySchema.nullish(),
  start: dateTimeSchema.optional(),
  end: dateTimeSchema.optional(),
  isAllDay: z.boolean().optional(),
  location: location.nullish(),
  locations: z.array(location).nullish(),
  attendees: z.array(attendee).max(500).nullish(),
  recurrence: recurrenceSchema.nullish(),
  showAs: z.enum(['free', 'tentative', 'busy', 'oof', 'workingElsewhere', 'unknown']).optional(),
  sensitivity: z.enum(['normal', 'personal', 'private', 'confidential']).optional(),
  importance: importanceSchema.optional(),
  isReminderOn: z.boolean().optional(),
  reminderMinutesBeforeStart: z.number().int().optional(),
  responseRequested: z.boolean().nullish(),
  allowNewTimeProposals: z.boolean().nullish(),
  hideAttendees: z.boolean().nullish(),
  isOnlineMeeting: z.boolean().nullish(),
  onlineMeetingProvider: z.string().nullish(),
  originalStartTimeZone: z.string().nullish(),
  originalEndTimeZone: z.string().nullish(),
  transactionId: z.string().max(255).nullish(),
  categories: categoriesSchema,
  ...propertiesSchema,
})

type EventBody = z.infer<typeof eventSchema>

/** @throws GraphError 400 */
export function newEvent(world: World, user: User, body: EventBody): New<CalendarEvent> {
  if (!body.start || !body.end)
    throw badRequest(
      'At least one property failed validation. Start and End are required.',
      'ErrorPropertyValidationFailure',
    )
  const uid = newUid(world)
  const plain: New<CalendarEvent> = {
    kind: 'event',
    uid,
    sequence: 0,
    subject: '',
    body: { type: 'html', content: '' },
    location: '',
    start: readWhen(body.start),
    end: readWhen(body.end),
    allDay: false,
    showAs: body.isAllDay ? 'free' : 'busy',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: 15,
    attendees: [],
    answer: 'organizer',
    cancelled: false,
    organizer: { name: user.name, address: user.address },
    mine: true,
    responseRequested: body.responseRequested ?? true,
    exceptions: [],
    online: false,
    transactionId: body.transactionId ?? undefined,
    attachments: [],
  }
  const event = { ...plain, ...eventPatch(plain, body) }
  check(event)
  if (!event.online) return event
  return { ...event, onlineUrl: `https://teams.sandbox.example/l/meetup-join/${uid.slice(-12)}` }
}

/** What the body changes of an event. @throws GraphError 400 */
export function eventPatch(before: New<CalendarEvent>, body: EventBody): Patch<CalendarEvent> {
  const reminds = body.isReminderOn ?? before.reminder !== undefined
  const patch: Patch<CalendarEvent> = {
    ...(body.subject !== undefined && { subject: body.subject ?? '' }),
    ...(body.body && { body: { type: body.body.contentType ?? 'text', content: body.body.content ?? '' } }),
    ...(body.start && { start: readWhen(body.start) }),
    ...(body.end && { end: readWhen(body.end) }),
    ...(body.isAllDay !== undefined && { allDay: body.isAllDay }),
    ...(body.location && { location: body.location.displayName ?? '' }),
    ...(!body.location &&
      body.locations && { location: body.locations.map(({ displayName }) => displayName ?? '').join('; ') }),
    ...(body.attendees && { attendees: body.attendees.flatMap((each) => attendeeOf(each, before.attendees)) }),
    ...(body.recurrence !== undefined && { recurrence: body.recurrence ? readRecurrence(body.recurrence) : undefined }),
    ...(body.showAs && body.showAs !== 'unknown' && { showAs: body.showAs }),
    ...(body.sensitivity && { sensitivity: body.sensitivity }),
    ...(body.importance && { importance: body.importance }),
    ...((body.isReminderOn !== undefined || body.reminderMinutesBeforeStart !== undefined) && {
      reminder: reminds ? (body.reminderMinutesBeforeStart ?? before.reminder ?? 15) : undefined,
    }),
    ...(body.isOnlineMeeting !== undefined && { online: body.isOnlineMeeting ?? false }),
    ...(body.categories && { categories: body.categories }),
    ...((body.singleValueExtendedProperties ?? body.multiValueExtendedProperties) && {
      properties: writtenProperties(before.properties ?? [], body),
    }),
  }
  check({ ...before, ...patch })
  return patch
}

function attendeeOf(given: z.infer<typeof attendee>, before: readonly Attendee[]): Attendee[] {
  const { name, address } = given.emailAddress
  if (!address) return []
  const known = before.find((each) => each.address.toLowerCase() === address.toLowerCase())
  const answers = { answer: known?.answer ?? 'none', answered: known?.answered } as const
  return [{ name: name ?? known?.name ?? address, address, type: given.type ?? 'required', ...answers }]
}

/** A time in a zone; one with an offset or `Z` is in UTC. @throws GraphError 400 */
export function readWhen({ dateTime, timeZone }: { dateTime: string; timeZone?: string | null | undefined }): When {
  const found = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.exec(dateTime)
  if (!found) throw badRequest(`The value '${dateTime}' is no DateTimeTimeZone.`, 'ErrorPropertyValidationFailure')
  const [, date = '', time = '00:00:00', offset] = found
  const local = `${date}T${time.length === 5 ? `${time}:00` : time}`
  if (offset) return { local: new Date(`${local}${offset}`).toISOString().slice(0, 19), zone: 'UTC' }
  const zone = timeZone ?? 'UTC'
  try {
    instantOf({ local, zone })
  } catch {
    throw unknownZone(zone)
  }
  return { local, zone }
}

function check({ start, end, allDay }: New<CalendarEvent>): void {
  if (instantOf(end) < instantOf(start)) throw invalid('The event ends before it begins.')
  const midnights = [start, end].every(({ local }) => local.endsWith('T00:00:00'))
  if (allDay && (!midnights || start.zone !== end.zone || start.local === end.local))
    throw invalid(
      'The Event.Start and Event.End of an all-day event are midnights of the same time zone, a day or more apart.',
    )
}

function invalid(why: string): GraphError {
  return badRequest(`At least one property failed validation. ${why}`, 'ErrorPropertyValidationFailure')
}
