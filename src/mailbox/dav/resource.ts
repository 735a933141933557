import { itemChanged, itemNotFound, itemRefused } from '../failures.ts'
import type { Item, ItemRef } from '../items/index.ts'
import { xml } from '../xml.ts'
import { tooLarge } from './failures.ts'
import { ITEM_AT_MOST } from './limits.ts'
import { etagOf } from './multistatus.ts'
import { memberOf } from './place.ts'
import { itemOf, type Place, type Resource, readResource } from './readItems.ts'
import { propfind } from './requests.ts'

/** Single resources: read to be written, and written under a condition. */

export const TYPES = {
  event: 'text/calendar; charset=utf-8',
  task: 'text/calendar; charset=utf-8',
  contact: 'text/vcard; charset=utf-8',
} as const

/**
 * An item as it is now, still in the version of `ref`.
 * @throws MailboxError `conflict`, `notFound`
 */
export async function seen(
  place: Place,
  ref: ItemRef,
  doing: string,
): Promise<{ item: Item; resource: Resource & { scheduleTag?: string } }> {
  const resource = await readResource(place, ref.id, doing)
  const item = resource && itemOf(place, resource)
  if (!resource || !item) throw itemNotFound(ref.id)
  const version = resource.etag || (await versionOf(place, ref.id))
  if (version !== ref.version) throw itemChanged(ref.id)
  if (item.kind === 'unreadable') throw item.error
  return { item, resource: { ...resource, etag: version ?? '' } }
}

/** Writes a resource under a condition and tells its new version. @throws MailboxError `conflict` */
export async function put(
  place: Place,
  name: string,
  text: string,
  condition: Record<string, string>,
  doing: string,
): Promise<ItemRef> {
  const { client, collection, kind, folder } = place
  checkSize(text, collection.maxSize)
  const answer = await client.send({
    method: 'PUT',
    path: memberOf(collection.path, name),
    headers: { 'content-type': TYPES[kind], ...condition },
    body: text,
    doing,
    single: true,
  })
  await client.skip(answer)
  // Without ETag the server has changed what it was given (RFC 4791 §5.3.4).
  const version = etagOf(answer.headers['etag']) ?? (await versionOf(place, name))
  if (version === undefined) throw itemNotFound(name)
  return { folder, id: name, version }
}

/** The version of a resource; undefined where there is none. */
export async function versionOf({ client, collection }: Place, name: string): Promise<string | undefined> {
  const props = xml`<D:getetag/>`
  try {
    const [answer] = await propfind(client, memberOf(collection.path, name), {
      depth: 0,
      props,
      doing: 'Reading the version of an item',
    })
    return etagOf(answer?.props.get('D:getetag')?.text)
  } catch (error) {
    if ((error as { kind?: unknown }).kind === 'notFound') return undefined
    throw error
  }
}

/** By the schedule tag, answers of attendees that come meanwhile are kept by the server (RFC 6638 §3.2.10). */
export function unchanged({ etag, scheduleTag }: { etag: string; scheduleTag?: string }): Record<string, string> {
  if (scheduleTag !== undefined) return { 'if-schedule-tag-match': scheduleTag }
  if (!etag)
    throw itemRefused(
      'The server tells no version (ETag) of the item, so that a change by others could be overwritten.',
    )
  return { 'if-match': etag }
}

function checkSize(text: string, maxSize = ITEM_AT_MOST): void {
  const atMost = Math.min(maxSize, ITEM_AT_MOST)
  const size = Buffer.byteLength(text)
  if (size > atMost) throw tooLarge(size, atMost)
}
