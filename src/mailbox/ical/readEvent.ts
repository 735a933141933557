import { instantOf, type Local, localOf, parseRrule, RecurrenceError } from '#calendar'
import { itemRefused } from '../failures.ts'
import type { Answer, CalendarItem, EventException, EventFields, EventTime, Person, Series } from '../items/index.ts'
import { durationOf } from './duration.ts'
import { type Component, componentsOf, type Line, linesOf, parseComponents, readComponents } from './lines.ts'
import { marksOf } from './marks.ts'
import { attendeesOf, personOf, plainFields } from './properties.ts'
import { type Stamps, stampsOf } from './stamps.ts'
import { type IcalTime, onWallOf, readTime, readTimes, type ZoneHints } from './times.ts'

export interface ReadOptions extends ZoneHints {
  /** The owner of the mailbox, in lower case: whose part and answer are told. */
  address: string
}

/** What a file of iCalendar says of one meeting, without what the server adds (ref, attachments, modification time). */
export type IcalEvent = Omit<CalendarItem, 'ref' | 'attachments' | 'modified' | 'created'> & Stamps

/**
 * Reads the VEVENTs of one UID: a master with its exceptions, or an occurrence that stands alone.
 * @throws MailboxError `permanent` naming what cannot be read.
 */
export function readEvent(text: string, options: ReadOptions): IcalEvent {
  const calendar = calendarIn(readComponents(text))
  const events = componentsOf(calendar, 'VEVENT')
  const master = events.find((event) => linesOf(event, 'RECURRENCE-ID').length === 0)
  const event = master ?? events[0]
  if (!event) throw itemRefused('The item holds no appointment (VEVENT).')
  const { fields, start } = fieldsOf(event, calendar, options)
  const series = master && seriesOf(master, events, calendar, { fields, start }, options)
  const [alone] = master ? [] : linesOf(event, 'RECURRENCE-ID')
  const [uid] = linesOf(event, 'UID')
  const part = partOf(event, linesOf(event, 'ORGANIZER').map(personOf)[0], options.address)
  return {
    kind: 'event',
    ...(uid && { uid: uid.value.trim() }),
    marks: marksOf(event, part.role === 'attendee' ? options.address : undefined),
    ...stampsOf(event),
    fields,
    ...(series && { series }),
    ...(alone && { recurrenceId: onWallOf(readTime(alone, calendar, options), start) }),
    ...part,
    cancelled: linesOf(event, 'STATUS')[0]?.value.toUpperCase() === 'CANCELLED',
  }
}

/** The calendar, to be changed. */
export function calendarOf(text: string): Component {
  return calendarIn(parseComponents(text))
}

function calendarIn(components: readonly Component[]): Component {
  const calendar = components.find(({ name }) => name === 'VCALENDAR')
  if (!calendar) throw itemRefused('The item is no iCalendar text. Repair it where it was made.')
  return calendar
}

/** The fields of one VEVENT, and its start as it is said. */
export function fieldsOf(
  event: Component,
  calendar: Component,
  hints: ZoneHints,
): { fields: EventFields; start: IcalTime } {
  const [startLine] = linesOf(event, 'DTSTART')
  if (!startLine) throw itemRefused('The appointment has no start (DTSTART). Repair it where it was made.')
  const start = readTime(startLine, calendar, hints)
  const time: EventTime = {
    allDay: start.allDay,
    start: start.at,
    end: endOf(event, start, calendar, hints),
    zone: start.zone,
  }
  return { fields: { ...plainFields(event), time }, start }
}

function endOf(event: Component, start: IcalTime, calendar: Component, hints: ZoneHints): Local {
  const [end] = linesOf(event, 'DTEND')
  if (end) return onWallOf(readTime(end, calendar, hints), start)
  const seconds = durationOf(linesOf(event, 'DURATION')[0]?.value) ?? (start.allDay ? 86_400 : 0)
  const at = localOf(instantOf(start.at, 'UTC') + seconds * 1000, 'UTC')
  return start.allDay ? at.slice(0, 10) : at
}

