import { unsupported } from '../failures.ts'
import { answerEvent, inCrlf } from '../ical/index.ts'
import type { Answer, ItemRef } from '../items/index.ts'
import type { Place } from './readItems.ts'
import { put, seen, unchanged } from './resource.ts'

/** Writes the owner's answer into the invitation; the server carries it to the organizer (RFC 6638 §3.2.2). */
export async function respondTo(
  place: Place,
  ref: ItemRef,
  answer: { answer: Exclude<Answer, 'none'>; tell: boolean; comment?: string; originalStart?: string },
): Promise<ItemRef> {
  const { item, resource } = await seen(place, ref, 'Answering an invitation')
  if (item.kind !== 'event' || item.role !== 'attendee') throw unsupported('answer what is no invitation', 'dav')
  const options = { address: place.address, now: place.client.clock.now(), fallback: place.collection.zone }
  const text = answerEvent(inCrlf(resource.text), answer, options)
  return put(place, ref.id, text, unchanged(resource), 'Answering an invitation')
}
