import type { Link, Pairing } from '../model.ts'
import { matchContacts } from './contacts.ts'
import { Pool } from './pool.ts'
import { isLapsed, itemKey, itemKeyOf, type MatchContext, type Observed, recordKey } from './seen.ts'

/**
 * Puts together what belongs together: by links, then by keys in the marks of items, then by the UID of meetings (AP-57,
 * B-60), then contacts by address and name. Nothing is in two pairings (AP-9); what is alike and not surely the same is
 * left to a person. Records that no filter returns and items that are not tracked are there to be found, and make no
 * pairing of their own (AP-2, AP-3). What a person said no to and what has changed since is put together anew (MO-16).
 */
export function match(observed: Observed, context: MatchContext): Pairing[] {
  const lapsed = lapsedLinks(observed)
  const links = lapsed.size === 0 ? observed.links : observed.links.filter((link) => !lapsed.has(link))
  const pool = new Pool({ ...observed, links })
  const pairings = [
    ...links.map((link) => pool.ofLink(link)),
    ...pool.marked(context),
    ...pool.byUid(context),
    ...matchContacts(pool.freeRecords('contact'), pool.freeItems('contact'), context, pool),
    ...pool.rest(context),
  ]
  return lapsed.size === 0 ? pairings : pairings.map((pairing) => withLapsed(pairing, lapsed))
}

function lapsedLinks({ links, records, items }: Observed): Set<Link> {
  const refused = links.filter(({ state, untilChange }) => state === 'ignored' && untilChange)
  if (!refused.length) return new Set()
  const recordOf = new Map(records.map(({ table, id, state }) => [recordKey(table, id), state]))
  const itemOf = new Map(items.map(({ folder, id, state }) => [itemKey(folder, id), state]))
  return new Set(
    refused.filter((link) =>
      isLapsed(link, recordOf.get(recordKey(link.table, link.recordId)), itemOf.get(itemKeyOf(link))),
    ),
  )
}

/** What comes of it takes the place of the refusal. */
function withLapsed(pairing: Pairing, lapsed: Set<Link>): Pairing {
  if (pairing.link) return pairing
  const { record, item } = pairing
  const link = [...lapsed].find((one) =>
    one.itemId === undefined
      ? typeof record === 'object' && record.id === one.recordId
      : typeof item === 'object' && item.ref.folder === one.folder && item.ref.id === one.itemId,
  )
  if (!link) return pairing
  lapsed.delete(link)
  return { ...pairing, link }
}
