import type { Zone } from '#calendar'
import type {
  FolderId,
  Item,
  ItemId,
  ItemKind,
  ItemPatch,
  NewItem,
  NotifyWhom,
  UnreadableItem,
  Version,
} from '#mailbox'
import type { Reference, Row, Values } from '#records'

/**
 * What the synchronization of appointments, contacts and tasks (spec 60, 65) speaks of. A cycle is observe → match → plan →
 * guard → apply → save; everything between observing and applying is a function of these values.
 */

/** Tables whose records are items of a mailbox (SF-4), and the kind of item that each becomes (AP-30, CT-1, TK-1). */
export const ITEM_KINDS = {
  appointment: 'event',
  recurringappointmentmaster: 'event',
  serviceappointment: 'event',
  contact: 'contact',
  task: 'task',
  phonecall: 'task',
  letter: 'task',
  fax: 'task',
} as const satisfies Record<string, ItemKind>
export type ItemTable = keyof typeof ITEM_KINDS

/** A value of one side of a field pair, comparable by its JSON; null: empty. */
export type PairValue = string | number | boolean | null | readonly PairValue[] | { readonly [name: string]: PairValue }
/**
 * Values by the names of field pairs. A pair that is missing is not known: the user may not read the column (SE-21), or
 * the mail system cannot keep the field. That is not empty.
 */
export type PairValues = Readonly<Record<string, PairValue>>

/** Which way a pair is copied (FD-1). */
export type Direction = 'both' | 'toRecord' | 'toItem' | 'none'

/** A record as the mailbox's user may see it: its row, the people in it, and for a series what differs from it. */
export interface RecordView {
  table: ItemTable
  id: string
  /** Of the record and all its parts: other parts, or a part in another version, make it another one. */
  version: string
  /** When anything of it was last changed. */
  modified: Date
  /** Only columns that the user may read (SE-21). */
  row: Row
  owner: Reference
  parties: PartyView[]
  /** Individually changed instances of a series (AP-70), by the start they would have had. */
  exceptions?: InstanceView[]
  /** What was answered to occurrences of a series otherwise than to the whole. */
  answeredApart?: AnswerApart[]
  attachments?: RecordAttachment[]
}

/** Somebody's answer to one occurrence, by its original start; see `PartyAnswer`. */
export interface AnswerApart extends Partial<Pick<PartyAnswer, 'address' | 'partyId'>> {
  originalStart: string
  response: number
}

export interface PartyView {
  /** A code of `PARTICIPATION`. */
  role: number
  party?: Reference
  /** In lower case; of the party where it has one, else as it was written. */
  address?: string
  name?: string
  /** What was answered to the invitation: a code of `exchangeentryresponse`; absent: nothing. */
  response?: number
}

export interface InstanceView {
  id: string
  version: number
  modified: Date
  row: Row
  parties: PartyView[]
}

export interface RecordAttachment {
  id: string
  name: string
  type: string
  size: number
  modified: Date
  hash: string
}

/** Whether a record and an item belong together, and what was agreed last (AP-7, AP-9). */
export interface Link {
  id: string
  kind: ItemKind
  table: ItemTable
  recordId: string
  /** What the item is found again by after a crash; chosen before it is made. */
  key: string
  /**
   * `creating`: the item may or may not be there yet; the key tells. `linked`. `removing`: the item is being deleted by us,
   * so that its absence is no deletion by a person. `dormant`: *unlinked in CE* (AP-94). `deleted`: *deleted in Exchange*
   * (CT-32). `ignored`: a person answered so (AP-10).
   */
  state: 'creating' | 'linked' | 'removing' | 'dormant' | 'deleted' | 'ignored'
  folder?: FolderId
  itemId?: ItemId
  itemVersion?: Version
  uid?: string
  /** Of the record at the last synchronization, its parts included. */
  recordVersion?: string
  /** The last values that both sides agreed on, each as that side has it (AP-20, FD-12, FD-32). */
  agreed: { record: PairValues; item: PairValues }
  /** The filters returned the record in the cycle before (AP-5), or ever (SF-17). */
  returned: boolean
  returnedEver: boolean
  /** The mailbox's owner is the organizer: as the item said, or as the record did when we made the item of it (AP-41). */
  organizes?: boolean
  /** Who owned the record when it was last seen: of one that is gone nobody can ask it any more (CT-30). */
  ownerId?: string
  /**
   * The item carried the tracked category when it was last seen, so that taking it off untracks (AP-95). Absent: it was not
   * marked as ours yet.
   */
  categorized?: boolean
  /** Of an `ignored` one: only as long as the item, or the record where there is none, has the link's version (MO-15, MO-16). */
  untilChange?: boolean
  subject?: string
}

/** An item as this cycle found it. `gone`: the server says that it is not there any more. */
export type ItemState = Item | UnreadableItem | 'gone'
/** `gone`: deleted. `unreadable`: it exists and the user may not read it (SE-11). */
export type RecordState = RecordView | 'gone' | 'unreadable'

