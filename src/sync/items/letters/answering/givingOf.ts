import { occurrences } from '#calendar'
import type { CalendarItem, Item, UnreadableItem } from '#mailbox'
import { isPast } from '../../plan/meeting.ts'
import type { AnsweredThen, Asked } from '../letter.ts'

/** What is done about an answer that a person gave in the CRM, and why. */
export type Giving =
  | { do: 'give'; item: CalendarItem; organizer: string }
  /** The server has it, and has told the organizer. */
  | { do: 'known'; finding: string }
  | { do: 'refuse'; why: string }
  /** It is not where it was, and may have been moved: this cycle looks where it is now, and the next one goes on. */
  | { do: 'wait' }

export interface GivingNow {
  now: Date
  serverTells: boolean
  /** The meeting is synchronized, and its link says where it was. */
  isLinked: boolean
  /** A cycle began to give it before, and died or lost the answer. */
  isBegun: boolean
}

/** Days that one series is followed to find an occurrence. */
const FURTHEST = 5_000

/**
 * Whether an answer is written into the invitation as it lies in the calendar. Where its server tells the organizer itself,
 * what stands there already was told only if a cycle began to give it: else its owner has put it there, and perhaps told
 * nobody. What stands there since a cycle began is neither what was said before nor what is to be said: its owner has
 * answered anew, which counts; or the meeting was moved, so that nobody can say what the organizer knows. Whoever went back
 * by hand to what was said before cannot be told from one whose answer was never given: it is given. Pure.
 */
export function givingOf(
  item: Item | UnreadableItem | undefined,
  asked: Asked,
  { now, serverTells, isLinked, isBegun }: GivingNow,
): Giving {
  if (!isLinked) return refuse('The calendar does not have the meeting any more, or it is no longer synchronized.')
  if (item?.kind === 'unreadable') return refuse('The invitation cannot be read.')
  const mayBeGiven = serverTells && isBegun
  // Exchange takes what is declined out of the calendar, the meeting or its occurrence.
  if (mayBeGiven && asked.answer === 'declined' && isOut(item, asked.originalStart))
    return { do: 'known', finding: 'declined; the calendar does not have it any more' }
  if (item === undefined) return { do: 'wait' }
  if (item.kind !== 'event') return refuse('The calendar does not have the meeting any more.')
  if (item.role !== 'attendee') return refuse('It is no invitation of somebody else.')
  if (item.cancelled) return refuse('Its organizer has called the meeting off.')
  if (isPast(item, now)) return refuse('The meeting is over.')
  if (!item.organizer?.address) return refuse('It names no organizer whom the answer could reach.')
  const { originalStart } = asked
  const isKnown = mayBeGiven && answerAt(item, originalStart) === asked.answer
  // Who comes once has not said to come every week: as Exchange does, the invitation is answered anew.
  if (!isKnown && isTurned(item, asked)) return refuse(asked.whole === 'meeting' ? REPEATS : REPEATS_NO_MORE)
  if (originalStart !== undefined && !takesPlace(item, originalStart))
    return refuse(`It does not take place on ${originalStart}.`)
  if (isKnown) return { do: 'known', finding: `${asked.answer} already` }
  const { begun } = asked
  if (mayBeGiven && begun) {
    const is = answeredIn(item, originalStart)
    if (is.answer === 'none' && is.start !== begun.start) return refuse(MOVED)
    if (is.answer !== begun.answer) return { do: 'known', finding: `${is.answer} since, which counts` }
  }
  return { do: 'give', item, organizer: item.organizer.address }
}

function isOut(item: Item | UnreadableItem | undefined, start: string | undefined): boolean {
  if (!item || item.kind !== 'event') return !item
  const { series } = item
  return start !== undefined && series !== undefined && !('cannot' in series) && series.cancelled.includes(start)
}

const REPEATS = 'The meeting has become a series since it was answered. Answer the series, or one of its occurrences.'
const REPEATS_NO_MORE = 'The series has become a single meeting since it was answered. Answer the meeting as it is now.'

function isTurned({ series, recurrenceId }: CalendarItem, { whole }: Asked): boolean {
  if (whole === undefined || recurrenceId !== undefined) return false
  return (series !== undefined) !== (whole === 'series')
}

function takesPlace({ series, recurrenceId, fields }: CalendarItem, start: string): boolean {
  if (!series) return recurrenceId === start
  if ('cannot' in series || series.cancelled.includes(start)) return false
  if (series.added?.includes(start) || series.exceptions.some(({ originalStart }) => originalStart === start))
    return true
  for (const one of occurrences(series.recurrence, fields.time.start, { until: start, limit: FURTHEST }))
    if (one === start) return true
  return false
}

/** What the calendar says now of what is answered. */
export function answeredIn(item: CalendarItem, start: string | undefined): AnsweredThen {
  const { series, fields } = item
  const exceptions = series && !('cannot' in series) ? series.exceptions : []
  const time = exceptions.find(({ originalStart }) => originalStart === start)?.fields.time ?? fields.time
  return { answer: answerAt(item, start), start: time.start }
}

const MOVED =
  'The meeting was moved while it was given, and its organizer may have it or not. Answer the meeting as it is now.'

function answerAt({ answer, series }: CalendarItem, start: string | undefined): CalendarItem['answer'] {
  const exceptions = series && !('cannot' in series) ? series.exceptions : []
  return exceptions.find(({ originalStart }) => originalStart === start)?.answer ?? answer
}

const refuse = (why: string): Giving => ({ do: 'refuse', why })
