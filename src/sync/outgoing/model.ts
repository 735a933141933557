import type { Reference } from '#records'

/** The values between which sending decides. All are plain data. */

/** Somebody an email is addressed to. */
export interface Recipient {
  partyId: string
  role: 'to' | 'cc' | 'bcc'
  name: string
  /** Absent: unresolved. */
  record?: Reference
  /** OE-14: the primary address of the record; of an unresolved party, its text. */
  address?: string
  refusesEmail: boolean
  /** A user who is disabled (OE-18). */
  disabled: boolean
}

/** A user or queue in From. */
export interface Sender {
  partyId: string
  record?: Reference
  name: string
  address?: string
  disabled: boolean
  mailboxId?: string
}

/** What whoever sends may do about the sender in From (OE-20). */
export interface SendingRights {
  /** The sender is who sends, or SYSTEM sends. */
  isOwn: boolean
  sendEmail: boolean
  sendAsUser: boolean
  /** PO-38, for users. */
  consent: boolean
  readsQueue: boolean
}

export interface OutgoingAttachment {
  id: string
  name: string
  type: string
  size: number
  hash?: string
  contentId?: string
  inline: boolean
}

/** An email as it is to be sent. */
export interface Draft {
  id: string
  /** Status reason (EMAIL_STATUS). */
  status: number
  outgoing: boolean
  subject: string
  senders: readonly Sender[]
  recipients: readonly Recipient[]
  attachments: readonly OutgoingAttachment[]
}

/** The settings of the organization that sending reads. */
export interface SendingSettings {
  allowUnresolved: boolean
  attachmentBytes: number
  blockedExtensions: readonly string[]
  subjectLimit: number
  useTokens: boolean
  /** OE-23. */
  delegation: boolean
  saveToSent: boolean
}
