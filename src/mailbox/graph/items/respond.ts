import { MailboxError } from '../../errors.ts'
import { itemChanged, itemNotFound, itemRefused, unsupported } from '../../failures.ts'
import type { ItemRef } from '../../items/common.ts'
import type { Answer } from '../../items/event.ts'
import { query, segment } from '../query.ts'
import type { Kit, Side } from './kit.ts'
import { findOccurrences } from './occurrences.ts'
import { type Raw, refOf } from './raw.ts'

const ACTIONS = { accepted: 'accept', tentative: 'tentativelyAccept', declined: 'decline' } as const

/**
 * Answers an invitation, or one occurrence of it. What is declined leaves the calendar: then the old reference is returned.
 * @throws MailboxError `conflict` when the item has another version by now, `unsupported` for what is no invitation
 */
export async function respond(
  kit: Kit,
  events: Side,
  ref: ItemRef,
  answer: Exclude<Answer, 'none'>,
  { tell, comment, originalStart }: { tell: boolean; comment?: string; originalStart?: string },
): Promise<ItemRef> {
  const [item] = await events.read(ref.folder, [ref.id])
  if (!item) throw itemNotFound(ref.id)
  if (item.kind === 'unreadable') throw item.error
  if (item.kind !== 'event' || item.role !== 'attendee') throw unsupported('answer what is no invitation', 'graph')
  if (item.ref.version !== ref.version) throw itemChanged(ref.id)
  let id = ref.id
  if (originalStart !== undefined) {
    const found = await findOccurrences(kit, ref.id, item.fields.time, [originalStart])
    const occurrence = found.get(originalStart)
    if (occurrence === undefined) throw itemRefused(`The series has no occurrence at ${originalStart}. Read it again.`)
    id = occurrence
  }
  await kit.client.json({
    method: 'POST',
    path: `/events/${segment(id)}/${ACTIONS[answer]}`,
    body: { sendResponse: tell, ...(comment !== undefined && { comment }) },
    deed: 'Answering an invitation',
  })
  kit.seen.forget(ref.id)
  try {
    const path = `/events/${segment(ref.id)}${query({ $select: 'id', $expand: 'calendar($select=id)' })}`
    const { value } = await kit.client.json<Raw>({ path, deed: 'Reading an answer' })
    return refOf(ref.folder, value)
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') return ref
    throw error
  }
}
