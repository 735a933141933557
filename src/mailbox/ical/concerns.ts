import type { EventPatch, OccurrencePatch } from '../items/index.ts'
import { type Component, linesOf } from './lines.ts'
import { personOf } from './properties.ts'
import type { WriteOptions } from './writeFields.ts'

/** Fields that are the owner's own business: attendees are not told of them. */
const PRIVATE = new Set(['reminder', 'categories', 'showAs'])

/** Whether a change of a meeting concerns others than the owner of the mailbox (RFC 6638 §3.2.8). */
export function concernsOthers(patch: EventPatch | OccurrencePatch): boolean {
  if ('cancel' in patch || ('recurrence' in patch && patch.recurrence !== undefined)) return true
  if ('occurrences' in patch && patch.occurrences?.some(concernsOthers)) return true
  return [...Object.keys(patch.set ?? {}), ...(patch.clear ?? [])].some((name) => !PRIVATE.has(name))
}

export function isInvitation(event: Component, { address }: WriteOptions): boolean {
  const organizer = linesOf(event, 'ORGANIZER').map(personOf)[0]?.address
  return organizer !== undefined && organizer !== address
}

/** Who writes, for `stamp`. */
export function stampedBy(event: Component, patch: EventPatch | OccurrencePatch, options: WriteOptions) {
  if (isInvitation(event, options)) return 'attendee'
  return concernsOthers(patch) ? 'organizer' : 'organizerQuietly'
}
