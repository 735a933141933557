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
    if (copy) return observeKnown(change, copy, category, options)
    if (folder.mapping) return [{ kind: 'evaluate', change, trigger: { kind: 'folder', mapping: folder.mapping } }]
    if (category) return [{ kind: 'evaluate', change, trigger: { kind: 'category' } }]
    const recent = options.effectiveStart === undefined || change.received >= options.effectiveStart
    return folder.searched && recent ? [{ kind: 'evaluate', change, trigger: { kind: 'automatic' } }] : []
  })
}

function observeKnown(change: ItemChange, copy: Copy, category: boolean, options: ObserveOptions): Observation[] {
  if (!options.trackCategorizedItems || category === copy.trackedCategory) return []
  if (copy.markPending) return [] // our own mark that is not carried out yet never looks like a person's
  if (category) return [{ kind: 'evaluate', change, trigger: { kind: 'category' }, copy }]
  return copy.state === 'tracked' ? [{ kind: 'untrack', change, copy }] : []
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
