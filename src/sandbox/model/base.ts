import type { ExtendedProperty } from './property.ts'

/** Somebody by name and address. */
export interface Person {
  name: string
  address: string
}

export interface Body {
  type: 'html' | 'text'
  content: string
}

export type Importance = 'low' | 'normal' | 'high'
export type Sensitivity = 'normal' | 'personal' | 'private' | 'confidential'

/** A file that is attached to an event, a contact or a task; those of messages are in their MIME source. */
export interface FileAttachment {
  id: string
  name: string
  contentType: string
  content: Uint8Array
  contentId?: string | undefined
  inline: boolean
  modified: Date
}

/** What all items have. Items are values: every change makes a new one. */
export interface ItemBase {
  /** Stays the same as long as the item lives in its mailbox, wherever it is moved (Graph's immutable id). */
  readonly id: string
  /** Changes with every move from folder to folder (the id of EWS, and Graph's when nothing else is asked for). */
  readonly entryId: string
  /** How often the item was moved. */
  readonly moves: number
  /** Changes with every change. */
  readonly changeKey: string
  readonly folder: string
  readonly created: Date
  readonly modified: Date
  readonly categories: readonly string[]
  readonly properties: readonly ExtendedProperty[]
}
