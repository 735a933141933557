import type { SingleValueLegacyExtendedProperty } from '@microsoft/microsoft-graph-types'
import { graphRecurrence, instantOf, isLocalDate, localOf, type Recurrence } from '#calendar'
import { unsupported } from '../../failures.ts'
import type { Attendee, EventFields, EventTime } from '../../items/event.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import { ZONE } from './properties.ts'
import { writtenBody } from './raw.ts'
import { writtenZone } from './zones.ts'

export type EventBody = Record<string, unknown> & {
  singleValueExtendedProperties?: SingleValueLegacyExtendedProperty[]
}

const SHOW_AS = {
  free: 'free',
  tentative: 'tentative',
  busy: 'busy',
  outOfOffice: 'oof',
  workingElsewhere: 'workingElsewhere',
} as const

/**
 * Fields as the JSON of a write. What is not named is not in it.
 * @throws MailboxError `unsupported` for what Exchange cannot say
 */
export function eventBody(set: Partial<EventFields>, clear: readonly string[], own: OwnCategories): EventBody {
  const cleared = (name: keyof EventFields) => clear.includes(name)
  const body: EventBody = {}
  if (set.subject !== undefined || cleared('subject')) body['subject'] = set.subject ?? ''
  if (set.body || cleared('body')) body['body'] = writtenBody(set.body)
  if (set.location !== undefined || cleared('location')) body['location'] = { displayName: set.location ?? '' }
  if (set.time) Object.assign(body, timeBody(set.time))
  if (set.showAs) body['showAs'] = SHOW_AS[set.showAs]
  if (set.importance) body['importance'] = set.importance
  if (set.sensitivity) body['sensitivity'] = set.sensitivity
  if (set.reminder !== undefined) {
    body['isReminderOn'] = true
    body['reminderMinutesBeforeStart'] = set.reminder
  } else if (cleared('reminder')) body['isReminderOn'] = false
  if (set.attendees || cleared('attendees')) body['attendees'] = (set.attendees ?? []).map(attendeeBody)
  if (set.categories || cleared('categories'))
    body['categories'] = (set.categories ?? []).map((category) => own.nameOf(category))
  return body
}

/** Start and end, with the zone as it was given beside the name that Exchange knows it by. */
function timeBody(time: EventTime): EventBody {
  const { allDay, zone } = time
  if (allDay && time.start === time.end) throw unsupported('keep an all-day appointment that lasts no day', 'graph')
  const { name, note } = writtenZone(zone)
  const said = (local: string) =>
    name === undefined && !allDay
      ? { dateTime: localOf(instantOf(local, zone), 'UTC'), timeZone: 'UTC' }
      : { dateTime: isLocalDate(local) ? `${local}T00:00:00` : local, timeZone: name ?? 'UTC' }
  return {
    start: said(time.start),
    end: said(time.end),
    isAllDay: allDay,
    singleValueExtendedProperties: [{ id: ZONE, value: note }],
  }
}

/**
 * @param before when the series took place until now: while that stays, so does its zone, whatever it is
 * @throws MailboxError `unsupported` naming what Exchange cannot say (AP-75)
 */
export function recurrenceBody(recurrence: Recurrence, time: EventTime, before?: EventTime): object {
  const { start, zone } = time
  const { name } = writtenZone(zone)
  if (name === undefined && JSON.stringify(time) !== JSON.stringify(before))
    throw unsupported(
      `keep a series in the time zone ${typeof zone === 'string' ? zone : zone.name}, for which Exchange has no name`,
      'graph',
    )
  const found = graphRecurrence(recurrence, start, name)
  if ('cannot' in found) throw unsupported(`keep a series with ${found.cannot}`, 'graph')
  return found
}

function attendeeBody({ address, name, role }: Attendee) {
  return { emailAddress: { address, name: name ?? address }, type: role }
}
