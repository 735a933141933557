import type { Pairing } from '../model.ts'
import { matchContacts } from './contacts.ts'
import { Pool } from './pool.ts'
import type { MatchContext, Observed } from './seen.ts'

/**
 * Puts together what belongs together: by links, then by keys in the marks of items, then by the UID of meetings (AP-57,
 * B-60), then contacts by address and name. Nothing is in two pairings (AP-9); what is alike and not surely the same is
 * left to a person. Records that no filter returns and items that are not tracked are there to be found, and make no
 * pairing of their own (AP-2, AP-3).
 */
export function match(observed: Observed, context: MatchContext): Pairing[] {
  const pool = new Pool(observed)
  return [
    ...observed.links.map((link) => pool.ofLink(link)),
    ...pool.marked(context),
    ...pool.byUid(context),
    ...matchContacts(pool.freeRecords('contact'), pool.freeItems('contact'), context, pool),
    ...pool.rest(context),
  ]
}
