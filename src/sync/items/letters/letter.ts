import type { Local } from '#calendar'
import type { Answer, FolderId, ItemId, Person } from '#mailbox'
import type { ItemTable } from '../model.ts'

/**
 * An invitation, its update, its cancellation or an answer to one, which goes by mail where the calendar's server tells
 * nobody (RFC 6047). It is kept from before the calendar is written to until it was sent and filed.
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
 * `asked`: a person has given an answer, and the calendar may not have it yet. `meant`: the calendar may not have taken the change yet. `sending`: the mail server may have it. `sent`: not in Sent
 * Items yet. `uncertain`: nobody can say whether it was sent.
 */
export type LetterState = 'asked' | 'meant' | 'due' | 'sending' | 'sent' | 'done' | 'uncertain' | 'failed'

export interface LetterSubject {
  deed: 'create' | 'update' | 'remove' | 'answer'
  folder?: FolderId
  itemId?: ItemId
  uid?: string
  /** Hash of what attendees see of the meeting once it is changed. */
  shown?: string
}

export interface LetterContent {
  method: 'REQUEST' | 'CANCEL' | 'REPLY'
  from: Person
  to: Person[]
  subject: string
  text: string
  /** iCalendar (RFC 5546). */
  calendar: string
}

/** An answer to an invitation, as a person gave it in the CRM. */
export interface Asked {
  answer: Exclude<Answer, 'none'>
  comment?: string
  /** What it was when it was answered, also where one occurrence was; absent: not known. */
  whole?: 'meeting' | 'series'
  /** Of the occurrence that is answered, on the wall of its series' zone; absent: the whole. */
  originalStart?: Local
  /** What the calendar said when a cycle began to give it: what is otherwise since has come from elsewhere. */
  begun?: AnsweredThen
}

/** What a calendar says of an invitation: the answer, and to which time. */
export interface AnsweredThen {
  answer: Answer
  start: Local
}
