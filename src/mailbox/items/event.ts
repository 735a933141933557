import type { Inexpressible, Local, Recurrence, Zone } from '#calendar'
import type { Body, Importance, ItemFrame, Sensitivity } from './common.ts'

/**
 * An appointment or meeting: a single one, or the master of a series with its exceptions within (AP-70). Occurrences are
 * never items of their own. Fields that are absent are empty.
 */
export interface CalendarItem extends ItemFrame {
  kind: 'event'
  fields: EventFields
  /** Absent: it does not repeat. */
  series?: Series
  /**
   * Set for an occurrence that stands alone: somebody else's series of which this mailbox has only this one, by the start
   * it would have had. With the UID it is the identity of the meeting (B-60).
   */
  recurrenceId?: Local
  /** The part this mailbox plays; `none`: no meeting, nobody is invited. */
  role: 'none' | 'organizer' | 'attendee'
  /** Absent where the server does not say (AP-58). Written by creating only. */
  organizer?: Person
  /** This mailbox's own answer to an invitation; changed by `respond` only. */
  answer: Answer
  /** The organizer has called the meeting off, and the item still lies in the calendar. */
  cancelled: boolean
}

/** What can be written (field maps 10.1 and 10.2). Required ones are never absent in an item, and cannot be cleared. */
export interface EventFields {
  subject?: string
  body?: Body
  location?: string
  time: EventTime
  showAs: ShowAs
  importance: Importance
  sensitivity: Sensitivity
  /** Minutes before the start; absent: no reminder. */
  reminder?: number
  /** Without the organizer; absent: nobody. Answers are the attendees' own: what a patch says of them is not written. */
  attendees?: Attendee[]
  categories?: string[]
  /** The address of the online meeting; read only. */
  joinUrl?: string
}

/**
 * Start and end on the wall of `zone`. All day: both are days, the end being the day after the last, from midnight to
 * midnight in `zone` (AP-60). An item without end ends when it starts; one that ends before is told as it is.
 */
export interface EventTime {
  allDay: boolean
  start: Local
  end: Local
  zone: Zone
}

export type ShowAs = 'free' | 'tentative' | 'busy' | 'outOfOffice' | 'workingElsewhere'
export type Answer = 'none' | 'accepted' | 'tentative' | 'declined'

export interface Person {
  /** In lower case; empty where the server names somebody without an address. */
  address: string
  name?: string
}

export interface Attendee extends Person {
  role: 'required' | 'optional' | 'resource'
  answer: Answer
}

/**
 * How a master repeats. Original starts are on the wall of the master's zone, days where it is all day, and sorted.
 * `cannot`: a recurrence that `#calendar` has no value for, and why (AP-75); it is kept as it is.
 */
export type Series = SeriesParts | Inexpressible

export interface SeriesParts {
  recurrence: Recurrence
  /** Starts besides those of the recurrence (RDATE). */
  added?: Local[]
  /** Original starts of occurrences that were deleted. */
  cancelled: Local[]
  exceptions: EventException[]
}

/** An occurrence that differs from its master. */
export interface EventException {
  originalStart: Local
  /** Only the fields that differ. */
  fields: Partial<EventFields>
  /** Fields that the master has and this occurrence has not. */
  cleared?: ClearableEventField[]
  /** This mailbox's own answer to the occurrence, where it differs. */
  answer?: Answer
}

export type ClearableEventField = Exclude<
  keyof EventFields,
  'time' | 'showAs' | 'importance' | 'sensitivity' | 'joinUrl'
>
