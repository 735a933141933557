import type { Readable } from 'node:stream'
import type { CalendarPart, MessageHeaders } from '#mime'
import type { Cursor, FolderId, ItemId } from './ids.ts'
import type { ItemMailbox } from './items/port.ts'

export type { Cursor, FolderId, ItemId } from './ids.ts'

/**
 * The port through which every mail system is seen: Graph, EWS, IMAP, a Maildir, a simulated server. It is
 * provider-neutral and holds no state but connections; whatever must be remembered travels in cursors that the caller
 * keeps. Every method throws only `MailboxError`: `unsupported` for what `can` denies, `notFound` for a folder that does
 * not exist, and `transient` with the signal's reason as its cause when an `AbortSignal` ends it.
 */
export interface Mailbox {
  readonly can: Capabilities
  /** Appointments, contacts and tasks; absent where the mail system has none. */
  readonly items?: ItemMailbox
  /** Every folder that can hold messages, parents before children. */
  folders(): Promise<Folder[]>
  /**
   * What changed in a folder since `since`, page by page, in the order of arrival (oldest first). Without `since` every
   * message is listed. A crash after a page is replayed from the cursor of the page before; nothing is skipped. Where
   * `can.removals` is `compared`, removals are found against `options.known`, which is read only if the folder's counts
   * say that something is gone; without it none are reported. Where `can.flagChanges` is `compared`, upserts may
   * repeat messages whose flags are unchanged. At least one page comes, and the last one says `more: false`. Removals may
   * name items that were never reported.
   * @throws MailboxError `cursorLost` when the server no longer knows the cursor; list again without it.
   */
  changes(folder: FolderId, since: Cursor | undefined, options: ChangeOptions): AsyncIterable<ChangePage>
  /** The headers of messages, in one request where the server can. Messages that are gone are left out. */
  headers(folder: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]>
  /** The MIME source of messages, in one request where the server can; missing ones are left out. Does not set \Seen. */
  raw(folder: FolderId, ids: readonly ItemId[], options?: RawOptions): AsyncIterable<RawMessage>
  /**
   * Messages that carry a meeting for calendars (RFC 6047), found by their structure: of other messages nothing is read.
   * A part of more than `atMost` bytes comes without its text. Absent where calendars are the server's own business.
   */
  meetings?(folder: FolderId, ids: readonly ItemId[], options: { atMost: number }): Promise<CalendarMail[]>
  /** Finds messages by Internet Message-ID, in the given folders or everywhere. */
  find(messageId: string, folders?: readonly FolderId[]): Promise<FoundItem[]>
  /** Adds or removes categories. Messages that are gone are ignored. */
  mark(
    folder: FolderId,
    ids: readonly ItemId[],
    change: { add?: readonly Category[]; remove?: readonly Category[] },
  ): Promise<void>
  /** Moves messages; returns their new ids where the server tells them. */
  move(folder: FolderId, ids: readonly ItemId[], to: FolderId): Promise<Map<ItemId, ItemId>>
  /** Deletes messages for good. Messages that are gone are ignored. */
  remove(folder: FolderId, ids: readonly ItemId[]): Promise<void>
  /** Creates a folder below `parent` (or at the top) unless it exists, and returns it. */
  createFolder(name: string, parent?: FolderId): Promise<Folder>
  /** Stores a message in a folder, e.g. a copy in Sent Items. Idempotent by Message-ID. */
  append(
    folder: FolderId,
    source: Uint8Array,
    options?: { seen?: boolean; received?: Date },
  ): Promise<ItemId | undefined>
  /**
   * Hands a message over to be sent from this mailbox, once. `messageId` is the key by which a crashed attempt is found
   * again: where `can.filesSent`, `find` tells later whether the server took it.
   * @throws MailboxError `uncertain` when the server may have taken the message although its answer never came; every
   * other error says that it was not taken (law 2).
   */
  send(message: OutgoingMessage): Promise<SentReference>
  /**
   * Tells about possible changes as they happen. A hint carries no content and may be lost or repeated (B-10). The
   * watch ends with `close`, or by calling `onEnd` when the connection is lost.
   */
  watch(
    folders: readonly FolderId[],
    onHint: (folder: FolderId) => void,
    onEnd: (error?: Error) => void,
  ): Promise<Watch>
  /** Present where the server does not tell over a connection but calls an address on the web (`can.push` is false). */
  readonly callbacks?: Callbacks
  close(): Promise<void>
}

/** Calls by which a server tells about possible changes: hints without content, which may be lost or repeated (B-10). */
export interface Callbacks {
  /** @throws MailboxError when the server cannot reach the address; `denied` where it does not tell of this, among others */
  subscribe(about: Announced, wanted: SubscriptionRequest): Promise<Subscription>
  /** @throws MailboxError `notFound` when the server no longer knows the subscription */
  renew(id: string, until: Date): Promise<Subscription>
  /** A subscription that is gone is no error. */
  unsubscribe(id: string): Promise<void>
}

