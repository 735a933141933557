import type { EventFields, Person } from '../items/index.ts'
import {
  type Component,
  componentsOf,
  escapeText,
  type Line,
  linesOf,
  newComponent,
  newLine,
  printComponent,
  replaceLines,
} from './lines.ts'
import { exceptionFor } from './occurrences.ts'
import { attendeeLine, attendeesOf, personOf } from './properties.ts'
import { calendarOf, type ReadOptions, readEvent } from './readEvent.ts'
import { inCrlf } from './restore.ts'
import { utc } from './stamp.ts'
import type { WriteOptions } from './writeFields.ts'

/** What is told of a meeting by mail (RFC 5546), made of its text as it lies in the calendar. */

export interface TellOptions {
  now: Date
  /** Shown where the text names the organizer by the address alone. */
  organizerName?: string
}

/** What attendees are told; alarms, categories and whatever a program keeps for itself is the organizer's own. */
const WHAT = 'UID ORGANIZER RECURRENCE-ID DTSTART DTEND DURATION SUMMARY LOCATION GEO PRIORITY CLASS URL'
const REST = 'SEQUENCE STATUS RRULE RDATE EXDATE EXRULE DESCRIPTION X-ALT-DESC CONFERENCE X-GOOGLE-CONFERENCE'
const TOLD = new Set(`${WHAT} ${REST}`.split(' '))
/** Of a meeting that is called off: what it was. */
const CANCELLED = new Set(WHAT.split(' '))
/** Of a meeting that is answered: which one, and in which revision. */
const REPLIED = new Set('UID ORGANIZER RECURRENCE-ID DTSTART DTEND DURATION SUMMARY LOCATION SEQUENCE'.split(' '))

/** The invitation to a meeting, or its update: all of it, exceptions included (RFC 5546 §3.2.2). */
export function requestText(text: string, options: TellOptions): string {
  const calendar = calendarOf(text)
  const events = componentsOf(calendar, 'VEVENT').map((event) => {
    const sequence = linesOf(event, 'SEQUENCE').length > 0 ? [] : [newLine('SEQUENCE', '0')]
    return told(event, TOLD, [...sequence, ...attendeeLines(event)], options)
  })
  return message('REQUEST', calendar, events)
}

/**
 * The word that a meeting is off (RFC 5546 §3.2.5): for everybody, or for those alone who are no longer invited.
 */
export function cancelText(text: string, options: TellOptions & { uninvited?: Uninvited }): string {
  const { uninvited } = options
  const calendar = calendarOf(text)
  const event = masterOf(calendar)
  const people = attendeesOf(event).filter(({ address }) => !uninvited || uninvited.addresses.includes(address))
  const lines = [
    newLine('SEQUENCE', String(uninvited?.sequence ?? lastIn(calendar) + 1)),
    ...(uninvited ? [] : [newLine('STATUS', 'CANCELLED')]),
    ...people.map((one) => newLine('ATTENDEE', `mailto:${one.address}`, { CN: one.name })),
  ]
  return message('CANCEL', calendar, [told(event, CANCELLED, lines, options)])
}

/**
 * The owner's answer as the organizer gets it (RFC 5546 §3.2.3), made of the invitation with the answer in it: of the whole
 * with its exceptions, or of one occurrence. Of those invited it names its author alone.
 */
export function replyText(text: string, { originalStart, comment, name, ...options }: ReplyOptions): string {
  const calendar = calendarOf(text)
  const all = componentsOf(calendar, 'VEVENT')
  const chosen = originalStart === undefined ? all : [exceptionFor(calendar, originalStart, options)]
  const said = comment === undefined ? [] : [newLine('COMMENT', escapeText(comment))]
  const events = chosen.flatMap((event) => {
    const own = linesOf(event, 'ATTENDEE').find((line) => personOf(line).address === options.address)
    if (!own) return []
    const { PARTSTAT, CN = name } = own.params
    return [
      told(event, REPLIED, [newLine('ATTENDEE', `mailto:${options.address}`, { CN, PARTSTAT }), ...said], options),
    ]
  })
  return message('REPLY', calendar, events)
}

