import { type Local, occurrences } from '#calendar'
import type { Person } from '../items/index.ts'
import { letterOf } from './letter.ts'
import { type Component, componentsOf, type Line, linesOf, printComponent, withoutParam, withValue } from './lines.ts'
import { exceptionFor } from './occurrences.ts'
import { personOf, sentByOf } from './properties.ts'
import { calendarOf, fieldsOf, readEvent } from './readEvent.ts'
import { compareRevisions, type Revision, sequenceIn } from './revision.ts'
import { stamp, utc } from './stamp.ts'
import { instantIn, instantOfText } from './stamps.ts'
import { type IcalTime, onWallOf, readTime } from './times.ts'
import type { WriteOptions } from './writeFields.ts'

/** Answers of attendees, as they come by mail (RFC 5546 §3.2.3), and how the organizer's meeting takes them. */

/** What one attendee says of a meeting or of one of its occurrences. */
export interface Reply {
  attendee: Person
  /** Who may answer for the attendee, in lower case. */
  sentBy?: string
  /** In upper case: `ACCEPTED`, `DECLINED`, `TENTATIVE`, `DELEGATED`, … */
  answer: string
  /** Of the revision that is answered. */
  sequence: number
  /** When it was answered. */
  stamp?: Date
  /** The occurrence that is answered; absent: the meeting as a whole. */
  occurrence?: IcalTime
  /** When it takes place, as far as the attendee knows. */
  start?: IcalTime
}

/** How the meeting stands to an answer. */
export interface ReplyStanding {
  /** `gone`: the occurrence does not take place, or never did. */
  occurrence: 'there' | 'gone'
  isInvited: boolean
  /** The attendee's answer as it stands. */
  answer: string
  /** Of the last answer that was taken (RFC 5546 §2.1.5). */
  taken?: Revision
  /** Of the meeting. */
  sequence: number
  /** It takes place when the answer says. */
  isSameTime: boolean
}

/** @throws MailboxError `permanent`, with cause and remedy, for what is no answer */
export function readReplies(text: string, hints: WriteOptions): { method: string; uid: string; replies: Reply[] } {
  const { calendar, method, uid, events } = letterOf(text)
  const replies = events.flatMap((event) => {
    const [occurrence, start] = ['RECURRENCE-ID', 'DTSTART'].map((name) => {
      const [line] = linesOf(event, name)
      return line && readTime(line, calendar, hints)
    })
    const stamped = instantIn(event, 'DTSTAMP')
    return linesOf(event, 'ATTENDEE').map(
      (line): Reply => ({
        attendee: personOf(line),
        ...sentByOf(line),
        answer: partstatOf(line),
        sequence: sequenceIn(event),
        ...(stamped && { stamp: stamped }),
        ...(occurrence && { occurrence }),
        ...(start && { start }),
      }),
    )
  })
  return { method, uid, replies }
}

/** @throws MailboxError `permanent` for a meeting that cannot be read */
export function replyStanding(text: string, reply: Reply, options: WriteOptions): ReplyStanding {
  const calendar = calendarOf(text)
  const place = placeOf(text, calendar, reply, options)
  const { event, start } = place
  const line = event && lineOf(event, reply)
  const taken = line && takenOf(line)
  return {
    occurrence: event ? 'there' : 'gone',
    isInvited: line !== undefined,
    answer: line ? partstatOf(line) : '',
    ...(taken && { taken }),
    sequence: event ? sequenceIn(event) : 0,
    isSameTime: reply.start !== undefined && start !== undefined && onWallOf(reply.start, start) === start.at,
  }
}

/**
 * The meeting with the answer in it. Occurrences that had been answered alike go with the whole; an occurrence that is
 * answered by itself becomes an exception. Revision and time of the answer stay beside it, as Thunderbird keeps them.
 */
export function enterReply(text: string, reply: Reply & { stamp: Date }, options: WriteOptions): string {
  const calendar = calendarOf(text)
  const { event, originalStart } = placeOf(text, calendar, reply, options)
  const before = event && lineOf(event, reply)
  if (!event || !before) return text
  const answered = originalStart === undefined ? event : exceptionFor(calendar, originalStart, options)
  const alike = originalStart === undefined ? componentsOf(calendar, 'VEVENT').filter((one) => one !== event) : []
  const was = partstatOf(before)
  enter(answered, reply, options)
  for (const other of alike) {
    const own = lineOf(other, reply)
    const taken = own && takenOf(own)
    const isNewer = taken !== undefined && compareRevisions(taken, reply) > 0
    if (own && partstatOf(own) === was && !isNewer) enter(other, reply, options)
  }
  return printComponent(calendar)
}

function enter(event: Component, reply: Reply & { stamp: Date }, { now }: WriteOptions): void {
  const line = lineOf(event, reply)
  if (!line) return
  const said = withValue(withoutParam(line, 'RSVP'), line.value, {
    PARTSTAT: reply.answer,
    [SEQUENCE]: String(reply.sequence),
    [DTSTAMP]: utc(reply.stamp),
  })
  event.parts = event.parts.map((part) => (part === line ? said : part))
  stamp(event, now, 'attendee')
}

const SEQUENCE = 'RECEIVED-SEQUENCE'
const DTSTAMP = 'RECEIVED-DTSTAMP'

interface Place {
  /** What says who is invited: the exception of the occurrence, else the master. */
  event?: Component
  originalStart?: Local
  start?: IcalTime
}

function placeOf(text: string, calendar: Component, { occurrence }: Reply, options: WriteOptions): Place {
  const events = componentsOf(calendar, 'VEVENT')
  const master = events.find((event) => linesOf(event, 'RECURRENCE-ID').length === 0)
  if (!master) return {}
  const { start } = fieldsOf(master, calendar, options)
  if (!occurrence) return { event: master, start }
  const originalStart = onWallOf(occurrence, start)
  const own = events.find((event) => {
    const [id] = linesOf(event, 'RECURRENCE-ID')
    return id && onWallOf(readTime(id, calendar, options), start) === originalStart
  })
  if (own && isCancelled(own)) return {}
  if (own) return { event: own, originalStart, start: fieldsOf(own, calendar, options).start }
  const { series, fields } = readEvent(text, options)
  if (!series || 'cannot' in series || series.cancelled.includes(originalStart)) return {}
  const isOne =
    series.added?.includes(originalStart) ||
    lastOf(occurrences(series.recurrence, fields.time.start, { until: originalStart, limit: FURTHEST })) ===
      originalStart
  return isOne ? { event: master, originalStart, start: { ...start, at: originalStart } } : {}
}

/** Occurrences that are counted to find one: a daily meeting of thirteen years. */
const FURTHEST = 5_000

function lastOf<T>(all: Iterable<T>): T | undefined {
  let last: T | undefined
  for (const one of all) last = one
  return last
}

const lineOf = (event: Component, { attendee }: Reply): Line | undefined =>
  linesOf(event, 'ATTENDEE').find((line) => personOf(line).address === attendee.address)

const partstatOf = ({ params }: Line): string => (params['PARTSTAT'] ?? 'NEEDS-ACTION').toUpperCase()
const isCancelled = (event: Component): boolean => linesOf(event, 'STATUS')[0]?.value.toUpperCase() === 'CANCELLED'

function takenOf({ params }: Line): Revision | undefined {
  const said = params[DTSTAMP]
  const stamp = said === undefined ? undefined : instantOfText(said)
  const sequence = Number(params[SEQUENCE])
  return stamp && Number.isSafeInteger(sequence) ? { sequence, stamp } : undefined
}
