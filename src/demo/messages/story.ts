import type { Outcome, ReasonCode } from '#incoming'
import type { MailboxKey } from '../company/users.ts'
import type { RecordKey } from '../ids.ts'

/** A conversation with what must become of each of its messages. */
export interface Story {
  title: string
  letters: readonly Letter[]
}

/** Where a copy lies: the mailbox, and the folder unless it is the Inbox, e.g. `mira`, `mira/Sent`. */
export type Place = MailboxKey | `${MailboxKey}/${string}`

export interface Letter {
  /** Unique; the Message-ID is made of it. */
  id: string
  /** Keys of people, or `Name <address>`. */
  from: string
  to?: readonly string[]
  cc?: readonly string[]
  /** Written into the message only where it is one's own sent copy. */
  bcc?: readonly string[]
  /** `Re: ` and the subject of the message answered, without it. */
  subject?: string
  /** Days before today and the hour, e.g. `-12 09:14`; only the hour of today for what arrives while the demo runs. */
  when: string
  text: string
  /** The id of the message it continues. */
  answers?: string
  /** What of the conversation the headers still tell; `full` without it. */
  threading?: 'full' | 'threadIndex' | 'none'
  /** Further header fields; null leaves a usual one out. Values are written as they are. */
  headers?: Readonly<Record<string, string | null>>
  charset?: Charset
  html?: boolean
  attachments?: readonly LetterAttachment[]
  /** The body with its Content-Type, in place of text and attachments. */
  body?: { type: string; content: Uint8Array }
  in: Readonly<Partial<Record<Place, Expected>>>
  /** Places where a person had given it the tracked category. */
  marked?: readonly Place[]
}

export interface LetterAttachment {
  name: string
  type: string
  content: Uint8Array
  /** Content-ID of a picture that the HTML shows. */
  inline?: string
}

export type Charset =
  | 'utf-8'
  | 'windows-1252'
  | 'iso-2022-jp'
  | 'shift_jis'
  | 'koi8-r'
  | 'iso-8859-9'
  | 'raw'
  | 'x-unheard'

/** What must become of one copy. `ignored`: it leaves no decision. */
export interface Expected {
  outcome: Outcome
  reason?: ReasonCode
  /** The record it regards; none without it. */
  regarding?: RecordKey
  /** How it correlated; not at all without it. */
  by?: 'inReplyTo' | 'token' | 'conversationIndex'
  /** Who the sender is: a record of the company, or nobody; not checked without it. */
  sender?: RecordKey | 'nobody' | 'new contact' | 'new lead'
  /** Files kept with the email, and whether some had to be left out (T-91). */
  files?: number
  filesLeftOut?: boolean
  /** The subject as a person reads it; the body contains this. */
  subject?: string
  body?: string
}

type More = Omit<Expected, 'outcome' | 'reason'>

export const tracked = (reason: ReasonCode, more: More = {}): Expected => ({ outcome: 'tracked', reason, ...more })
export const linked = (more: More & { reason?: ReasonCode } = {}): Expected => ({
  outcome: 'linked',
  reason: 'Duplicate',
  ...more,
})
export const refused = (reason: ReasonCode): Expected => ({ outcome: 'notTracked', reason })
export const suggested = (regarding: RecordKey): Expected => ({
  outcome: 'suggested',
  reason: 'SmartMatchSuggestion',
  regarding,
})
export const ignored: Expected = { outcome: 'ignored' }

export const byAll = tracked('AutomaticAll')
export const byKnownSender = tracked('AutomaticKnownSender')
export const noMatch = refused('NoCorrelationMatch')
export const noRecipient = refused('NoRecipientMatch')
