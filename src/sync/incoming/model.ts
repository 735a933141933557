import type { Address, MessageHeaders } from '#mime'
import type { AddressMatch, Reference } from '#records'

/**
 * The values between which deciding happens: what was observed of one message (`Message`), what is known about the
 * world around it (`Knowledge`), and what shall happen to it and why (`Decision`). All are plain data.
 */

export interface Message {
  mailboxId: string
  folder: { id: string; place: 'inbox' | 'sent' | 'mapped' | 'other'; path: string[] }
  itemId: string
  headers: MessageHeaders
  received: Date
  size: number
  /** Marks found on the item in the mailbox. */
  trackedCategory: boolean
  undeliverableCategory: boolean
  /** Message-ID, or the surrogate of T-88 when there is none. */
  key: string
  direction: Direction
  /** Present for what was found in a forward mailbox (MB-100); headers and key are then those of the attachment. */
  forward?: Forward
  /** Ids reserved for what may be created because of it, so that messages of one page can point to each other. */
  ids: { email: string; person: string }
}

/** How a message came into a forward mailbox. MB-101. */
export interface Forward {
  /** The copy was sent as an attachment. */
  attached: boolean
  /** The mailbox that forwarded it; absent when the forwarder is not a mailbox of ours. */
  original?: { mailboxId: string; name: string; incomingIsForward: boolean }
}

/** As stored in `email.directioncode`. T-36. */
export type Direction = 'incoming' | 'outgoing'

/** Why the message is looked at. Everything but `automatic` ignores acceptance filters (T-93). */
export type Trigger =
  | { kind: 'automatic' }
  | { kind: 'category' }
  | { kind: 'folder'; mapping: Mapping }
  | { kind: 'api'; userId: string; regarding?: Reference }

/** A folder mapping (45). */
export interface Mapping {
  id: string
  folderId: string
  folderName: string
  regarding?: Reference
  /** B-50: restores FT-23 to the letter. */
  alwaysReapply: boolean
}

/** PO-30. */
export const ACCEPT = { all: 0, replies: 1, leadsContactsAccounts: 2, emailEnabled: 3, none: 4 } as const
export type Acceptance = (typeof ACCEPT)[keyof typeof ACCEPT]

/** A user or queue with a mailbox: who may accept mail, own it, or be asked what to create. */
export interface Actor {
  record: { table: 'systemuser' | 'queue'; id: string }
  name: string
  mailboxId?: string
  acceptance: Acceptance
  /** Approved and enabled for incoming email, or approval is not required (T-21). */
  processes: boolean
  /** The owner of its mailbox: the user, or the owner of the queue (MB-33). */
  owner?: Reference
  /** That owner may create emails (T-80). */
  ownerMayWriteEmail: boolean
  /** PO-24; for a queue its owner's option (T-78). */
  create: 'off' | 'contact' | 'lead'
  mayCreate: { contact: boolean; lead: boolean }
  /** Lower-case addresses whose email the user always wants, whatever the filter says (B-22). */
  alwaysTracks?: ReadonlySet<string>
  /** The default queue of that owner, when its records are routed there automatically (T-83). */
  ownerDefaultQueue?: string
}

/** The settings of the organization that deciding reads (00 §7, 20, 40). Names as there, in camel case. */
export interface TrackingSettings {
  organizationId: string
  autoCreateContactOnPromote: boolean
  autoTrackSentFolderItems: boolean
  trackCategorizedItems: boolean
  useCorrelation: boolean
  useTrackingTokens: boolean
  useSmartMatching: boolean
  ignoreConversationIndexAndInReplyToForCorrelation: boolean
  doNotCorrelateForwardedEmailsAsReplies: boolean
  useFilteringMethodOfSyncingMailboxOnlyForCorrelation: boolean
  sssForceFilteringMethodForUserMailboxes: boolean
  unresolveSenderInCaseOfMultipleMatch: boolean
  unresolveRecipientsInCaseOfMultipleMatch: boolean
  resolveForInactiveEntities: boolean
  trackEmailsBetweenUsersAsTwoActivities: boolean
  ignoreInternalEmailDetectionEnhancement: boolean
  doNotIgnoreInternalEmailToQueues: boolean
  ignoreInternalEmailFromQueues: boolean
  restrictIrmEmailItems: boolean
  createQueueItemForSynchronizingMailbox: boolean
  createQueueItemsForAcceptingQueueRecipients: boolean
  createAdditionalQueueItemsForAlreadyTrackedEmail: boolean
  useFolderTracking: boolean
  /** Every prefix ever used, the current one first (T-54). */
  tokenPrefixes: string[]
  tokenUserDigits: number
  tokenCounterDigits: number
  hashFilterKeywords: string
  hashMaxCount: number
  hashDeltaSubjectCount: number
  hashMinAddressCount: number
  smartMatchWindowDays?: number
}

