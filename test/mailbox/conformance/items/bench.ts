import type { Item, ItemKind, ItemMailbox, ItemPatch, Mailbox, MeetingMail, NewItem } from '#mailbox'

/** What a connector's tests give the suite: an account with empty folders of items, and the hands of everybody else. */
export interface ItemBench {
  mailbox: Mailbox
  items: ItemMailbox
  /** The address of the mailbox's owner. */
  address: string
  other: ItemOtherSide
  close(): Promise<void>
}

/**
 * The owner at her own client. Items are named by their title (subject, or display name), which the suite keeps unique;
 * folders by path.
 */
export interface ItemOtherSide {
  make(folder: readonly string[], item: NewItem): Promise<void>
  change(folder: readonly string[], title: string, patch: ItemPatch): Promise<void>
  delete(folder: readonly string[], title: string): Promise<void>
  move(folder: readonly string[], title: string, to: readonly string[]): Promise<void>
  createFolder(kind: ItemKind, path: readonly string[]): Promise<void>
  /** The truth: what the folder holds now, in any order. */
  list(folder: readonly string[]): Promise<Item[]>
  /** Puts a property that no field tells on an item, and looks whether it is still there. */
  putUnknown(folder: readonly string[], title: string): Promise<void>
  hasUnknown(folder: readonly string[], title: string): Promise<boolean>
  /** Makes the folder's cursors unusable. Omitted where it cannot happen. */
  invalidateCursor?(folder: readonly string[]): Promise<void>
  /** The next call's answer is lost after its effect. Omitted where it cannot be arranged. */
  loseNextAnswer?(): void
  /** What was sent about meetings, in order. Omitted where it cannot be seen. */
  meetingMail?(): Promise<readonly MeetingMail[]>
  /** Sends the owner an invitation from `organizer`. Omitted where there is nobody else. */
  invite?(organizer: string, item: NewItem & { kind: 'event' }): Promise<void>
}
