import type { FolderId, ItemId, Person } from '#mailbox'
import type { ItemTable } from '../model.ts'

/**
 * An invitation, its update or its cancellation, which goes by mail where the calendar's server tells nobody (RFC 6047).
 * It is kept from before the calendar is written to until it was sent and filed.
 */
export interface Letter {
  id: string
  mailboxId: string
  /** With angle brackets. The same change of the same meeting has the same one (law 2). */
  messageId: string
  state: LetterState
  /** What is done to the item, and by what it is known whether it was done. */
  about: LetterSubject
  record: { table: ItemTable; id: string }
  content: LetterContent
  attempts: number
  madeOn: Date
}

/**
 * `meant`: the calendar may not have taken the change yet. `sending`: the mail server may have it. `sent`: not in Sent
 * Items yet. `uncertain`: nobody can say whether it was sent.
 */
export type LetterState = 'meant' | 'due' | 'sending' | 'sent' | 'done' | 'uncertain' | 'failed'

export interface LetterSubject {
  deed: 'create' | 'update' | 'remove'
  folder?: FolderId
  itemId?: ItemId
  uid?: string
  /** Hash of what attendees see of the meeting once it is changed. */
  shown?: string
}

export interface LetterContent {
  method: 'REQUEST' | 'CANCEL'
  from: Person
  to: Person[]
  subject: string
  text: string
  /** iCalendar (RFC 5546). */
  calendar: string
}
