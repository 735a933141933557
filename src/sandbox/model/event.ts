import type { Body, FileAttachment, Importance, ItemBase, Person, Sensitivity } from './base.ts'
import type { Recurrence } from './recurrence.ts'

/** A wall clock's time `2026-01-05T10:00:00` in a zone, named as it was given: Windows or IANA. */
export interface When {
  local: string
  zone: string
}

export type ShowAs = 'free' | 'tentative' | 'busy' | 'oof' | 'workingElsewhere'
export type Answer = 'none' | 'organizer' | 'tentative' | 'accepted' | 'declined' | 'notResponded'

export interface Attendee extends Person {
  type: 'required' | 'optional' | 'resource'
  answer: Answer
  answered?: Date | undefined
}

/** What one occurrence may have of its own. */
export interface EventDetails {
  readonly subject: string
  readonly body: Body
  readonly location: string
  readonly start: When
  readonly end: When
  /** From midnight to midnight, in the zone of `start`. */
  readonly allDay: boolean
  readonly showAs: ShowAs
  readonly sensitivity: Sensitivity
  readonly importance: Importance
  /** Minutes before the start; undefined is no reminder. */
  readonly reminder: number | undefined
  readonly attendees: readonly Attendee[]
  /** What the owner of the mailbox answered. */
  readonly answer: Answer
  readonly answered?: Date | undefined
  readonly cancelled: boolean
}

/** An occurrence of a series that differs from it, by its start as the series planned it. */
export type EventException = { readonly originalStart: When } & (
  | { readonly deleted: true }
  | { readonly deleted: false; readonly changes: Partial<EventDetails>; readonly modified: Date }
)

/** A single event, or the master of a series with its exceptions. */
export interface CalendarEvent extends ItemBase, EventDetails {
  readonly kind: 'event'
  /** The same for organizer and attendees (RFC 5545 UID). */
  readonly uid: string
  /** RFC 5545 SEQUENCE. */
  readonly sequence: number
  readonly organizer: Person
  /** Whether the owner of the mailbox is the organizer. */
  readonly mine: boolean
  readonly responseRequested: boolean
  readonly recurrence?: Recurrence | undefined
  readonly exceptions: readonly EventException[]
  /** How it repeated before: who was told of those occurrences is told that they are gone. */
  readonly former?: readonly Recurrence[] | undefined
  readonly online: boolean
  readonly onlineUrl?: string | undefined
  /** Given by who created it, so that the same event is not created twice. */
  readonly transactionId?: string | undefined
  readonly attachments: readonly FileAttachment[]
}
