import {
  type Attendee,
  type CalendarEvent,
  customZone,
  type Importance,
  ianaOf,
  instantOf,
  localOf,
  type Patch,
  type Person,
  PROPERTY_SETS,
  propertyKey,
  readInvitation,
  type Sensitivity,
  type ShowAs,
  type When,
} from '../../model/index.ts'
import { EwsFailure } from '../failure.ts'
import { ANSWERS, SHOWN } from '../properties/calendar.ts'
import { readRecurrence } from '../properties/recurrence.ts'
import { isTrue } from '../properties/shape.ts'
import { readDefinition } from '../properties/zoneDefinition.ts'
import { child, type Element, textOf } from '../xml.ts'
import { blankBase } from './blank.ts'
import { readBody } from './body.ts'
import { Draft, readExtended, refuse, SERVERS_OWN, type Setter, type Setters, stringsIn } from './draft.ts'

/** An appointment to be made or changed. Its times are settled when all is said: zones may come after them. */
export class CalendarDraft extends Draft<CalendarEvent> {
  startText: string | undefined
  endText: string | undefined
  startZone: string | undefined
  endZone: string | undefined

  /** @param defaultZone of times that come without one */
  settled(defaultZone: string): Patch<CalendarEvent> {
    const { before } = this
    const zone = this.startZone ?? (this.isNew ? defaultZone : before.start.zone)
    const start = moment(this.startText, zone, defaultZone) ?? inZone(before.start, zone)
    const endZone = this.endZone ?? (this.startZone || this.isNew ? zone : before.end.zone)
    const end = moment(this.endText, endZone, defaultZone) ?? this.#shiftedEnd(start, endZone)
    if (instantOf(end) < instantOf(start)) throw new EwsFailure('ErrorCalendarEndDateIsEarlierThanStartDate')
    const moved = this.startText ?? this.endText ?? this.startZone ?? this.endZone
    if (moved === undefined && !this.isNew) return this.changes
    const times = this.now.allDay ? { start: midnight(start), end: midnight(end) } : { start, end }
    return { ...this.changes, ...times }
  }

  /** An end that nobody named: half an hour later, or where it was. */
  #shiftedEnd(start: When, zone: string): When {
    if (!this.isNew) return inZone(this.before.end, zone)
    const minutes = this.now.allDay ? 1440 : 30
    return { local: localOf(new Date(instantOf(start).getTime() + minutes * 60_000), zone), zone }
  }
}

export function blankEvent(now: Date, owner: Person, uid: string, zone: string): CalendarDraft {
  const start = { local: localOf(now, zone), zone }
  const before: CalendarEvent = {
    ...blankBase(now),
    kind: 'event',
    subject: '',
    body: { type: 'text', content: '' },
    location: '',
    start,
    end: start,
    allDay: false,
    showAs: 'busy',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: 15,
    attendees: [],
    answer: 'none',
    cancelled: false,
    uid,
    sequence: 0,
    organizer: owner,
    mine: true,
    responseRequested: true,
    exceptions: [],
    online: false,
    attachments: [],
  }
  return new CalendarDraft(before, true)
}

/** A time with an offset is that instant, told in the zone; one without is the wall clock of the zone. */
function moment(text: string | undefined, zone: string, defaultZone: string): When | undefined {
  if (text === undefined) return undefined
  if (/(Z|[+-]\d\d:\d\d)$/.test(text)) return { local: localOf(new Date(text), zone), zone }
  const meant = { local: text.slice(0, 19), zone: defaultZone }
  return inZone(meant, zone)
}

function inZone(when: When, zone: string): When {
  return when.zone === zone ? when : { local: localOf(instantOf(when), zone), zone }
}

function midnight({ local, zone }: When): When {
  return { local: `${local.slice(0, 10)}T00:00:00`, zone }
}

/** By its name, or by its rules. @throws EwsFailure for a name that Windows does not have, without rules */
export function zoneName(element: Element): string {
  const rules = readDefinition(element)
  const id = element.attributes.get('Id') ?? element.attributes.get('TimeZoneName') ?? element.text
  try {
    ianaOf(id)
    return id
  } catch {
    if (rules) return customZone(rules)
    throw new EwsFailure('ErrorCalendarInvalidTimeZone', `The time zone “${id}” is not known.`)
  }
}

const people =
  (type: Attendee['type']): Setter<CalendarDraft> =>
  (draft, element) => {
    const others = draft.now.attendees.filter((each) => each.type !== type)
    const named = (element?.children ?? []).map((attendee) => readAttendee(draft, attendee, type))
    draft.set({ attendees: [...others, ...named] })
  }

