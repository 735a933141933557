import type { Local, Zone } from '#calendar'
import type { FolderId, ItemId } from '../ids.ts'

/** Values that appointments, contacts and tasks have in common. Times of the wall and zones are `#calendar`'s. */

export type ItemKind = 'event' | 'contact' | 'task'

/** Opaque; another one whenever anything of the item has changed, an exception of its series included. */
export type Version = string

/** Where an item is and in which state it was seen. */
export interface ItemRef {
  folder: FolderId
  /** Unique within the folder. */
  id: ItemId
  version: Version
}

/**
 * What a create is found again by after a crash: chosen by the caller, unique, at most 64 characters of `A-Z a-z 0-9 . _ -`.
 * It is kept as a hidden property of the item.
 */
export type LinkKey = string

/** The UID of what is made with a key where nobody says otherwise. */
export const uidOfKey = (key: LinkKey): string => `regarding-${key}`

/** The hidden properties of an item (AP-8). A copy of an item carries them too (AP-11). Each at most 400 characters. */
export interface ItemMarks {
  key?: LinkKey
  organization?: string
  recordType?: string
  recordId?: string
  /** `pending` or `tracked`; absent: not tracked. */
  state?: string
  regardingType?: string
  regardingId?: string
  regardingName?: string
}

/** What every item is besides its fields. None of it is written by a patch but the marks. */
export interface ItemFrame {
  ref: ItemRef
  /** The item's identity on any server: the UID of iCalendar and vCard. The same in all mailboxes that a meeting is in. */
  uid?: string
  marks: ItemMarks
  created?: Date
  modified: Date
  attachments: AttachmentInfo[]
  /** What the server keeps beyond the fields, for `create` to bring back with a restored item (B-41). Opaque. */
  rest?: string
}

export interface AttachmentInfo {
  /** Opaque; unique within the item. */
  id: string
  name: string
  type: string
  size: number
  /** A picture within the body: never synchronized (AP-85). */
  inline: boolean
  /** SHA-256 of the content in hexadecimal, where it is known without asking for the content. */
  hash?: string
}

export interface NewAttachment {
  name: string
  type: string
  content: Uint8Array
}

/** Notes. `html` only where the server keeps it; whoever writes `text` alone replaces both. */
export interface Body {
  text: string
  html?: string
}

export type Importance = 'low' | 'normal' | 'high'
export type Sensitivity = 'normal' | 'personal' | 'private' | 'confidential'

/** A moment on the wall of a zone. */
export interface Moment {
  at: Local
  zone: Zone
}
