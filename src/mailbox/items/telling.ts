import type { CalendarItem } from './event.ts'
import type { EventPatch } from './patch.ts'

/** What attendees are told of when it changes. Everything else is the organizer's own. */
const TELLING = new Set(['subject', 'body', 'location', 'time', 'attendees', 'importance', 'sensitivity'])

/** Whether a mail server that always tells attendees of changes would tell anybody of this one (AP-36). */
export function isTold(item: CalendarItem, patch: EventPatch): boolean {
  return isOrganized(item, patch) && tells(patch)
}

/** Only the organizer's calendar writes to attendees; whoever invites the first of them becomes the organizer. */
function isOrganized(item: CalendarItem, { set, occurrences = [] }: EventPatch): boolean {
  const invites = [set, ...occurrences.map((one) => ('cancel' in one ? undefined : one.set))]
  return item.role === 'organizer' || (item.role === 'none' && invites.some((fields) => fields?.attendees?.length))
}

function tells({ set, clear = [], recurrence, occurrences = [] }: EventPatch): boolean {
  const parts = [
    { set, clear },
    ...occurrences.map((one) => ('cancel' in one ? { clear: ['time'] } : { set: one.set, clear: one.clear ?? [] })),
  ]
  const named = parts.flatMap((part) => [...Object.keys(part.set ?? {}), ...part.clear])
  return recurrence !== undefined || named.some((name) => TELLING.has(name))
}
