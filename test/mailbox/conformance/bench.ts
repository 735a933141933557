import type { Category, Mailbox } from '#mailbox'

/** What a connector's tests give the conformance suite: a fresh, empty mailbox and the hands of everybody else. */
export interface Bench {
  mailbox: Mailbox
  other: OtherSide
  /**
   * The store loses cursors whenever messages vanish or change in place (a file that is rewritten). Elsewhere the suite
   * allows `cursorLost` only after `invalidateCursor`.
   */
  losesCursors?: boolean
  /** Folder names to try instead of the suite's own. */
  oddNames?: readonly string[]
  /** Frees everything; the suite calls it at the end of every test, after closing the mailbox. */
  close(): Promise<void>
}

/** The person at her own mail client, and the mail server. Folders are named by path, messages by Message-ID. */
export interface OtherSide {
  deliver(
    folder: readonly string[],
    source: Uint8Array,
    options?: { received?: Date; seen?: boolean; categories?: readonly Category[] },
  ): Promise<void>
  moveByUser(folder: readonly string[], messageId: string, to: readonly string[]): Promise<void>
  deleteByUser(folder: readonly string[], messageId: string): Promise<void>
  setSeenByUser(folder: readonly string[], messageId: string, seen: boolean): Promise<void>
  /** Never called where `can.categories` is false. */
  setCategoryByUser(folder: readonly string[], messageId: string, category: Category, on: boolean): Promise<void>
  createFolder(path: readonly string[]): Promise<void>
  renameFolder(path: readonly string[], to: readonly string[]): Promise<void>
  deleteFolder(path: readonly string[]): Promise<void>
  /** The truth: what the folder holds now, in any order. */
  list(folder: readonly string[]): Promise<TrueItem[]>
  /** Ends the mailbox's connections as a restarting server does. Omitted where there are none. */
  breakConnection?(): Promise<void>
  /** Makes the folder's cursors unusable, as UIDVALIDITY does. Omitted where it cannot happen. */
  invalidateCursor?(folder: readonly string[]): Promise<void>
}

export interface TrueItem {
  messageId: string
  seen: boolean
  categories: Category[]
}
