import { type Attendee, type EventFields, isTold } from '#mailbox'
import type { Deed } from '../model.ts'

/** The addresses that the mail server tells of a deed, in lower case, each once. */
export function recipientsOf({ item: deed, pairing }: Deed): string[] {
  if (!deed || deed.notify === 'none') return []
  const item = typeof pairing.item === 'object' && pairing.item.kind === 'event' ? pairing.item : undefined
  // Marks and categories are nobody else's.
  if (deed.do === 'update' && item && deed.patch.kind === 'event' && !isTold(item, deed.patch)) return []
  const before = item ? attendeesOf(item.fields) : []
  if (deed.do === 'remove') return unique(before)
  const set = deed.do === 'create' ? deed.item : deed.patch
  const fields: Partial<EventFields> = set.kind === 'event' ? ('fields' in set ? set.fields : (set.set ?? {})) : {}
  const after = deed.do === 'update' && fields.attendees === undefined ? before : attendeesOf(fields)
  if (deed.notify === 'all') return unique([...before, ...after])
  return unique([...before.filter((one) => !after.includes(one)), ...after.filter((one) => !before.includes(one))])
}

function attendeesOf({ attendees = [] }: Partial<EventFields>): string[] {
  return attendees.map(({ address }: Attendee) => address.toLowerCase())
}

function unique(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].filter((address) => address !== '')
}
