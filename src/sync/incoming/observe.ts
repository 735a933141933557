import type { ItemChange, ItemHeaders } from '#mailbox'
import { type MessageHeaders, normalizeMessageId, surrogateKey } from '#mime'
import type { NewId } from '#time'
import type { Copy } from './copies.ts'
import { TRACKED_CATEGORY, UNDELIVERABLE_CATEGORY } from './marks.ts'
import type { Mapping, Message, Trigger } from './model.ts'

/** A folder that the cycle reads, and what its messages mean to it. */
export interface ReadFolder {
  id: string
  path: string[]
  place: Message['folder']['place']
  /** New messages in it are evaluated automatically (T-1). */
  searched: boolean
  mapping?: Mapping
}

/** What a change of an item asks for, seen against the copy we know. */
export type Observation =
  | { kind: 'evaluate'; change: ItemChange; trigger: Trigger; copy?: Copy }
  | { kind: 'untrack'; change: ItemChange; copy: Copy }

export interface ObserveOptions {
  /** The folder is being listed from its start. */
  listing: boolean
  trackCategorizedItems: boolean
  /** MB-47: older messages are not evaluated automatically. */
  effectiveStart?: Date
}

/**
 * What the changes of a page ask for. A known item is looked at again only when a person put the tracked category on it
 * or took it off (T-94, T-98); an unknown one when its folder is searched or it carries the category (T-1, T-5, FT-20).
 */
export function observe(
  folder: ReadFolder,
  changes: readonly ItemChange[],
  copies: ReadonlyMap<string, Copy>,
  options: ObserveOptions,
): Observation[] {
  return changes.flatMap((change): Observation[] => {
    if (change.deleted || change.draft) return []
    const copy = copies.get(change.id)
    const category = options.trackCategorizedItems && change.categories.includes(TRACKED_CATEGORY)
    if (copy) return observeKnown(change, copy, category, folder, options)
    if (folder.mapping) return [{ kind: 'evaluate', change, trigger: { kind: 'folder', mapping: folder.mapping } }]
    if (category) return [{ kind: 'evaluate', change, trigger: { kind: 'category' } }]
    const recent = options.effectiveStart === undefined || change.received >= options.effectiveStart
    return folder.searched && recent ? [{ kind: 'evaluate', change, trigger: { kind: 'automatic' } }] : []
  })
}

function observeKnown(
  change: ItemChange,
  copy: Copy,
  category: boolean,
  folder: ReadFolder,
  options: ObserveOptions,
): Observation[] {
  if (isPersons(category, copy, options)) {
    if (category) return [{ kind: 'evaluate', change, trigger: { kind: 'category' }, copy }]
    if (copy.state === 'tracked' && !change.categoriesLost) return [{ kind: 'untrack', change, copy }]
  }
  // A folder that was mapped with what lay in it (FT-21).
  if (options.listing && folder.mapping && copy.state === 'notTracked')
    return [{ kind: 'evaluate', change, trigger: { kind: 'folder', mapping: folder.mapping }, copy }]
  return []
}

/** While a category of our own is under way, the item may be seen with it or without. */
function isPersons(category: boolean, { seenTracked, wantTracked }: Copy, options: ObserveOptions): boolean {
  return options.trackCategorizedItems && category !== seenTracked && category !== wantTracked
}

/** Longest Message-ID that is used as a key; the standard allows no line longer than 998 characters (RFC 5322 §2.1.1). */
const LONGEST_KEY = 998

/** By what a message is known wherever it lies: its Message-ID, else the surrogate (T-85, T-88). */
export function keyOf(headers: MessageHeaders, size: number): string {
  const id = headers.messageId === undefined ? '' : normalizeMessageId(headers.messageId)
  return id && id.length <= LONGEST_KEY ? id : surrogateKey(headers, size)
}

/** A message as deciding sees it. */
export function messageOf(
  mailboxId: string,
  folder: ReadFolder,
  item: ItemHeaders,
  change: Pick<ItemChange, 'categories'>,
  newId: NewId,
): Message {
  const { headers } = item
  return {
    mailboxId,
    folder: { id: folder.id, place: folder.place, path: folder.path },
    itemId: item.id,
    headers,
    received: item.received,
    size: item.size,
    trackedCategory: change.categories.includes(TRACKED_CATEGORY),
    undeliverableCategory: change.categories.includes(UNDELIVERABLE_CATEGORY),
    key: keyOf(headers, item.size),
    direction: folder.place === 'sent' ? 'outgoing' : 'incoming', // T-36
    ids: { email: newId(), person: newId() },
  }
}