/** What is stored of an email that a new one may correlate with. */
export interface KnownEmail {
  id: string
  /** Message-ID or surrogate. */
  key: string
  direction: Direction
  regarding?: Reference
  related: Reference[]
  owner: Reference
  token?: string
  threadIndex?: string
  /** Identifies the conversation; shared by every email that correlated (B-50). */
  threadId: string
  createdOn: Date
  subjectHashes: readonly number[]
  addressHashes: readonly number[]
  sentOn?: Date
  /** It was tracked automatically or sent from here, not by hand: its accepting entity is set (T-86). */
  automatic: boolean
  /** Every copy of it has been untracked: later messages do not correlate with it (T-49). */
  untracked: boolean
  /** Queues that hold an item for it (T-83). */
  queues: string[]
  /** The mapping that set the regarding, and whether the email still lies in that mapping's folder (FT-27). */
  folderRule?: { mappingId: string; applies: boolean }
}

/** What this mailbox already holds about the item (link, or mark "untracked by user"). */
export interface KnownCopy {
  emailId?: string
  state: 'tracked' | 'untracked' | 'notTracked' | 'undeliverable' | 'pending'
  /** It was a person who tracked or untracked it (T-100, FT-29). */
  byPerson: boolean
  trackedCategory: boolean
  /** The category is still on the item and is to be taken off: it is no wish of anybody (T-98). */
  removalPending?: boolean
  retries: number
}

export interface BlockRule {
  id: string
  scope: 'user' | 'organization'
  kind: 'address' | 'domain' | 'subject' | 'sensitivity'
  pattern: string
}

/**
 * Everything deciding may ask, gathered for a page of messages with a fixed number of statements. Addresses are
 * lower-case keys. It answers from memory; a decision never waits.
 */
export interface Knowledge {
  now: Date
  settings: TrackingSettings
  /** The user or queue whose mailbox is processed; for a forward mailbox, of the original one (MB-103). */
  processing: Actor
  /** Mailbox in which the message was found (T-22). */
  receivingMailboxId: string
  /** MB-47. */
  effectiveStart?: Date
  /**
   * Every active or inactive record holding the address, disabled users included; at most 101 per address. Records that
   * the principal may not read are left out when a person tracks through the API (T-69).
   */
  matches(address: string): readonly AddressMatch[]
  actor(record: Reference): Actor | undefined
  emailByKey(key: string, direction: Direction): KnownEmail | undefined
  /** Most recently created first. */
  emailsByMessageId(messageId: string): readonly KnownEmail[]
  emailsByToken(token: string): readonly KnownEmail[]
  /** Emails whose conversation index has the same 32-bit hash of its header block (T-46). */
  emailsByThreadHash(hash: number): readonly KnownEmail[]
  /** Emails whose subject may look alike: one of the groups of its hashes is the same (T-60). */
  emailsBySubjectHash(hashes: readonly number[]): readonly KnownEmail[]
  /** A person's remembered choice for the conversation (B-50), or its opposite (B-54: stop tracking this thread). */
  threadChoice(threadId: string): { regarding?: Reference; stopped: boolean } | undefined
  /** What is known of this very item in this folder. */
  copy(folderId: string, itemId: string): KnownCopy | undefined
  /**
   * The copy of the message that says most, anywhere in this mailbox, copies that are gone included: the latest one, and
   * one that was only not tracked after all others.
   */
  copyByKey(key: string, direction: Direction): KnownCopy | undefined
  /** A choice of regarding that a person made for one email. */
  personChoseRegarding(emailId: string): boolean
  blockRules: readonly BlockRule[]
  /** Tables holding a column of format email, beyond those of T-63 (custom ones). */
  isEmailEnabled(table: string): boolean
}

export type Outcome = 'tracked' | 'linked' | 'notTracked' | 'suggested' | 'pending' | 'failed' | 'ignored'

