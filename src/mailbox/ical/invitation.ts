import { itemRefused } from '../failures.ts'
import type { Person } from '../items/index.ts'
import { letterOf } from './letter.ts'
import {
  type Component,
  componentsOf,
  type Line,
  linesOf,
  newComponent,
  newLine,
  printComponent,
  replaceLines,
  withoutParam,
  withValue,
} from './lines.ts'
import { exceptionFor } from './occurrences.ts'
import { personOf, sentByOf } from './properties.ts'
import { calendarOf, fieldsOf, type IcalEvent, readEvent } from './readEvent.ts'
import { inCrlf } from './restore.ts'
import { compareRevisions, type Revision, revisionIn } from './revision.ts'
import { stamp } from './stamp.ts'
import { onWallOf, readTime } from './times.ts'
import type { WriteOptions } from './writeFields.ts'

/** Invitations and cancellations of others, as they come by mail (RFC 5546 §3.2.2, §3.2.5), and the attendee's calendar. */

export interface Invitation {
  /** Of the text itself. */
  method: string
  uid: string
  organizer?: Person
  /** Who may write for the organizer, in lower case. */
  sentBy?: string
  /** The owner is among those it concerns. A cancellation that names nobody concerns everybody. */
  isForOwner: boolean
  /** Of the meeting as a whole, or of the occurrences that it is about. */
  isWhole: boolean
  revision: Revision
  /** It tells no SEQUENCE, as servers do that call off a meeting for its organizer: its stamp alone counts. */
  isUncounted: boolean
  /** What it says of the meeting. */
  event: Pick<IcalEvent, 'fields' | 'series'>
}

/** @throws MailboxError `permanent`, with cause and remedy, for what is no letter about one meeting */
export function readInvitation(text: string, options: WriteOptions, received: Date): Invitation {
  const { method, uid, events } = letterOf(text)
  const { fields, series } = readEvent(text, options)
  if (series && !('cannot' in series) && OFTEN.has(series.recurrence.frequency))
    throw itemRefused('It repeats more often than daily. Look at it in the mail program.')
  const [first = newComponent('VEVENT')] = events
  const main = masterIn(events) ?? first
  const [line] = linesOf(main, 'ORGANIZER')
  const people = events.flatMap((event) => linesOf(event, 'ATTENDEE').map((one) => personOf(one).address))
  return {
    method,
    uid,
    ...(line && { organizer: personOf(line), ...sentByOf(line) }),
    isForOwner: people.includes(options.address) || (method === 'CANCEL' && people.length === 0),
    isWhole: masterIn(events) !== undefined,
    revision: events.map((event) => revisionIn(event, received)).reduce(newer),
    isUncounted: events.every(isUncounted),
    event: { fields, ...(series && { series }) },
  }
}

/**
 * The revision of what lies in the calendar, as far as a letter is about it; absent where that is the master's, which says
 * nothing about an occurrence.
 */
export function revisionOf(text: string, letter: string, options: WriteOptions): Revision | undefined {
  const { events } = letterOf(letter)
  const calendar = calendarOf(text)
  const all = componentsOf(calendar, 'VEVENT')
  const concerned = events.flatMap((event) => counterpart(all, calendar, event, calendarOf(letter), options) ?? [])
  const never = new Date(0)
  return concerned.length === 0 ? undefined : concerned.map((event) => revisionIn(event, never)).reduce(newer)
}

/** What is put into the calendar of somebody who is invited: what the organizer says, unanswered and tentative. */
export function invitedText(text: string, options: WriteOptions): string {
  const { calendar, events } = letterOf(text)
  const made = events.map((event) => {
    const own = theirs(event, options)
    replaceLines(own, [BUSY], [newLine(BUSY, 'TENTATIVE')])
    stamp(own, options.now, 'attendee')
    return own
  })
  return printed([...componentsOf(calendar, 'VTIMEZONE'), ...made])
}

/**
 * The meeting as the organizer has it now. What is the owner's own stays: alarms, categories, whatever her programs keep, and
 * her answer, unless the time is another one.
 */
export function updatedText(text: string, letter: string, options: WriteOptions): string {
  const news = letterOf(letter)
  const calendar = calendarOf(text)
  const all = componentsOf(calendar, 'VEVENT')
  const merged = news.events.map((event) => {
    const own = counterpart(all, calendar, event, news.calendar, options)
    return { own, made: merge(event, own, { calendar, news: news.calendar }, options) }
  })
  const replaced = new Set(merged.map(({ own }) => own))
  const kept = masterIn(news.events) ? [] : all.filter((event) => !replaced.has(event))
  const zones = componentsOf(masterIn(news.events) ? news.calendar : calendar, 'VTIMEZONE')
  const known = new Set(zones.map(tzidOf))
  const others = componentsOf(masterIn(news.events) ? calendar : news.calendar, 'VTIMEZONE')
  const more = others.filter((zone) => !known.has(tzidOf(zone)))
  return printed([...zones, ...more, ...kept, ...merged.map(({ made }) => made)])
}