/** What is held against each other: a link with what has become of its sides, or what has none yet. */
export interface Pairing {
  link?: Link
  /** Absent: not changed since the link's version. */
  record?: RecordState
  /** Absent: not changed since the link's version. */
  item?: ItemState
  /** Of an item that is `gone`, or unreadable: no listing has told that it left its folder, it is merely not given out (B-44). */
  isUntold?: boolean
  /** The names of the filters that return the record now; empty: none does. Absent: as in the cycle before. */
  filters?: readonly string[]
  /** The item carries the tracked category, or was marked for tracking (AP-3). */
  tracked?: boolean
  /** Why these two belong together although no link says so: key, UID, address and name. */
  matchedBy?: 'key' | 'uid' | 'address' | 'name'
  /** The organizer's mailbox is just making a meeting that this invitation may be of: what becomes of it is seen then (B-60). */
  inTheMaking?: boolean
  /** How many on the other side look alike, none of them surely the same: a person is asked (AP-12). */
  ambiguous?: number
  /** The item's marks are those of an item that is linked: it is a copy of it (AP-11). */
  copy?: boolean
  /** What a person answered to a question about it, not yet carried out. */
  answer?: { question: QuestionKind; yes: boolean }
  /** A person untracked it in the App or by the interface, and said what becomes of the record (AP-95, CT-33, TK-32). */
  untrack?: 'keep' | 'delete'
  /** The record is linked in the mailbox of its organizer too: what comes and goes, comes and goes there (AP-31). */
  linkedByOrganizer?: boolean
  /** Another mailbox that has the meeting in its calendar as its own, or is just making or deleting it there (AP-43). */
  heldBy?: Holder
  /** Whom the calendars of others name as the organizer, where they were invited (AP-43). */
  organizedBy?: string
  /** What another mailbox agreed on about the same meeting, where this one has no link to it yet (AP-57). */
  agreedElsewhere?: Link['agreed']
}

/** A mailbox whose owner organizes the meeting by its link; `synchronizes`: it is going to follow the record. */
export interface Holder {
  mailboxId: string
  linkId: string
  address: string
  synchronizes: boolean
}

/** What becomes of one pairing. A pairing with nothing to do has no deed. */
export interface Deed {
  pairing: Pairing
  item?: ItemDeed
  record?: RecordDeed
  /** The link afterwards; `none`: there is none any more. */
  link?: LinkDeed
  /** Both sides changed a field and one of them lost (B-70). */
  conflicts: readonly Conflict[]
  question?: Question
  /** Why something is deleted or unlinked (AP-92); what a person is told whom the delete brake asks (B-40). */
  cause?: DeedCause
  /**
   * An item failure: what this deed says besides is done, and nothing else of the pairing (SC-56). `again`: what may have
   * passed by the next cycle; `waits`: what another mailbox is going to do, however long that takes: nobody is told;
   * `unlisted`: what a listing of the item's folder would settle.
   */
  failure?: { code: string; text: string; again?: true; waits?: true; unlisted?: true }
  /** Why, in the order in which the rules were asked (B-20). */
  trace: readonly Finding[]
}

export type DeedCause =
  | 'recordGone'
  | 'leftFilters'
  | 'accessLost'
  | 'organizerChanged'
  | 'cancelled'
  | 'itemGone'
  /** A person asked for it. */
  | 'untracked'

/** `pairs`: which field pairs an update writes, so that exactly these can be restored (B-41). */
export type ItemDeed =
  | {
      do: 'create'
      folder: FolderId
      item: NewItem
      key: string
      notify: NotifyWhom
      attach?: readonly AttachmentCopy[]
    }
  | {
      do: 'update'
      patch: ItemPatch
      notify: NotifyWhom
      pairs?: readonly string[]
      attach?: readonly AttachmentCopy[]
    }
  | { do: 'remove'; notify: NotifyWhom }

export type RecordDeed =
  | {
      do: 'create'
      table: ItemTable
      /** The id that the new record gets. */
      id: string
      change: RecordChange
      ignoreConflicts: boolean
      ignoreDuplicates: boolean
      /** Who is shown as its creator, where that is not the mailbox's user (AP-55). */
      creator?: 'system'
      /** Users who may read it from the start (SE-18). */
      readers?: readonly string[]
    }
  | { do: 'update'; change: RecordChange; ignoreConflicts: boolean; pairs?: readonly string[] }
  /** A record of another table takes its place, with all that belongs to it (AP-70, AP-71). */
  | { do: 'convert'; table: ItemTable; id: string; change: RecordChange; ignoreConflicts: boolean }
  | { do: 'delete' }