/** What a server calls about: mail of one folder or of all, all appointments or contacts, or a list of tasks. */
export type Announced =
  | { kind: 'mail'; folder?: FolderId }
  | { kind: 'event' }
  | { kind: 'contact' }
  | { kind: 'task'; folder: FolderId }

export interface SubscriptionRequest {
  /** The address that is called, by https. It must answer while the subscription is made. */
  url: string
  /** Comes with every call: whoever does not know it is not the server. At most 128 characters. */
  secret: string
  until: Date
}

export interface Subscription {
  id: string
  /** When it ends unless it is renewed. */
  until: Date
}

export interface Capabilities {
  /** `append`, `remove` and `createFolder` work. */
  write: boolean
  /** Ids of folders survive a rename. Where false, `Folder.fingerprint` helps to find a renamed folder again. */
  stableFolderIds: boolean
  /** Categories can be kept on messages (IMAP: keywords may be created). */
  categories: boolean
  move: boolean
  send: boolean
  /**
   * The server itself keeps a copy of what `send` took in Sent Items, so that it can be asked by `find` whether a message
   * was sent (OE-3). The copy may take some seconds to appear. SMTP keeps none.
   */
  filesSent: boolean
  /** `watch` works. */
  push: boolean
  removals: 'exact' | 'compared'
  flagChanges: 'exact' | 'compared'
  /** The connector's kind, for people and metrics. */
  kind: 'ews' | 'graph' | 'imap' | 'maildir' | 'mbox' | 'memory'
}

/** A label on a message. The tracked category is `$Tracked` on every connector, by whatever name people see (T-94). */
export type Category = string

export interface Folder {
  id: FolderId
  /** From the top: `['INBOX', 'Customers', 'Adatum']`. Names are decoded text. */
  path: string[]
  use?: 'inbox' | 'sent' | 'drafts' | 'junk' | 'trash' | 'archive'
  /** Changes when the folder is deleted and another of its name created (IMAP: UIDVALIDITY). */
  fingerprint?: string
}

export interface ChangeOptions {
  /** Messages per page, at most. May change while pages are read: it holds for those that are read from then on. */
  readonly pageSize: number
  /** Messages that arrived earlier may be left out of a first listing (MB-47). */
  receivedAfter?: Date
  /** The items the caller believes to be in the folder; read only where `can.removals` is `compared`. */
  known?: () => Promise<readonly ItemId[]>
  /** Asked before a page is read: whether the headers of its messages will be asked for too. */
  wantsHeaders?: () => boolean
  signal?: AbortSignal
}

export interface ChangePage {
  upserts: ItemChange[]
  /** Of the upserts, where they are wanted and to bring them along saves the server another look. */
  headers?: ItemHeaders[]
  removals: ItemId[]
  /** The state after this page; save it together with what the page brought (law 1). */
  cursor: Cursor
  /** More pages follow now. */
  more: boolean
}

export interface ItemChange {
  id: ItemId
  /** Arrival in the mailbox (IMAP INTERNALDATE). */
  received: Date
  size: number
  categories: Category[]
  /** The server has lost the names of categories that are on it: one that is missing may be among them. */
  categoriesLost?: true
  seen: boolean
  /** Marked for deletion or still a draft: not to be tracked. */
  deleted: boolean
  draft: boolean
}

export interface ItemHeaders {
  id: ItemId
  received: Date
  size: number
  headers: MessageHeaders
}

/** A message with an invitation, an answer or a cancellation in it. */
export interface CalendarMail extends ItemHeaders {
  part: CalendarPart
}

export interface RawOptions {
  /** Sizes of all the messages, as listed before; without them the server is asked where it matters. */
  sizes?: ReadonlyMap<ItemId, number>
  signal?: AbortSignal
}

export interface RawMessage {
  id: ItemId
  size: number
  /** A stream for large messages, bytes for small ones. A stream must be consumed before the next message is asked for. */
  source: Uint8Array | Readable
}

export interface FoundItem {
  folder: FolderId
  id: ItemId
}

export interface OutgoingMessage {
  messageId: string
  /** The mailbox that sends: of the envelope. The header From may name somebody else on whose behalf it sends (OE-23). */
  from: string
  /** Everybody who shall get it, blind copies included. */
  to: readonly string[]
  /** Those of `to` that no header may name. A server without envelope is told of them in a way that it takes off again. */
  bcc?: readonly string[]
  /** The complete MIME source, with CRLF line ends, without Bcc. */
  source: Uint8Array
  /** With `false`, a server that files what it sends keeps no copy of this one (OE-40). */
  keepCopy?: boolean
}

export interface SentReference {
  messageId: string
  /** What the server answered, for people. */
  response: string
  /** Recipients that the server refused while it took the message for the others. */
  refused?: string[]
}

export interface Watch {
  close(): Promise<void>
}
