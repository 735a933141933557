import type { Reference } from '#records'
import type { Copy } from './copies.ts'
import type { Message, Trigger } from './model.ts'

/** A message with why it is looked at and what is known of its item. */
export interface Candidate {
  message: Message
  trigger: Trigger
  copy?: Copy
  /** For whom it is decided, where that is not the mailbox's own user or queue (MB-103). */
  processing?: Reference
}