function seriesOf(
  master: Component,
  events: readonly Component[],
  calendar: Component,
  { fields, start }: { fields: EventFields; start: IcalTime },
  options: ReadOptions,
): Series | undefined {
  const masters = events.filter((event) => linesOf(event, 'RECURRENCE-ID').length === 0)
  if (masters.length > 1)
    throw itemRefused('The item holds two appointments with one UID. Delete one of them where it was made.')
  const [rule, second] = linesOf(master, 'RRULE')
  const added = timesOf(linesOf(master, 'RDATE'), start, calendar, options)
  if (!rule) return added.length > 0 ? { cannot: 'dates without a pattern (RDATE)' } : undefined
  if (second || linesOf(master, 'EXRULE').length > 0) return { cannot: 'several patterns at once' }
  if (events.some(isForMore)) return { cannot: 'a change of one meeting and all that follow it (RANGE)' }
  const cancelled = timesOf(linesOf(master, 'EXDATE'), start, calendar, options)
  const [organizer] = linesOf(master, 'ORGANIZER').map(personOf)
  const answer = answerIn(master, organizer, options.address)
  const exceptions: EventException[] = []
  for (const event of events.filter((event) => event !== master)) {
    const [id] = linesOf(event, 'RECURRENCE-ID')
    if (!id) continue
    const originalStart = onWallOf(readTime(id, calendar, options), start)
    if (linesOf(event, 'STATUS')[0]?.value.toUpperCase() === 'CANCELLED') cancelled.push(originalStart)
    else {
      const own = answerIn(event, organizer, options.address)
      const exception = exceptionOf(originalStart, fields, fieldsOf(event, calendar, options).fields)
      exceptions.push({ ...exception, ...(own !== answer && { answer: own }) })
    }
  }
  try {
    return {
      recurrence: parseRrule(rule.value, start.zone),
      ...(added.length > 0 && { added }),
      cancelled: [...new Set(cancelled)].sort(),
      exceptions: exceptions.sort((a, b) => (a.originalStart < b.originalStart ? -1 : 1)),
    }
  } catch (error) {
    if (error instanceof RecurrenceError) return { cannot: error.message }
    throw error
  }
}

/** RFC 5545 §3.2.13: it is meant for all that follow too. */
function isForMore(event: Component): boolean {
  return linesOf(event, 'RECURRENCE-ID').some(({ params }) => params['RANGE'] !== undefined)
}

function timesOf(lines: readonly Line[], start: IcalTime, calendar: Component, hints: ZoneHints): Local[] {
  const all = lines.flatMap(({ value, params }) => readTimes(value, params, calendar, hints))
  return [...new Set(all.map((time) => onWallOf(time, start)))].sort()
}

/** What an occurrence says otherwise than its master. */
function exceptionOf(originalStart: Local, master: EventFields, own: EventFields): EventException {
  const { time, ...others } = own
  const moved =
    time.start !== originalStart || lengthOf(time) !== lengthOf(master.time) || time.zone !== master.time.zone
  const differs = Object.entries(others).filter(([name, value]) => !isSame(value, master[name as keyof EventFields]))
  const cleared = Object.keys(master).filter((name) => !(name in own)) as NonNullable<EventException['cleared']>
  const fields = { ...Object.fromEntries(differs), ...(moved && { time }) } as Partial<EventFields>
  return { originalStart, fields, ...(cleared.length > 0 && { cleared: cleared.sort() }) }
}

function lengthOf({ start, end }: EventTime): number {
  return instantOf(end, 'UTC') - instantOf(start, 'UTC')
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function partOf(
  event: Component,
  organizer: Person | undefined,
  address: string,
): Pick<CalendarItem, 'role' | 'answer'> & { organizer?: Person } {
  const attendees = attendeesOf(event)
  if (!organizer) return { role: 'none', answer: 'none' }
  const role = organizer.address === address ? (attendees.length > 0 ? 'organizer' : 'none') : 'attendee'
  return { role, organizer, answer: answerIn(event, organizer, address) }
}

/** The owner's own, to somebody else's meeting. */
function answerIn(event: Component, organizer: Person | undefined, address: string): Answer {
  if (!organizer || organizer.address === address) return 'none'
  return attendeesOf(event).find((one) => one.address === address)?.answer ?? 'none'
}