/** One reason per message seen; the texts are in docs/reasons.md. `ignored` outcomes leave no decision row. */
export type ReasonCode =
  | 'AutomaticAll'
  | 'AutomaticReply'
  | 'AutomaticKnownSender'
  | 'AutomaticEmailEnabled'
  | 'AutomaticChosenSender'
  | 'AutomaticSentItem'
  | 'AutomaticInternal'
  | 'ManualCategory'
  | 'ManualFolder'
  | 'ManualApi'
  | 'Duplicate'
  | 'AlreadyLinked'
  | 'NoCorrelationMatch'
  | 'NoRecipientMatch'
  | 'InvalidSender'
  | 'RestrictedItem'
  | 'InternalEmail'
  | 'NoEligibleOwner'
  | 'InvalidForwardMailItem'
  | 'IsvAborted'
  | 'PrivilegeDenied'
  | 'Undeliverable'
  | 'UntrackedByUser'
  | 'ThreadStopped'
  | 'Blocked'
  | 'BeforeStartDate'
  | 'NotAMessage'
  | 'MessageTooLarge'
  | 'MessageUnreadable'
  | 'FolderNotSearched'
  | 'SmartMatchSuggestion'
  | 'Timeout'
  | 'UnknownDecision'

/** One rule asked, with what it saw and what it answered, in order (B-20). */
export interface TraceStep {
  /** The rule of docs/rules.md, e.g. `T-23`. */
  rule: string
  /** A short sentence for people. */
  says: string
  result: 'yes' | 'no' | 'hit' | 'miss' | 'info'
  /** Inputs, ids and names only, never content. */
  with?: Record<string, unknown>
}

/** T-41 codes. */
export const CORRELATION = {
  none: 0,
  skipped: 1,
  xHeader: 2,
  inReplyTo: 3,
  token: 4,
  conversationIndex: 5,
  smartMatching: 6,
  custom: 7,
} as const
export type CorrelationMethod = (typeof CORRELATION)[keyof typeof CORRELATION]

export interface Correlation {
  method: CorrelationMethod
  email: KnownEmail
}

export interface Party {
  role: 'from' | 'to' | 'cc' | 'bcc' | 'owner' | 'regarding' | 'related'
  /** The address as text, for every party that has one. */
  address: string
  name: string
  /** Absent: unresolved. It may be the record that `Plan.autoCreate` makes, by its reserved id. */
  record?: Reference
  /** B-52: the others it might have been. */
  candidates: Reference[]
}

/** What is to be created and linked when the message is tracked. */
export interface Plan {
  /** `Message.ids.email`. */
  emailId: string
  key: string
  direction: Direction
  subject: string
  owner: Reference
  /** How the owner was found (T-80, MO-93). */
  ownerRule: 'correlatedOwner' | 'senderOwner' | 'firstRecipient' | 'mailboxOwner' | 'person'
  /** Present only for automatic tracking (T-22). */
  acceptingEntity?: Reference
  receivingMailboxId: string
  correlation?: Correlation
  /** T-41; `skipped` when every method is switched off. */
  correlationMethod: CorrelationMethod
  parentEmailId?: string
  regarding?: ChosenRegarding
  related: Reference[]
  /** The token of the conversation (T-48). */
  token?: string
  /** The conversation it belongs to: the correlated email's, else its own (the id of the email). */
  threadId: string
  /** One row each, including owner, regarding and related (their address is empty). */
  parties: Party[]
  /** `id` is `Message.ids.person`. */
  autoCreate?: {
    id: string
    table: 'contact' | 'lead'
    firstName?: string
    lastName: string
    address: string
    owner: Reference
  }
  queues: string[]
  subjectHashes: readonly number[]
  addressHashes: readonly number[]
  importance: 'low' | 'normal' | 'high'
  /** T-13: JSON of Auto-Submitted and Reply-To. */
  internetMessageHeaders?: string
  trigger: Trigger['kind']
}

/** A regarding and where it comes from, in the order of B-50. `mappingId` when a folder rule gave it. */
export interface ChosenRegarding {
  record: Reference
  from: 'person' | 'thread' | 'folder' | 'correlation'
  mappingId?: string
}

export interface Decision {
  outcome: Outcome
  reason: ReasonCode
  trace: TraceStep[]
  /** Present when the outcome is `tracked`. */
  plan?: Plan
  /** Present when the outcome is `linked`: the email it belongs to and what changes on it. */
  link?: { emailId: string; regarding?: ChosenRegarding; queues: string[] }
  /** B-51: a regarding that a person may accept with one click. */
  suggestion?: { regarding: Reference; emailId: string; because: string }
  /** Categories to put on or take off the item afterwards. */
  marks: { add: Mark[]; remove: Mark[] }
  /** The decision row may hold the subject (encrypted): never for blocked mail (B-21, B-80). */
  keepSubject: boolean
}

export type Mark = 'tracked' | 'undeliverable'

export type { Address }
