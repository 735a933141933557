import type { Item, ItemRef } from '#mailbox'
import { recordKey } from '../load/views.ts'
import { type Deed, ITEM_KINDS, type RecordView } from '../model.ts'
import type { StoredLink } from '../store/links.ts'
import type { RecordState } from '../store/recordStates.ts'
import type { LostFile } from '../store/undo.ts'
import type { Work } from '../store/work.ts'
import type { Applying } from './applying.ts'
import type { Files } from './files.ts'

/** A deed on its way: what it stands on, and what came of it so far. Each step makes another of it, and changes none. */
export interface Carried {
  deed: Deed
  /** What it was noticed by. */
  work: readonly Work[]
  /** The record and the item before. */
  view?: RecordView
  item?: Item
  /** The rows that are parts of the record, as they were when it was decided. */
  parts?: readonly string[]
  /** The link before. */
  before?: StoredLink
  /** The link as it is by now, or as it will be first saved. */
  link?: StoredLink
  /** Where the item is by now. */
  ref?: ItemRef
  /** The record as we left it where we wrote it before the mailbox. */
  written?: RecordState
  /** Attachments that pass with it. */
  files?: Files
  /** Files that the item is about to lose. */
  lost?: readonly LostFile[]
  /** What the server gave to a new meeting. */
  uid?: string
  /** Ids of the letters that tell of it. */
  letters?: readonly string[]
}

export function begin(applying: Applying, deed: Deed): Carried {
  const { record, item: seen, link: known } = deed.pairing
  const view = typeof record === 'object' ? record : undefined
  const item = typeof seen === 'object' && seen.kind !== 'unreadable' ? seen : undefined
  const before = known && applying.loaded.links.get(known.id)
  const made = deed.record?.do === 'create' || deed.record?.do === 'convert' ? deed.record : undefined
  const link = before
    ? { ...before, ...(made && { table: made.table, recordId: made.id }) }
    : newLink(applying, deed, { view, item })
  return {
    deed,
    work: applying.loaded.workOf(deed.pairing),
    ...(view ? { view, parts: applying.loaded.records.get(recordKey(view))?.parts ?? [] } : {}),
    ...(item ? { item, ref: item.ref } : {}),
    ...(before ? { before } : {}),
    ...(link ? { link } : {}),
    ...(before?.state === 'creating' && item?.uid !== undefined ? { uid: item.uid } : {}),
  }
}

/** An item may be there since an earlier attempt, made of what the record said then: what there is, is looked at (law 2). */
export const isTriedAgain = ({ deed: { item }, before }: Pick<Carried, 'deed' | 'before'>): boolean =>
  item?.do === 'create' && before?.key === item.key

/**
 * The link that a deed makes; it names the record, and the key by which its item is found again. What becomes of an item
 * whose answer is lost is judged by what is known now (CT-30, AP-41); its versions stay open, so that it is looked at again.
 * What an item does not carry before it is written, nobody has taken off it (AP-95).
 */
function newLink(
  { dependencies, cycle }: Applying,
  { link, record, item }: Deed,
  present: { view: RecordView | undefined; item: Item | undefined },
): StoredLink | undefined {
  if (link === undefined || link === 'none') return undefined
  const made = record?.do === 'create' || record?.do === 'convert' ? record : undefined
  const table = link.table ?? made?.table ?? present.view?.table
  const recordId = link.recordId ?? made?.id ?? present.view?.id
  if (table === undefined || recordId === undefined) return undefined
  const { returned = false, returnedEver = false, ownerId, organizes, subject } = link
  const categorized = item?.do === 'create' ? link.categorized : undefined
  const key = item?.do === 'create' ? item.key : (link.key ?? present.item?.marks.key ?? dependencies.newId())
  return {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    kind: ITEM_KINDS[table],
    table,
    recordId,
    key,
    state: link.state,
    agreed: { record: {}, item: {} },
    returned,
    returnedEver,
    parts: [],
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(organizes === undefined ? {} : { organizes }),
    ...(categorized === undefined ? {} : { categorized }),
    ...(subject === undefined ? {} : { subject }),
    ...(present.item?.uid === undefined ? {} : { uid: present.item.uid }),
  }
}
