import { localOf } from '#calendar'
import type { Answer, Attendee, EventFields, EventTime, Person, ShowAs } from '../../items/event.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import { bodyOf, broken, given, instantOfRaw, type RawEvent } from './raw.ts'
import type { ReadZone } from './zones.ts'

const SHOW_AS: Readonly<Record<string, ShowAs>> = {
  free: 'free',
  tentative: 'tentative',
  busy: 'busy',
  oof: 'outOfOffice',
  workingElsewhere: 'workingElsewhere',
}
const ANSWERS: Readonly<Record<string, Answer>> = {
  accepted: 'accepted',
  tentativelyAccepted: 'tentative',
  declined: 'declined',
}

/** What is written in an event of Graph, or in one occurrence of it. @throws MailboxError for what cannot be read */
export function eventFieldsOf(raw: RawEvent, { zone }: ReadZone, own: OwnCategories): EventFields {
  const categories = own.categoriesOf(raw.categories ?? [])
  const attendees = attendeesOf(raw)
  return given({
    subject: raw.subject || undefined,
    body: bodyOf(raw.body),
    location: raw.location?.displayName || undefined,
    time: timeOf(raw, zone),
    showAs: SHOW_AS[raw.showAs ?? ''] ?? 'busy',
    importance: raw.importance ?? 'normal',
    sensitivity: raw.sensitivity ?? 'normal',
    reminder: raw.isReminderOn ? (raw.reminderMinutesBeforeStart ?? 15) : undefined,
    attendees: attendees.length > 0 ? attendees : undefined,
    categories: categories.length > 0 ? categories : undefined,
    joinUrl: (raw.onlineMeeting?.joinUrl ?? raw.onlineMeetingUrl) || undefined,
  })
}

/** Times are told in UTC; whole days are told as days, whatever the zone. */
function timeOf(raw: RawEvent, zone: EventTime['zone']): EventTime {
  const { id, start, end } = raw
  if (raw.isAllDay) {
    const [first, last] = [start, end].map((day) => (day?.dateTime ?? '').slice(0, 10)) as [string, string]
    if (!first || !last) throw broken(id, 'no days')
    return { allDay: true, start: first, end: last, zone }
  }
  const [from, to] = [instantOfRaw(start, id), instantOfRaw(end, id)]
  return { allDay: false, start: localOf(from, zone), end: localOf(to, zone), zone }
}

export function answerOf(response: string | null | undefined): Answer {
  return ANSWERS[response ?? ''] ?? 'none'
}

export function personOf(
  raw: { emailAddress?: { name?: string | null; address?: string | null } | null } | null | undefined,
): Person | undefined {
  const { name, address } = raw?.emailAddress ?? {}
  if (!name && !address) return undefined
  return { address: (address ?? '').trim().toLowerCase(), ...(name && name !== address && { name }) }
}

/** Without the organizer, whom Exchange lists among them now and then. */
function attendeesOf(raw: RawEvent): Attendee[] {
  const organizer = personOf(raw.organizer)?.address
  return (raw.attendees ?? []).flatMap((each) => {
    const person = personOf(each)
    if (!person || (person.address !== '' && person.address === organizer)) return []
    return [{ ...person, role: each.type ?? 'required', answer: answerOf(each.status?.response) }]
  })
}
