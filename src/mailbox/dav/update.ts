import { MailboxError } from '../errors.ts'
import { itemChanged } from '../failures.ts'
import {
  concernsOthers,
  inCrlf,
  isScheduled,
  patchAttachments,
  patchContact,
  patchEvent,
  patchTask,
  withScheduling,
} from '../ical/index.ts'
import type { ItemPatch, ItemRef } from '../items/index.ts'
import { memberOf } from './place.ts'
import { type Place, readResource } from './readItems.ts'
import { put, seen, unchanged, versionOf } from './resource.ts'

/** Changes what the patch names in the item's own text; `tell`: whether attendees are told, undefined where nobody ever is. */
export async function updateItem(
  place: Place,
  ref: ItemRef,
  patch: ItemPatch,
  tell: boolean | undefined,
): Promise<ItemRef> {
  const { item, resource } = await seen(place, ref, 'Changing an item')
  const text = inCrlf(resource.text)
  const options = { address: place.address, now: place.client.clock.now(), fallback: place.collection.zone }
  const patched = patch.attachments ? patchAttachments(text, patch.attachments) : text
  let next: string
  if (patch.kind === 'contact' && item.kind === 'contact') next = patchContact(patched, patch, options.now)
  else if (patch.kind === 'task' && item.kind === 'task') next = patchTask(patched, patch, options)
  else if (patch.kind === 'event' && item.kind === 'event') {
    const loud = concernsOthers(patch) || patch.attachments !== undefined
    if (tell === false && loud && isScheduled(text, place.address)) throw announced('changed')
    next = patchEvent(patched, patch, options)
    if (tell !== undefined && loud) next = withScheduling(next, place.address, tell)
  } else throw new TypeError(`A patch of kind ${patch.kind} does not fit an item of kind ${item.kind}.`)
  return put(place, ref.id, next, unchanged(resource), 'Changing an item')
}

/** Deletes an item in the version of `ref`; one that is gone is no failure. */
export async function removeItem(place: Place, ref: ItemRef, tell: boolean | undefined): Promise<void> {
  const doing = 'Deleting an item'
  if (place.kind === 'event' && tell === false) {
    const resource = await readResource(place, ref.id, doing)
    if (!resource) return
    if (isScheduled(resource.text, place.address)) throw announced('deleted')
  }
  const { client, collection } = place
  const request = {
    method: 'DELETE',
    path: memberOf(collection.path, ref.id),
    // Else the server declines an invitation that is deleted (RFC 6638 §8.1).
    headers: { 'if-match': ref.version, ...(tell !== undefined && { 'schedule-reply': tell ? 'T' : 'F' }) },
    doing,
    single: true,
  }
  try {
    const answer = await client.send(request)
    await client.skip(answer)
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    if (error.kind === 'notFound') return
    if (error.kind !== 'conflict') throw error
    if ((await versionOf(place, ref.id)) !== undefined) throw itemChanged(ref.id, error)
  }
}

/** Law 8: who was told of a meeting by the server is told of its changes by it. */
function announced(deed: string): MailboxError {
  const words = `The server has told the attendees of this meeting, and tells them when it is ${deed}. It cannot be ${deed} silently.`
  return new MailboxError('unsupported', 'NotSupported', words, { scope: 'item' })
}