/** The meeting, or its occurrences, called off: it stays in the calendar, and blocks no time. */
export function cancelledText(text: string, letter: string, options: WriteOptions): string {
  const { calendar: news, events } = letterOf(letter)
  const calendar = calendarOf(text)
  const all = componentsOf(calendar, 'VEVENT')
  const master = masterIn(all)
  const isWhole = masterIn(events) !== undefined
  const concerned = isWhole
    ? all
    : events.flatMap((event) => {
        const there = counterpart(all, calendar, event, news, options)
        if (there || !master) return there ?? []
        const [id] = linesOf(event, 'RECURRENCE-ID')
        const { start } = fieldsOf(master, calendar, options)
        return id ? [exceptionFor(calendar, onWallOf(readTime(id, news, options), start), options)] : []
      })
  const { sequence } = events.map((event) => revisionIn(event, options.now)).reduce(newer)
  for (const event of concerned) {
    replaceLines(event, ['STATUS'], [newLine('STATUS', 'CANCELLED')])
    if (!events.every(isUncounted)) replaceLines(event, ['SEQUENCE'], [newLine('SEQUENCE', String(sequence))])
    replaceLines(event, ['TRANSP', BUSY], [newLine('TRANSP', 'TRANSPARENT'), newLine(BUSY, 'FREE')])
    stamp(event, options.now, 'attendee')
  }
  return printComponent(calendar)
}

const isUncounted = (event: Component): boolean => linesOf(event, 'SEQUENCE').length === 0

/** No meeting of people does; to count its occurrences would take long. */
const OFTEN = new Set(['secondly', 'minutely', 'hourly'])

const BUSY = 'X-MICROSOFT-CDO-BUSYSTATUS'
/** What the organizer says. Whatever else comes along is for programs, and not for ours. */
const SAID = new Set(
  `UID ORGANIZER ATTENDEE RECURRENCE-ID DTSTAMP DTSTART DTEND DURATION SUMMARY LOCATION GEO PRIORITY CLASS URL SEQUENCE STATUS
  RRULE RDATE EXDATE DESCRIPTION CONFERENCE X-GOOGLE-CONFERENCE`.split(/\s+/),
)
const NOT_KEPT = new Set([...SAID, 'X-ALT-DESC', 'EXRULE'])

/** The organizer's part of a meeting, in which the owner has not answered. */
function theirs(event: Component, { address }: WriteOptions): Component {
  const lines = event.parts.filter((part): part is Line => !('parts' in part) && SAID.has(part.name))
  return newComponent(
    'VEVENT',
    lines.map((line) =>
      line.name === 'ATTENDEE' && personOf(line).address === address
        ? withValue(withoutParam(line, 'RSVP'), line.value, { PARTSTAT: 'NEEDS-ACTION', RSVP: 'TRUE' })
        : line,
    ),
  )
}

function merge(
  event: Component,
  own: Component | undefined,
  { calendar, news }: { calendar: Component; news: Component },
  options: WriteOptions,
): Component {
  const made = theirs(event, options)
  if (!own) {
    made.parts.push(newLine(BUSY, 'TENTATIVE'))
    return made
  }
  const [is, was] = [fieldsOf(event, news, options), fieldsOf(own, calendar, options)]
  const isSameTime = onWallOf(is.start, was.start) === was.start.at
  const answered = linesOf(own, 'ATTENDEE').find((line) => personOf(line).address === options.address)
  if (isSameTime && answered)
    made.parts = made.parts.map((part) =>
      !('parts' in part) && part.name === 'ATTENDEE' && personOf(part).address === options.address ? answered : part,
    )
  made.parts.push(...own.parts.filter((part) => 'parts' in part || !NOT_KEPT.has(part.name)))
  if (!isSameTime) replaceLines(made, [BUSY], [newLine(BUSY, 'TENTATIVE')])
  stamp(made, options.now, 'attendee')
  return made
}

/** The same occurrence, or the master, among `all`. */
function counterpart(
  all: readonly Component[],
  calendar: Component,
  event: Component,
  news: Component,
  options: WriteOptions,
): Component | undefined {
  const [id] = linesOf(event, 'RECURRENCE-ID')
  const first = masterIn(all) ?? all[0]
  if (!id || !first) return masterIn(all)
  const { start } = fieldsOf(first, calendar, options)
  const at = onWallOf(readTime(id, news, options), start)
  return all.find((one) => {
    const [own] = linesOf(one, 'RECURRENCE-ID')
    return own && onWallOf(readTime(own, calendar, options), start) === at
  })
}

function printed(parts: Component[]): string {
  const head = [newLine('VERSION', '2.0'), newLine('PRODID', '-//Regarding//Regarding//EN')]
  return inCrlf(printComponent(newComponent('VCALENDAR', [...head, ...parts])))
}

const masterIn = (events: readonly Component[]): Component | undefined =>
  events.find((event) => linesOf(event, 'RECURRENCE-ID').length === 0)

const tzidOf = (zone: Component): string => linesOf(zone, 'TZID')[0]?.value ?? ''

const newer = (one: Revision, other: Revision): Revision => (compareRevisions(one, other) < 0 ? other : one)
