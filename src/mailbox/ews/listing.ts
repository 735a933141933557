import { createHash } from 'node:crypto'
import type { FolderId, ItemChange, ItemId } from '../port.ts'
import type { Listed } from './cursor.ts'
import { CHANGE_FIELDS, changeOf } from './item.ts'
import { childOf, childrenOf, isTrue } from './node.ts'
import { field, folderId, itemShape } from './pieces.ts'
import { inFolder, type Place } from './place.ts'
import { xml } from './xml.ts'

/** Exchange finds so many at once, at most. */
const FIND_AT_MOST = 1_000
/** More messages of one second than this are counted, not named. */
const NAMED_AT_MOST = 400

export interface ListedPage {
  items: ItemChange[]
  /** Where the next page begins; absent at the end. */
  next: Listed | undefined
}

/**
 * The next messages of a folder in the order of arrival. A page begins with the second at which the one before ended:
 * what was deleted meanwhile then moves nothing out of sight, as it would with numbered pages.
 */
export async function listPage(
  { client }: Place,
  folder: FolderId,
  { at, skip, offset }: Listed,
  pageSize: number,
  signal?: AbortSignal,
): Promise<ListedPage> {
  const received = field('item:DateTimeReceived')
  const wanted = Math.min(pageSize + skip.length, FIND_AT_MOST)
  const view = xml`<m:IndexedPageItemView MaxEntriesReturned="${wanted}" Offset="${offset}" BasePoint="Beginning"/>`
  const restriction =
    at === undefined
      ? undefined
      : xml`<m:Restriction><t:IsGreaterThanOrEqualTo>${received}<t:FieldURIOrConstant><t:Constant Value="${at}"/></t:FieldURIOrConstant></t:IsGreaterThanOrEqualTo></m:Restriction>`
  const order = xml`<m:SortOrder><t:FieldOrder Order="Ascending">${received}</t:FieldOrder></m:SortOrder>`
  const folders = xml`<m:ParentFolderIds>${folderId(folder)}</m:ParentFolderIds>`
  const body = xml`<m:FindItem Traversal="Shallow">${itemShape(CHANGE_FIELDS)}${view}${restriction}${order}${folders}</m:FindItem>`
  const operation = { name: 'FindItem', body, doing: 'Listing a folder' }
  const message = await inFolder(folder, client.callOne(operation, { again: true, signal }))
  const root = childOf(message, 'RootFolder')
  const found = childrenOf(root, 'Items').flatMap((item) => changeOf(item) ?? [])
  const named = new Set(skip)
  const fresh = found.filter((item) => !named.has(digest(item.id)))
  const items = fresh.slice(0, pageSize)
  const isLast = isTrue(root?.attributes['IncludesLastItemInRange']) && items.length === fresh.length
  return { items, next: isLast ? undefined : after(items, { at, skip, offset }, found.length) }
}

function after(items: readonly ItemChange[], before: Listed, found: number): Listed {
  const last = items.at(-1)
  // Nothing new on a full page: all of it is of one second and was reported; it is counted from here on.
  if (!last) return { ...before, skip: [], offset: before.offset + found }
  const at = second(last.received)
  const same = items.filter((item) => second(item.received) === at).map((item) => digest(item.id))
  const skip = at === before.at ? [...before.skip, ...same] : same
  const offset = at === before.at ? before.offset : 0
  return skip.length > NAMED_AT_MOST ? { at, skip: [], offset: offset + skip.length } : { at, skip, offset }
}

/** The second of an arrival: Exchange tells no more of it. */
export function second(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

function digest(id: ItemId): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 10)
}