export interface ReplyOptions extends WriteOptions {
  originalStart?: string | undefined
  comment?: string | undefined
  /** Shown where the text names the owner by the address alone. */
  name?: string | undefined
}

/** Who is taken off, by addresses in lower case, and the sequence of the meeting as it is without them. */
export interface Uninvited {
  addresses: readonly string[]
  sequence: number
}

/** How often the organizer has changed what concerns others (RFC 5546 §2.1.4): whatever is changed, the master counts. */
export function sequenceOf(text: string): number {
  return sequenceIn(masterOf(calendarOf(text)))
}

/** Of the master and all exceptions: what comes after counts more than each of them. */
function lastIn(calendar: Component): number {
  return Math.max(0, ...componentsOf(calendar, 'VEVENT').map(sequenceIn))
}

function sequenceIn(event: Component): number {
  return Number(linesOf(event, 'SEQUENCE')[0]?.value) || 0
}

/** All that attendees see of a meeting but answers, to be compared: what differs deserves an update. */
export function shownToAttendees(text: string, options: ReadOptions): string {
  const { fields, series, uid, recurrenceId, cancelled } = readEvent(text, options)
  const repeats =
    series && !('cannot' in series)
      ? {
          ...series,
          exceptions: series.exceptions
            .map(({ originalStart, fields: own, cleared = [] }) => {
              const gone = cleared.filter((name) => VISIBLE.has(name))
              return { originalStart, ...shown(own), ...(gone.length > 0 && { gone }) }
            })
            .filter((one) => Object.keys(one).length > 1),
        }
      : series
  return JSON.stringify({ uid, recurrenceId, cancelled, ...shown(fields), repeats })
}

const VISIBLE = new Set<string>(['subject', 'body', 'location', 'time', 'importance', 'sensitivity', 'attendees'])

function shown({ subject, body, location, time, importance, sensitivity, attendees }: Partial<EventFields>) {
  const people = attendees?.map(({ address, role }) => [address, role]).sort()
  return { subject, body: body?.text, location, time, importance, sensitivity, people }
}

function message(method: 'REQUEST' | 'CANCEL' | 'REPLY', calendar: Component, events: readonly Component[]): string {
  const head = [newLine('VERSION', '2.0'), newLine('PRODID', '-//Regarding//Regarding//EN'), newLine('METHOD', method)]
  return inCrlf(printComponent(newComponent('VCALENDAR', [...head, ...componentsOf(calendar, 'VTIMEZONE'), ...events])))
}

function told(event: Component, names: ReadonlySet<string>, more: readonly Line[], options: TellOptions): Component {
  const kept = event.parts.filter((part): part is Line => !('parts' in part) && names.has(part.name))
  const made = newComponent('VEVENT', [...kept, ...more])
  replaceLines(made, ['DTSTAMP'], [newLine('DTSTAMP', utc(options.now))])
  const [organizer] = linesOf(event, 'ORGANIZER').map(personOf)
  if (organizer) replaceLines(made, ['ORGANIZER'], [organizerLine(organizer, options)])
  return made
}

function organizerLine({ address, name }: Person, { organizerName }: TellOptions): Line {
  return newLine('ORGANIZER', `mailto:${address}`, { CN: name ?? organizerName })
}

/** Without what the calendar server keeps with them; each is asked for an answer. */
function attendeeLines(event: Component): Line[] {
  return attendeesOf(event)
    .filter(({ address }) => address !== '')
    .map(attendeeLine)
}

function masterOf(calendar: Component): Component {
  const events = componentsOf(calendar, 'VEVENT')
  const master = events.find((event) => linesOf(event, 'RECURRENCE-ID').length === 0) ?? events[0]
  return master ?? newComponent('VEVENT')
}
