import type { ItemKind } from './item.ts'
import type { ExtendedProperty } from './property.ts'

/** Folders every mailbox has, by the names Graph and EWS (`DistinguishedFolderId`) share, lower-case. */
export type WellKnown =
  | 'root'
  | 'msgfolderroot'
  | 'inbox'
  | 'sentitems'
  | 'drafts'
  | 'deleteditems'
  | 'junkemail'
  | 'archive'
  | 'outbox'
  | 'conversationhistory'
  | 'calendar'
  | 'contacts'
  | 'tasks'
  | 'recoverableitemsdeletions'

/** A folder is a value: every change makes a new one. */
export interface Folder {
  readonly id: string
  readonly changeKey: string
  /** Undefined for the root alone. */
  readonly parent: string | undefined
  readonly name: string
  /** What lies in it. A folder of tasks is a To Do list, a folder of events a calendar. */
  readonly kind: ItemKind
  readonly wellKnown?: WellKnown | undefined
  readonly hidden: boolean
  readonly properties?: readonly ExtendedProperty[] | undefined
}

interface Planted {
  wellKnown: WellKnown
  name: string
  kind: ItemKind
  parent?: WellKnown
  hidden?: boolean
}

/** What a new mailbox begins with, parents first. */
export const PLANTED: readonly Planted[] = [
  { wellKnown: 'root', name: '', kind: 'message', hidden: true },
  { wellKnown: 'msgfolderroot', name: 'Top of Information Store', kind: 'message', parent: 'root' },
  { wellKnown: 'inbox', name: 'Inbox', kind: 'message' },
  { wellKnown: 'sentitems', name: 'Sent Items', kind: 'message' },
  { wellKnown: 'drafts', name: 'Drafts', kind: 'message' },
  { wellKnown: 'deleteditems', name: 'Deleted Items', kind: 'message' },
  { wellKnown: 'junkemail', name: 'Junk Email', kind: 'message' },
  { wellKnown: 'archive', name: 'Archive', kind: 'message' },
  { wellKnown: 'outbox', name: 'Outbox', kind: 'message' },
  { wellKnown: 'conversationhistory', name: 'Conversation History', kind: 'message', hidden: true },
  { wellKnown: 'calendar', name: 'Calendar', kind: 'event' },
  { wellKnown: 'contacts', name: 'Contacts', kind: 'contact' },
  { wellKnown: 'tasks', name: 'Tasks', kind: 'task' },
  { wellKnown: 'recoverableitemsdeletions', name: 'Deletions', kind: 'message', parent: 'root', hidden: true },
]