/** What is written to a record. Columns that the user may not write are not in it (SE-22). */
export interface RecordChange {
  values: Values
  /** All people of the roles named, in the place of those that are there. */
  parties?: Readonly<Record<number, readonly PartyView[]>>
  /** Instances that differ, and originals that were cancelled, by the start they would have had (local, of the series' zone). */
  /** The mailbox gives the series another recurrence: exceptions to come that this does not have any more end with it. */
  renewed?: true
  instances?: readonly InstanceChange[]
  attachments?: { add?: readonly AttachmentCopy[]; remove?: readonly string[] }
  /** What attendees answered since. */
  answers?: readonly PartyAnswer[]
}

/** An attachment of one side that the other side gets a copy of (AP-85). */
export interface AttachmentCopy {
  /** Of the attachment that is copied. */
  id: string
  /** What the pair `attachments` calls it: its name, and a number where there are several of that name. */
  key: string
  name: string
  type: string
  /** Bytes, as its side tells them; mail servers count some of their own along. */
  size: number
}

/** The answer of whoever is invited by this address, or as this record. */
export interface PartyAnswer {
  /** In lower case. */
  address: string
  partyId?: string
  /** A code of `exchangeentryresponse`. */
  response: number
  /** Of the occurrence that alone is answered so; absent: the whole, and its instances as far as they were answered alike. */
  originalStart?: string
}

export type InstanceChange =
  | { originalStart: string; cancel: true }
  | { originalStart: string; values: Values; parties?: RecordChange['parties'] }

export type LinkDeed = 'none' | (Partial<Omit<Link, 'id' | 'kind'>> & Pick<Link, 'state'>)

export interface Conflict {
  pair: string
  record: PairValue
  item: PairValue
  winner: 'record' | 'item'
}

export type QuestionKind =
  /** MO-15, AP-53 */
  | 'schedulingConflict'
  /** MO-16, AP-12 */
  | 'duplicate'
  /** MO-17, AP-10 */
  | 'previouslyLinked'
  /** B-40 */
  | 'deleteBrake'
  /** B-42 */
  | 'firstSync'
  /** B-43 */
  | 'invitations'
  /** AP-43 */
  | 'secondMeeting'

export interface Question {
  kind: QuestionKind
  text: string
  /** Of a question about many things: how many it is about; a yes about a cycle holds for as many. */
  extent?: number
  /** What the many things share, where they are asked about apart from others of their cycle. */
  about?: string
  /** How it reads where so many wait for it, those of former cycles included. */
  retold?(extent: number): string
}

export interface Finding {
  rule: string
  finding: string
}

/** What translating between the sides is a function of, besides the values. */
export interface MapContext {
  now: Date
  /** Of the mailbox's user, as chosen in the CRM (AP-60). */
  zone: Zone
  settings: ItemSettings
  /** The mailbox's user and every address of the mailbox, in lower case. */
  owner: { userId: string; addresses: readonly string[] }
  /** The record that an address belongs to, resolved before (T-71). */
  partyOf(address: string): Reference | undefined
  addressOf(reference: Reference): { address: string; name?: string } | undefined
  /** What people call a record; undefined where its user may not read it. */
  nameOf(reference: Reference): string | undefined
  /** Fields that the mail system cannot keep, of the kind in hand. */
  lacks: readonly string[]
}

/** The organization's and the user's settings that decide about items. */
export interface ItemSettings {
  /** CT-4 (b). */
  allThreeAddresses: boolean
  /** SF-63, AP-85. */
  appointmentAttachments: boolean
  /** MB-92: of one attachment, at most. */
  attachmentBytes: number
  /** T-91: endings of names that the CRM takes no files of, in lower case. */
  blockedExtensions: readonly string[]
  /** PO-13. */
  companyFromParent: boolean
  /** IgnoreCopiedItemsInSSSForMailbox (AP-11). */
  ignoreCopies: boolean
  /** SSSUpdatePastMeetingsInNonDraftMode (AP-37). */
  updatePastMeetings: boolean
  /** AllowSaveAsDraftAppointment (AP-39). */
  draftAppointments: boolean
  /** SSSPropagateAppointmentCancellationsToExchange (AP-40). */
  propagateCancellations: boolean
  /** TrackAppointmentsFromNonOrganizer (AP-56). */
  trackFromNonOrganizer: boolean
  /** UseCrmOrganizerForEmptyExchangeOrganizer (AP-58). */
  keepOrganizerWhenEmpty: boolean
  /** DisableImplicitSharingOfCommunicationActivities (AP-55, SE-18). */
  noImplicitSharing: boolean
  /** DistinctPhysicalAndLogicalDeletesForExchangeSync (AP-90). */
  distinctDeletes: boolean
  /** contactDeletionFromExchange (CT-31). */
  contactDeletion: 'unlink' | 'deleteIfOwner'
  /** SSSTaskDeletionSyncBehaviorFromExchange (TK-31). */
  taskDeletion: 'delete' | 'unlink'
  /** B-40: more than `count` items and more than `percent` of a mailbox's linked items of a type. */
  deleteBrake: { count: number; percent: number }
  /** B-43: invitations and cancellations to people outside the company that one cycle may cause. */
  invitationBudget: number
}
