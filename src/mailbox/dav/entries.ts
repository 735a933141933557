import type { Cursor, ItemId } from '../ids.ts'
import type { ItemChangePage, ItemKind, ItemUpsert } from '../items/index.ts'
import { xml } from '../xml.ts'
import { statusError } from './failures.ts'
import { etagOf, type ResourceAnswer } from './multistatus.ts'
import { nameOf, samePath } from './place.ts'
import { type Place, readAll } from './readItems.ts'

/** One member of a collection as a listing tells it. */
export interface Entry {
  name: ItemId
  /** Absent: it is gone. */
  etag?: string
  /** The kind of its content, where the server says so. */
  kind?: ItemKind | 'other'
  /** The server lists it and denies it. */
  refused?: number
}

/** What is asked of each. */
export const LISTED = xml`<D:getetag/><D:getcontenttype/>`

/** A page of entries: those of other kinds that share the collection are left out. */
export async function pageOf(
  place: Place,
  entries: readonly Entry[],
  cursor: Cursor,
  more: boolean,
): Promise<ItemChangePage> {
  const here = entries.filter(({ etag, refused }) => etag !== undefined || refused !== undefined)
  const removals = entries.filter((entry) => !here.includes(entry)).map(({ name }) => name)
  const unsure = here.filter(({ kind, refused }) => kind === undefined && refused === undefined).map(({ name }) => name)
  const read = await readAll(place, unsure)
  const upserts = here.flatMap(({ name, etag = '', kind, refused }): ItemUpsert[] => {
    const ref = { folder: place.folder, id: name, version: etag }
    if (refused !== undefined) {
      const { where, clock } = place.client
      const error = statusError(
        { status: refused, headers: {}, conditions: [] },
        where,
        { doing: 'Reading an item', single: true },
        clock.now(),
      )
      return [{ ref, item: { kind: 'unreadable', ref, error } }]
    }
    if (kind !== undefined) return kind === place.kind ? [{ ref }] : []
    const item = read.get(name)
    // Listed, and not given when it was read: no removal (B-44).
    if (!item) return [{ ref }]
    return item === 'otherKind' ? [] : [{ ref: item.ref, item }]
  })
  return { upserts, removals, cursor, more }
}

/** What a listing says of a member; undefined for the collection itself and for collections within. */
export function entryOf({ collection, kind }: Place, { href, status = 200, props }: ResourceAnswer): Entry | undefined {
  const path = href.trim()
  if (path.endsWith('/') || samePath(path, collection.path)) return undefined
  const name = nameOf(path)
  if (status === 404 || status === 410) return { name }
  if (status >= 300) return { name, refused: status }
  const etag = etagOf(props.get('D:getetag')?.text) ?? ''
  const component = /component="?(\w+)/i.exec(props.get('D:getcontenttype')?.text ?? '')?.[1]?.toUpperCase()
  const told =
    kind === 'contact' ? kind : component === 'VEVENT' ? 'event' : component === 'VTODO' ? 'task' : component && 'other'
  return { name, etag, ...(told && { kind: told }) }
}
