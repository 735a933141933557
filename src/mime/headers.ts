/** One address of a message: `address` is empty when the header names somebody without an address. */
export interface Address {
  name: string
  /** As written, trimmed; compare case-insensitively. */
  address: string
}

/** What the engine needs to know of a message before its body; decoded from the header block (RFC 5322, 2047, 2231). */
export interface MessageHeaders {
  /** With angle brackets, as written; absent when the message has none. */
  messageId?: string
  inReplyTo?: string
  /** First to last, as written. */
  references: string[]
  /** Base64 of the header `Thread-Index` (the conversation index of Exchange). */
  threadIndex?: string
  subject: string
  from: Address[]
  sender: Address[]
  replyTo: Address[]
  to: Address[]
  cc: Address[]
  bcc: Address[]
  /** The header `Date`; absent when it is missing or unreadable. */
  date?: Date
  importance: 'low' | 'normal' | 'high'
  sensitivity: 'normal' | 'personal' | 'private' | 'confidential'
  /** As written, absent when there is none. */
  autoSubmitted?: string
  /** Lower-case media type of the whole message, e.g. `multipart/signed`. */
  contentType: string
  /**
   * What kind of item it is: only `message` is email to the engine (T-14). `report` is a delivery status notification
   * or a read receipt and counts as a message that is a bounce.
   */
  kind: 'message' | 'meeting' | 'report'
  /** Rights-protected (IRM, RPMSG), T-11. */
  rightsProtected: boolean
  /** S/MIME or PGP encrypted or opaque-signed, T-12. */
  encrypted: boolean
  listId?: string
  /** What the receiving server says of the author by DMARC (RFC 8601), e.g. `fail`; absent when it says nothing. */
  dmarc?: string
}
