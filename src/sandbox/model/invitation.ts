import ICAL from 'ical.js'
import type { Person } from './base.ts'
import type { Answer, Attendee, CalendarEvent, When } from './event.ts'
import { type Pattern, type Recurrence, WEEKDAYS, type Weekday, type WeekIndex } from './recurrence.ts'
import { ianaOf, instantOf } from './zone.ts'

export type Method = 'REQUEST' | 'REPLY' | 'CANCEL'

/** What an iTIP message (RFC 5546) says of a meeting. */
export interface Invitation {
  method: Method
  uid: string
  sequence: number
  subject: string
  location: string
  description: string
  start: When
  end: When
  allDay: boolean
  organizer: Person
  attendees: Attendee[]
  recurrence?: Recurrence | undefined
  /** Of one occurrence. */
  originalStart?: Date | undefined
  /** The delegate who sends it ([MS-OXCICAL] 2.1.3.1.1.20.61). */
  sender?: Person | undefined
}

const PARTSTATS: Readonly<Record<string, Answer>> = {
  ACCEPTED: 'accepted',
  DECLINED: 'declined',
  TENTATIVE: 'tentative',
  'NEEDS-ACTION': 'notResponded',
}

/** An iCalendar text (RFC 5545). Times of single events are in UTC, those of series in their zone. */
export function writeInvitation(invitation: Invitation, stamp: Date): string {
  const {
    method,
    uid,
    sequence,
    subject,
    location,
    description,
    organizer,
    attendees,
    recurrence,
    originalStart,
    sender,
  } = invitation
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Sandbox//Exchange//EN',
    `METHOD:${method}`,
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `SEQUENCE:${sequence}`,
    `DTSTAMP:${utc(stamp)}`,
    timeLine('DTSTART', invitation.start, invitation),
    timeLine('DTEND', invitation.end, invitation),
    ...(originalStart ? [`RECURRENCE-ID:${utc(originalStart)}`] : []),
    ...(recurrence ? [`RRULE:${writeRule(recurrence, invitation)}`] : []),
    `SUMMARY:${escaped(subject)}`,
    ...(location ? [`LOCATION:${escaped(location)}`] : []),
    ...(description ? [`DESCRIPTION:${escaped(description)}`] : []),
    `ORGANIZER;CN="${quoted(organizer.name)}":mailto:${organizer.address}`,
    ...attendees.map(attendeeLine),
    ...(sender ? [`X-MS-OLK-SENDER;CN="${quoted(sender.name)}":mailto:${sender.address}`] : []),
    ...(method === 'CANCEL' ? ['STATUS:CANCELLED'] : []),
    'END:VEVENT',
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

/** Undefined for a text that is no iTIP message of one meeting. */
export function readInvitation(text: string): Invitation | undefined {
  try {
    const calendar = new ICAL.Component(ICAL.parse(text) as [string, unknown[], unknown[]])
    const method = String(calendar.getFirstPropertyValue('method') ?? '').toUpperCase()
    const event = calendar.getFirstSubcomponent('vevent')
    if (!event || (method !== 'REQUEST' && method !== 'REPLY' && method !== 'CANCEL')) return undefined
    return readEvent(event, method)
  } catch {
    // What is no iCalendar text is no invitation; the message stays a message.
    return undefined
  }
}

function readEvent(event: ICAL.Component, method: Method): Invitation {
  const text = (name: string) => String(event.getFirstPropertyValue(name) ?? '')
  const start = event.getFirstPropertyValue('dtstart') as ICAL.Time
  const end = (event.getFirstPropertyValue('dtend') ?? start) as ICAL.Time
  const original = event.getFirstPropertyValue('recurrence-id') as ICAL.Time | null
  const rule = event.getFirstPropertyValue('rrule') as ICAL.Recur | null
  const organizer = event.getFirstProperty('organizer')
  const when = whenOf(start, event, 'dtstart')
  return {
    method,
    uid: text('uid'),
    sequence: Number(text('sequence') || 0),
    subject: text('summary'),
    location: text('location'),
    description: text('description'),
    start: when,
    end: whenOf(end, event, 'dtend'),
    allDay: start.isDate,
    organizer: organizer ? personOf(organizer) : { name: '', address: '' },
    attendees: event.getAllProperties('attendee').map((property) => ({
      ...personOf(property),
      type: property.getFirstParameter('role') === 'OPT-PARTICIPANT' ? 'optional' : 'required',
      answer: PARTSTATS[property.getParameter('partstat')?.toString().toUpperCase() ?? ''] ?? 'notResponded',
    })),
    ...(rule && { recurrence: readRule(rule, when) }),
    ...(original && { originalStart: instantOf(whenOf(original, event, 'recurrence-id')) }),
  }
}

function whenOf(time: ICAL.Time, event: ICAL.Component, name: string): When {
  const { year, month, day, hour, minute, second } = time
  const local = `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
  const named = event.getFirstProperty(name)?.getFirstParameter('tzid')
  return { local, zone: time.zone === ICAL.Timezone.utcTimezone || !named ? 'UTC' : named }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function personOf(property: ICAL.Property): Person {
  const address = String(property.getFirstValue()).replace(/^mailto:/i, '')
  return { name: property.getFirstParameter('cn') || address, address }
}

function timeLine(name: string, when: When, { allDay, recurrence }: Invitation): string {
  if (allDay) return `${name};VALUE=DATE:${when.local.slice(0, 10).replaceAll('-', '')}`
  if (!recurrence) return `${name}:${utc(instantOf(when))}`
  return `${name};TZID=${ianaOf(when.zone)}:${when.local.replaceAll(/[-:]/g, '').slice(0, 15)}`
}

function attendeeLine({ name, address, type, answer }: Attendee): string {
  const partstat = Object.entries(PARTSTATS).find(([, known]) => known === answer)?.[0] ?? 'NEEDS-ACTION'
  const role = type === 'optional' ? 'OPT-PARTICIPANT' : 'REQ-PARTICIPANT'
  return `ATTENDEE;ROLE=${role};PARTSTAT=${partstat};RSVP=TRUE;CN="${quoted(name)}":mailto:${address}`
}

const INDEXES: readonly WeekIndex[] = ['first', 'second', 'third', 'fourth']
const short = (day: Weekday) => day.slice(0, 2).toUpperCase()

function writeRule({ pattern, until, count }: Recurrence, { start }: Invitation): string {
  const parts = [`FREQ=${FREQUENCIES[pattern.type]}`, `INTERVAL=${pattern.interval}`]
  if ('month' in pattern) parts.push(`BYMONTH=${pattern.month}`)
  if ('day' in pattern) parts.push(`BYMONTHDAY=${pattern.day}`)
  if ('days' in pattern) parts.push(`BYDAY=${pattern.days.map(short).join(',')}`)
  if ('index' in pattern) parts.push(`BYSETPOS=${pattern.index === 'last' ? -1 : INDEXES.indexOf(pattern.index) + 1}`)
  if (pattern.type === 'weekly') parts.push(`WKST=${short(pattern.firstDay)}`)
  if (count !== undefined) parts.push(`COUNT=${count}`)
  else if (until !== undefined)
    parts.push(`UNTIL=${utc(instantOf({ local: `${until}T${start.local.slice(11, 19)}`, zone: start.zone }))}`)
  return parts.join(';')
}

const FREQUENCIES = {
  daily: 'DAILY',
  weekly: 'WEEKLY',
  absoluteMonthly: 'MONTHLY',
  relativeMonthly: 'MONTHLY',
  absoluteYearly: 'YEARLY',
  relativeYearly: 'YEARLY',
} as const

function readRule(rule: ICAL.Recur, start: When): Recurrence {
  const [year = 1970, month = 1, day = 1] = start.local.slice(0, 10).split('-').map(Number)
  const values = (name: string) => (rule.getComponent(name) ?? []) as (string | number)[]
  const own = WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] as Weekday
  const written = values('BYDAY').map(String)
  const named = WEEKDAYS.filter((each) => written.some((word) => word.endsWith(short(each))))
  const days = named.length ? named : [own]
  const position = Number(values('BYSETPOS')[0] ?? /^[+-]?\d+/.exec(written[0] ?? '')?.[0] ?? Number.NaN)
  const index: WeekIndex = position < 0 ? 'last' : (INDEXES[position - 1] ?? 'first')
  const { interval, count, until } = rule
  const inMonth = { day: Number(values('BYMONTHDAY')[0] ?? day) }
  const inYear = { month: Number(values('BYMONTH')[0] ?? month) }
  const patterns: Readonly<Record<string, Pattern>> = {
    DAILY: { type: 'daily', interval },
    WEEKLY: { type: 'weekly', interval, days, firstDay: WEEKDAYS[(rule.wkst || 2) - 1] ?? 'monday' },
    MONTHLY: written.length
      ? { type: 'relativeMonthly', interval, days, index }
      : { type: 'absoluteMonthly', interval, ...inMonth },
    YEARLY: written.length
      ? { type: 'relativeYearly', interval, days, index, ...inYear }
      : { type: 'absoluteYearly', interval, ...inMonth, ...inYear },
  }
  return {
    pattern: patterns[rule.freq] ?? { type: 'daily', interval },
    start: start.local.slice(0, 10),
    ...(count && { count }),
    ...(until && { until: until.toString().slice(0, 10) }),
  }
}

/** The invitation of an event as its organizer has it. */
export function invitationTo(event: CalendarEvent, method: Method): Invitation {
  const { uid, sequence, subject, location, body, start, end, allDay, organizer, attendees, recurrence } = event
  const description = body.type === 'text' ? body.content : body.content.replaceAll(/<[^>]*>/g, ' ').trim()
  const what = { method, uid, sequence, subject, location, description }
  return { ...what, start, end, allDay, organizer, attendees: [...attendees], recurrence }
}

function utc(at: Date): string {
  return `${at.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`
}

function escaped(text: string): string {
  return text.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/\r?\n/g, '\\n')
}

function quoted(text: string): string {
  return text.replaceAll(/["\r\n]/g, ' ')
}

/** RFC 5545 §3.1: lines of at most 75 bytes; counted in characters of one to three bytes. */
function folded(line: string): string {
  return (
    line.match(/.{1,25}/gsu)?.reduce((sum, part, at) => (at && at % 2 === 0 ? `${sum}\r\n ${part}` : sum + part), '') ??
    line
  )
}
