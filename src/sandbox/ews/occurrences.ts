import {
  type CalendarEvent,
  datesOf,
  detailsOf,
  Failure,
  type Occurrence,
  occurrenceId,
  occurrenceOn,
  type When,
} from '../model/index.ts'
import { EwsFailure } from './failure.ts'

/** An event as EWS shows it: a single one, the master of a series, or one occurrence with an id of its own. */
export interface CalendarView extends CalendarEvent {
  readonly occurrence?: { readonly type: 'occurrence' | 'exception'; readonly originalStart: When } | undefined
}

/** One occurrence as an item; a single event is the item itself. */
export function viewOfOccurrence(occurrence: Occurrence): CalendarView {
  const { event, type, originalStart } = occurrence
  if (type === 'single') return event
  return {
    ...event,
    ...detailsOf(occurrence),
    entryId: occurrenceId(event.entryId, originalStart.local),
    recurrence: undefined,
    exceptions: [],
    occurrence: { type, originalStart },
  }
}

/** The occurrence that a series planned for a day. @throws EwsFailure when it was taken out or never planned */
export function occurrenceAt(event: CalendarEvent, date: string): CalendarView {
  try {
    return viewOfOccurrence(occurrenceOn(event, date))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new EwsFailure(
      isDeleted(event, date) ? 'ErrorCalendarOccurrenceIsDeletedFromRecurrence' : 'ErrorItemNotFound',
    )
  }
}

/** The occurrence of a number, from 1; those that were taken out count. @throws EwsFailure */
export function occurrenceByIndex(event: CalendarEvent, index: number): CalendarView {
  const date = event.recurrence && datesOf(event.recurrence, '9999-12-31')[index - 1]
  if (date === undefined) throw new EwsFailure('ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange')
  return occurrenceAt(event, date)
}

function isDeleted(event: CalendarEvent, date: string): boolean {
  return event.exceptions.some(({ deleted, originalStart }) => deleted && originalStart.local.startsWith(date))
}

/** Dates of a series without end are told this far. */
const HORIZON_YEARS = 10

/** First and last occurrence that are not taken out; no last one of a series without end. */
export function endsOf(event: CalendarEvent): { first: CalendarView | undefined; last: CalendarView | undefined } {
  const { recurrence } = event
  if (!recurrence) return { first: undefined, last: undefined }
  const endless = recurrence.until === undefined && recurrence.count === undefined
  const horizon = `${Number(recurrence.start.slice(0, 4)) + HORIZON_YEARS}-12-31`
  const dates = datesOf(recurrence, endless ? horizon : '9999-12-31').filter((date) => !isDeleted(event, date))
  const [first] = dates
  const last = endless ? undefined : dates.at(-1)
  return { first: first ? occurrenceAt(event, first) : undefined, last: last ? occurrenceAt(event, last) : undefined }
}
