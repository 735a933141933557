import type { CalendarEvent, EventDetails, EventException, When } from './event.ts'
import { Failure } from './failure.ts'
import { datesOf } from './recurrence.ts'
import { instantOf, localOf } from './zone.ts'

/** One time of an event: the event itself, or one of its series. */
export interface Occurrence extends EventDetails {
  /** The event or the master of its series. */
  event: CalendarEvent
  type: 'single' | 'occurrence' | 'exception'
  /** As the series planned it. */
  originalStart: When
}

/** Occurrences that touch the time from `from` up to `to`, in order of their starts. A single event is one occurrence. */
export function occurrencesOf(event: CalendarEvent, from: Date, to: Date): Occurrence[] {
  const all = event.recurrence ? [...planned(event, to), ...moved(event, to)] : [single(event)]
  return all
    .filter((each) => instantOf(each.start) < to && (instantOf(each.end) > from || touches(each, from)))
    .sort((a, b) => instantOf(a.start).getTime() - instantOf(b.start).getTime())
}

/** The occurrence the series planned for that day (`2026-01-05` or its start). @throws Failure `notFound` */
export function occurrenceOn(event: CalendarEvent, originalStart: string): Occurrence {
  const date = originalStart.slice(0, 10)
  const found = datesOf(event.recurrence ?? NEVER, date).includes(date) ? occurrence(event, date) : undefined
  if (!found) throw new Failure('notFound', `The series “${event.subject}” has no occurrence on ${date}.`)
  return found
}

/** The exceptions of a series with one occurrence changed, or taken out. */
export function withException(
  event: CalendarEvent,
  originalStart: When,
  changes: Partial<EventDetails> | 'deleted',
  modified: Date,
): EventException[] {
  const before = exceptionOn(event, originalStart.local.slice(0, 10))
  const others = event.exceptions.filter((each) => each !== before)
  if (changes === 'deleted') return [...others, { originalStart, deleted: true }]
  const earlier = before && !before.deleted ? before.changes : {}
  return [...others, { originalStart, deleted: false, changes: { ...earlier, ...changes }, modified }]
}

/** Whether a series still has an occurrence that is not taken out. */
export function hasOccurrences(event: CalendarEvent): boolean {
  const { recurrence } = event
  if (!recurrence || (recurrence.count === undefined && recurrence.until === undefined)) return true
  return datesOf(recurrence, '9999-12-31').some((date) => !exceptionOn(event, date)?.deleted)
}

const NEVER = { pattern: { type: 'daily', interval: 1 }, start: '9999-12-31', count: 0 } as const

/** A meeting without length counts at its start. */
function touches({ start, end }: EventDetails, from: Date): boolean {
  return instantOf(start).getTime() === instantOf(end).getTime() && instantOf(start) >= from
}

function single(event: CalendarEvent): Occurrence {
  return { ...detailsOf(event), event, type: 'single', originalStart: event.start }
}

function planned(event: CalendarEvent, to: Date): Occurrence[] {
  const last = localOf(to, event.start.zone).slice(0, 10)
  return datesOf(event.recurrence ?? NEVER, last).flatMap((date) => occurrence(event, date) ?? [])
}

/** Exceptions that were moved forward from beyond the time asked for. */
function moved(event: CalendarEvent, to: Date): Occurrence[] {
  const last = localOf(to, event.start.zone).slice(0, 10)
  const later = event.exceptions.filter(({ originalStart }) => originalStart.local.slice(0, 10) > last)
  return later.flatMap(({ originalStart }) => occurrence(event, originalStart.local.slice(0, 10)) ?? [])
}

function occurrence(event: CalendarEvent, date: string): Occurrence | undefined {
  const exception = exceptionOn(event, date)
  if (exception?.deleted) return undefined
  const start = { local: `${date}T${event.start.local.slice(11, 19)}`, zone: event.start.zone }
  const plan = { ...detailsOf(event), start, end: endOf(event, start) }
  return { ...plan, ...exception?.changes, event, type: exception ? 'exception' : 'occurrence', originalStart: start }
}

/** As long after the start, by the wall clock, as the first one. */
function endOf({ start, end }: CalendarEvent, own: When): When {
  const length = Date.parse(`${end.local.slice(0, 19)}Z`) - Date.parse(`${start.local.slice(0, 19)}Z`)
  if (end.zone === start.zone)
    return { local: new Date(Date.parse(`${own.local}Z`) + length).toISOString().slice(0, 19), zone: own.zone }
  const time = instantOf(end).getTime() - instantOf(start).getTime()
  return { local: localOf(new Date(instantOf(own).getTime() + time), end.zone), zone: end.zone }
}

function exceptionOn(event: CalendarEvent, date: string): EventException | undefined {
  return event.exceptions.find(({ originalStart }) => originalStart.local.slice(0, 10) === date)
}

export function detailsOf(event: EventDetails): EventDetails {
  const { subject, body, location, start, end, allDay, showAs, sensitivity, importance, reminder } = event
  const { attendees, answer, answered, cancelled } = event
  const when = { start, end, allDay }
  return {
    subject,
    body,
    location,
    ...when,
    showAs,
    sensitivity,
    importance,
    reminder,
    attendees,
    answer,
    answered,
    cancelled,
  }
}
