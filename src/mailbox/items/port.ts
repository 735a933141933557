import type { MailboxError } from '../errors.ts'
import type { Cursor, FolderId, ItemId } from '../ids.ts'
import type { ItemKind, ItemRef, LinkKey } from './common.ts'
import type { ContactItem } from './contact.ts'
import type { Answer, CalendarItem } from './event.ts'
import type { HolderMark } from './holder.ts'
import type { ItemPatch, NewItem } from './patch.ts'
import type { TaskItem } from './task.ts'

/**
 * The side of a mailbox that holds appointments, contacts and tasks: `Mailbox.items`, absent where there are none. As
 * with messages it holds no state but connections, and throws only `MailboxError`: `unsupported` for what `can` denies,
 * before anything happened; `conflict` for an item that changed since its version was seen; `notFound` for one that is
 * gone. `Mailbox.watch` takes the ids of these folders too where `can.push` says so.
 */
export interface ItemMailbox {
  readonly can: ItemCapabilities
  /** Which organization synchronizes these items (MB-77); absent where the mail system can keep nothing about it. */
  readonly holder?: HolderMark
  /** Meetings as their text, where invitations and answers are nobody's business but the caller's; else absent. */
  readonly texts?: MeetingTexts
  /** Every folder that can hold items, of the kinds that `can` be read. The main folder of each kind comes first. */
  folders(): Promise<ItemFolder[]>
  /**
   * What changed in a folder since `since`, page by page, with the promises of `Mailbox.changes`: a replayed page loses
   * and doubles nothing, the last page says `more: false`, there is at least one. Without `since` everything is listed.
   * A series is listed once, as its master, whichever of its occurrences changed. A move is a removal here and an
   * upsert there.
   * @throws MailboxError `cursorLost`; list again without it.
   */
  changes(folder: FolderId, since: Cursor | undefined, options: ItemChangeOptions): AsyncIterable<ItemChangePage>
  /** Whether the listing that told of the folder tells that nothing has changed since; absent where none does. */
  isAt?(folder: ItemFolder, since: Cursor): boolean
  /** Whole items, in the order of `ids` and in few requests. Those that are gone are left out; one that cannot be read says why. */
  get(folder: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]>
  /**
   * Makes an item that carries `key`. Idempotent by key: when an item of the mailbox has it already, that one is returned
   * and nothing is made, written or sent. What is created at the same time may go to the server in one request.
   */
  create(folder: FolderId, item: NewItem, key: LinkKey, options: Creating): Promise<ItemRef>
  /**
   * Changes an item that is still in the version of `ref`, all at once, and returns its new version. What the patch does
   * not name stays byte for byte, fields unknown to us included.
   * @throws MailboxError `conflict` when it has another version; nothing happened.
   */
  update(ref: ItemRef, patch: ItemPatch, options: Notify): Promise<ItemRef>
  /** Deletes an item that is still in the version of `ref`; one that is gone already is no failure. */
  remove(ref: ItemRef, options: Notify): Promise<void>
  /** Answers an invitation for the mailbox's owner; `tell` sends the answer to the organizer. */
  respond(
    ref: ItemRef,
    answer: Exclude<Answer, 'none'>,
    options: { tell: boolean; comment?: string; originalStart?: string },
  ): Promise<ItemRef>
  /** Finds items by link key or by UID, in the given folders or everywhere. A copy has the key of its original. */
  find(by: { key: LinkKey } | { uid: string }, folders?: readonly FolderId[]): Promise<ItemRef[]>
  /** The content of an attachment. */
  attachment(ref: ItemRef, id: string): Promise<Uint8Array>
}

/** Meetings as the text of iCalendar (RFC 5545) that a server keeps, for whoever carries their mail (RFC 5546). */
export interface MeetingTexts {
  /**
   * Puts a meeting into a folder, unless one with its UID is there: `undefined`. Nobody is told.
   */
  add(folder: FolderId, uid: string, text: string): Promise<ItemRef | undefined>
  /**
   * Writes an item that is still in the version of `ref`; text that stays the same is not written. Nobody is told.
   * @throws MailboxError `conflict`, `notFound`
   */
  rewrite(ref: ItemRef, change: (text: string) => string): Promise<ItemRef>
}

/** Whom a change of a meeting is told: nobody, only attendees who were added or taken off, or all. */
export interface Notify {
  notify: NotifyWhom
}

export interface Creating extends Notify {
  /** Nobody has tried with this key before: an item that carries it need not be looked for. */
  first?: boolean
}
export type NotifyWhom = 'none' | 'changed' | 'all'

export type ItemAbility = 'none' | 'read' | 'write'

export interface ItemCapabilities {
  event: ItemAbility
  contact: ItemAbility
  task: ItemAbility
  /** What `notify` may say for meetings with attendees; anything else is refused before it is done (law 8). */
  notify: readonly NotifyWhom[]
  /** The caller may choose the UID of what it creates. */
  choosesUid: boolean
  /** Every item has a UID that stays with it wherever it lies: nothing need be written into one to know it again. */
  keepsUid: boolean
  /** `respond` works. */
  respond: boolean
  attachments: boolean
  /** `Mailbox.watch` takes these folders. */
  push: boolean
  removals: 'exact' | 'compared'
  /** Fields and marks that the system cannot keep, or not for itself: never told, which is not empty, and refused in what is written. */
  lacks: { readonly [Kind in ItemKind]?: readonly string[] }
}

export interface ItemFolder {
  id: FolderId
  kind: ItemKind
  path: string[]
  /** The main folder of its kind. */
  main: boolean
  writable: boolean
  /** Changes when the folder is deleted and another of its name created. */
  fingerprint?: string
  /** Where its changes stand, if the listing tells it: for `isAt`. */
  state?: string
}

export interface ItemChangeOptions {
  /** Items per page, at most. */
  pageSize: number
  /** The items the caller believes to be in the folder; read only where `can.removals` is `compared`. */
  known?: () => Promise<readonly ItemId[]>
  signal?: AbortSignal
}

export interface ItemChangePage {
  upserts: ItemUpsert[]
  /** Items that are not in the folder any more, moved or deleted; some may never have been told. */
  removals: ItemId[]
  /** The state after this page; save it together with what the page brought (law 1). */
  cursor: Cursor
  more: boolean
}

export interface ItemUpsert {
  ref: ItemRef
  /** The item itself, where the server told it anyway. */
  item?: Item | UnreadableItem
}

export type Item = CalendarItem | ContactItem | TaskItem

/** An item that the server lists but denies, or that is broken. Its folder goes on without it. */
export interface UnreadableItem {
  kind: 'unreadable'
  ref: ItemRef
  error: MailboxError
}
