import { itemNotFound } from '../failures.ts'
import { attachmentsOf } from '../ical/index.ts'
import type { ItemRef } from '../items/index.ts'
import { pathOf } from './place.ts'
import { type Place, readResource } from './readItems.ts'

const ATTACHMENT_AT_MOST = 128 * 1024 * 1024
const DOING = 'Reading an attachment'

/** The content of an attachment, from the item's text or from where the server keeps it (RFC 8607). */
export async function attachmentContent(place: Place, ref: ItemRef, id: string): Promise<Uint8Array> {
  const resource = await readResource(place, ref.id, DOING)
  const found = attachmentsOf(resource?.text ?? '').find(({ info }) => info.id === id)
  if (found?.content) return found.content
  if (found?.url === undefined) throw itemNotFound(id)
  const { client, collection } = place
  const path = pathOf(found.url, client.origin, collection.path)
  return client.bytes(await client.send({ method: 'GET', path, doing: DOING, again: true }), ATTACHMENT_AT_MOST)
}
