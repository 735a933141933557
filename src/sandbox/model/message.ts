import type { MessageHeaders } from '#mime'
import type { ItemBase, Person } from './base.ts'

export interface Flag {
  status: 'notFlagged' | 'flagged' | 'complete'
  start?: Date | undefined
  due?: Date | undefined
  completed?: Date | undefined
}

/** A message is its MIME source and what a mailbox notes beside it. `viewOf` gives body and attachments. */
export interface Message extends ItemBase {
  readonly kind: 'message'
  readonly mime: Uint8Array
  /** Of the source, so that they need not be read again. */
  readonly headers: MessageHeaders
  readonly draft: boolean
  readonly read: boolean
  readonly flag: Flag
  /** When it reached the mailbox. */
  readonly received: Date
  /** The header `Date`, or when it was written. */
  readonly sent: Date
  readonly conversationId: string
  /** Base64 as in `Thread-Index`: 22 bytes, and 5 more for every answer. */
  readonly conversationIndex: string
  readonly hasAttachments: boolean
  /** The start of the text, at most 255 characters. */
  readonly preview: string
  readonly meeting?: MeetingMessage | undefined
}

/** What makes a message an invitation, its answer or its cancellation. */
export interface MeetingMessage {
  type: 'request' | 'cancelled' | 'accepted' | 'tentative' | 'declined'
  uid: string
  /** Of one occurrence: its start as planned by the series. */
  originalStart?: Date | undefined
  /** The event in the calendar it is about, as long as it is there. */
  event?: string | undefined
  /** Whose calendar that is, where a delegate got it. */
  principal?: Person | undefined
}
