import type { FolderId, Item, ItemId } from '#mailbox'
import type { ItemState, ItemTable, Link, Pairing, RecordState } from '../model.ts'
import type { PlanContext } from '../plan/context.ts'
import { type Identity, identitiesOfItem, identitiesOfRecord, uidIdentity } from './identities.ts'

/** A record that this cycle looks at; `filters` as in `Pairing`. */
export interface SeenRecord
  extends Pick<Pairing, 'answer' | 'linkedByOrganizer' | 'heldBy' | 'organizedBy' | 'filters' | 'agreedElsewhere'> {
  table: ItemTable
  id: string
  state?: RecordState
  /** Of a record that the user may not read: its UID, so that the meeting is not made a second time (AP-57). */
  uid?: string
}

/** An item that this cycle looks at. `gone`: it is not in its folder any more, and `find` knows no other with its key. */
export interface SeenItem extends Pick<Pairing, 'answer' | 'tracked' | 'untrack' | 'isUntold' | 'inTheMaking'> {
  folder: FolderId
  id: ItemId
  state?: ItemState
}

/**
 * What a cycle has in hand. To be complete it holds, beside what changed: the links of all that changed, and those that the
 * marks of an item without link name; for a link without item, an item with its key or UID; and for a record or item
 * without link, whatever on the other side shares an identity with it (`identitiesOfItem`, `identitiesOfRecord`).
 */
export interface Observed {
  links: readonly Link[]
  records: readonly SeenRecord[]
  items: readonly SeenItem[]
  /** Links whose items were being made, and are nowhere in the mailbox. */
  neverMade?: ReadonlySet<string>
}

export type MatchContext = Pick<PlanContext, 'organizationId' | 'settings' | 'trackedCategory' | 'categoryFolders'>

export type SeenWholeItem = SeenItem & { state: Item }

export function isReturned({ filters }: Pick<SeenRecord, 'filters'>): boolean {
  return filters !== undefined && filters.length > 0
}

/** A person said no to it as it was (MO-15, MO-16), and it is something else by now. */
export function isLapsed(link: Link, record: RecordState | undefined, item: ItemState | undefined): boolean {
  if (link.state !== 'ignored' || !link.untilChange) return false
  if (link.itemId !== undefined)
    return typeof item === 'object' && item.kind !== 'unreadable' && item.ref.version !== link.itemVersion
  return typeof record === 'object' && record.version !== link.recordVersion
}

/** The table whose record an item becomes (AP-50, AP-70, CT-1, TK-2). */
export function tableOf(item: Item): ItemTable {
  if (item.kind !== 'event') return item.kind
  return item.series ? 'recurringappointmentmaster' : 'appointment'
}

export function seenRecord(
  record: SeenRecord | undefined,
): Pick<Pairing, 'record' | 'filters' | 'linkedByOrganizer' | 'heldBy' | 'organizedBy' | 'agreedElsewhere'> {
  if (!record) return {}
  const { state, filters, linkedByOrganizer, heldBy, organizedBy, agreedElsewhere } = record
  return {
    ...(state !== undefined && { record: state }),
    ...(filters !== undefined && { filters }),
    ...(linkedByOrganizer !== undefined && { linkedByOrganizer }),
    ...(heldBy && { heldBy }),
    ...(organizedBy !== undefined && { organizedBy }),
    ...(agreedElsewhere !== undefined && { agreedElsewhere }),
  }
}

export function seenItem(
  seen: SeenItem | undefined,
): Pick<Pairing, 'item' | 'tracked' | 'untrack' | 'isUntold' | 'inTheMaking'> {
  if (!seen) return {}
  const { state, tracked, untrack, isUntold, inTheMaking } = seen
  return {
    ...(isUntold && { isUntold }),
    ...(state !== undefined && { item: state }),
    ...(tracked !== undefined && { tracked }),
    ...(untrack !== undefined && { untrack }),
    ...(inTheMaking && { inTheMaking }),
  }
}

export function answerOf(...seen: readonly (SeenRecord | SeenItem | undefined)[]): Pick<Pairing, 'answer'> {
  const answer = seen.find((one) => one?.answer)?.answer
  return answer ? { answer } : {}
}

export function identitiesOfRecordState({ state, uid }: SeenRecord): Identity[] {
  if (typeof state === 'object') return identitiesOfRecord(state)
  return uid === undefined ? [] : [uidIdentity(uid, undefined)]
}

export function uidsOf(identities: readonly Identity[]): Identity[] {
  return identities.filter((identity) => identity.startsWith('uid:'))
}

export function sharesUid(item: Item, record: SeenRecord): boolean {
  const uids = uidsOf(identitiesOfItem(item))
  return uidsOf(identitiesOfRecordState(record)).some((uid) => uids.includes(uid))
}

export function isWhole(seen: SeenItem): seen is SeenWholeItem {
  return typeof seen.state === 'object' && seen.state.kind !== 'unreadable'
}

export function isUnreadable({ state }: SeenItem): boolean {
  return typeof state === 'object' && state.kind === 'unreadable'
}

export const recordKey = (table: string, id: string) => `record ${table} ${id}`
export const itemKey = (folder: string, id: string) => `item ${folder} ${id}`
export const itemKeyOf = ({ folder, itemId }: Link) => (itemId === undefined ? '' : itemKey(folder ?? '', itemId))