/** Who is known already keeps his answer. */
function readAttendee(draft: CalendarDraft, element: Element, type: Attendee['type']): Attendee {
  const mailbox = child(element, 'Mailbox')
  const address = textOf(mailbox, 'EmailAddress') ?? ''
  if (!/^[^\s@]+@[^\s@]+$/.test(address)) throw new EwsFailure('ErrorInvalidRecipients')
  const known = draft.before.attendees.find((each) => each.address.toLowerCase() === address.toLowerCase())
  const said = Object.entries(ANSWERS).find(([, name]) => name === textOf(element, 'ResponseType'))?.[0]
  const answer = known?.answer ?? (said as Attendee['answer'] | undefined) ?? 'none'
  return { name: textOf(mailbox, 'Name') ?? known?.name ?? '', address, type, answer, answered: known?.answered }
}

/** What an iCalendar text says of an appointment; elements beside it go before it. */
function setText(draft: CalendarDraft, text: string): void {
  const method = text.replace(/^METHOD:.*\r?\n/m, '').replace(/^BEGIN:VCALENDAR\r?\n/, '$&METHOD:REQUEST\r\n')
  const invitation = readInvitation(method)
  if (!invitation) throw new EwsFailure('ErrorMimeContentInvalid')
  const { uid, subject, location, description, start, end, allDay, attendees, recurrence } = invitation
  draft.set({ subject, location, allDay, attendees, recurrence, body: { type: 'text', content: description } })
  if (draft.isNew) draft.set({ uid })
  draft.startText = instantOf(start).toISOString()
  draft.endText = instantOf(end).toISOString()
  if (start.zone !== 'UTC') draft.startZone = start.zone
}

/** By the name of the element. */
export const calendarSetters: Setters<CalendarDraft> = {
  ...(SERVERS_OWN as Setters<CalendarDraft>),
  ItemClass: () => {},
  MimeContent: (draft, element) => setText(draft, Buffer.from(element?.text ?? '', 'base64').toString('utf8')),
  Subject: (draft, element) => draft.set({ subject: element?.text ?? '' }),
  Body: (draft, element) => draft.set({ body: readBody(element) }),
  Categories: (draft, element) => draft.setCategories(stringsIn(element)),
  Importance: (draft, element) => draft.set({ importance: (element?.text.toLowerCase() ?? 'normal') as Importance }),
  Sensitivity: (draft, element) => draft.set({ sensitivity: (element?.text.toLowerCase() ?? 'normal') as Sensitivity }),
  Culture: () => {},
  ReminderIsSet: (draft, element) =>
    draft.set({ reminder: isTrue(element?.text) ? (draft.now.reminder ?? 15) : undefined }),
  ReminderDueBy: () => {},
  ReminderMinutesBeforeStart: (draft, element) => {
    if (element && draft.now.reminder !== undefined) draft.set({ reminder: Number(element.text) })
  },
  UID: (draft, element) => {
    if (!draft.isNew) throw new EwsFailure('ErrorInvalidPropertySet')
    if (element?.text) draft.set({ uid: element.text })
  },
  RecurrenceId: refuse,
  Start: (draft, element) => {
    draft.startText = element?.text.trim()
  },
  End: (draft, element) => {
    draft.endText = element?.text.trim()
  },
  IsAllDayEvent: (draft, element) => {
    draft.set({ allDay: isTrue(element?.text) })
  },
  LegacyFreeBusyStatus: (draft, element) => {
    const showAs = Object.entries(SHOWN).find(([, name]) => name === element?.text)?.[0] as ShowAs | undefined
    draft.set({ showAs: showAs ?? 'busy' })
  },
  Location: (draft, element) => draft.set({ location: element?.text ?? '' }),
  IsResponseRequested: (draft, element) => draft.set({ responseRequested: isTrue(element?.text) }),
  RequiredAttendees: people('required'),
  OptionalAttendees: people('optional'),
  Resources: people('resource'),
  Recurrence: (draft, element) => draft.set({ recurrence: element && readRecurrence(element) }),
  MeetingTimeZone: (draft, element) => {
    if (element) draft.startZone = zoneName(element)
  },
  StartTimeZone: (draft, element) => {
    if (element) draft.startZone = zoneName(element)
  },
  EndTimeZone: (draft, element) => {
    if (element) draft.endZone = zoneName(element)
  },
  ConferenceType: () => {},
  AllowNewTimeProposal: () => {},
  IsOnlineMeeting: (draft, element) => draft.set({ online: isTrue(element?.text) }),
  ExtendedProperty: (draft, element) => {
    if (!element) return
    const { property, value } = readExtended(element)
    setCalendarProperty(draft, property, value)
  },
}

const KEYWORDS = propertyKey({ type: 'StringArray', set: PROPERTY_SETS.PublicStrings, name: 'Keywords' })

export function setCalendarProperty(
  draft: CalendarDraft,
  ...[property, value]: Parameters<Draft['setProperty']>
): void {
  const text = typeof value === 'object' ? value.join(' ') : (value ?? '')
  if (property.tag === '0x0037') draft.set({ subject: text })
  else if (property.tag === '0x1000') draft.set({ body: { type: 'text', content: text } })
  else if (propertyKey(property) === KEYWORDS) draft.setCategories(typeof value === 'string' ? [value] : (value ?? []))
  else draft.setProperty(property, value)
}
