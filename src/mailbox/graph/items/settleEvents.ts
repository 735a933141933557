import type { FolderId, ItemId } from '../../ids.ts'
import type { ItemRef } from '../../items/common.ts'
import { batch } from '../batch.ts'
import { isGone } from '../details.ts'
import { query, segment } from '../query.ts'
import type { Kit } from './kit.ts'
import { type RawEvent, refOf } from './raw.ts'

export interface Settled {
  upserts: ItemRef[]
  removals: ItemId[]
}

const WHERE = { $select: 'id,type,seriesMasterId', $expand: 'calendar($select=id)' }

/**
 * What the delta of a view means for the calendar: an occurrence that was told means its master (AP-70), and what was told
 * as removed is gone, or has changed outside the view. A master of which only an occurrence was told is not said to be
 * removed, be it there or not: reading it shows (B-44).
 */
export async function settleEvents(
  kit: Kit,
  folder: FolderId,
  entries: readonly RawEvent[],
  signal: AbortSignal | undefined,
): Promise<Settled> {
  const upserts = new Map<ItemId, ItemRef>()
  const unclear = new Set<ItemId>()
  const removed = new Set<ItemId>()
  for (const entry of entries) {
    const id = entry.id as ItemId
    if (entry['@removed']) {
      upserts.delete(id)
      unclear.add(id)
      removed.add(id)
    } else if (entry.seriesMasterId) unclear.add(entry.seriesMasterId)
    else {
      unclear.delete(id)
      removed.delete(id)
      upserts.set(id, refOf(folder, entry))
    }
  }
  const removals: ItemId[] = []
  // What an occurrence belongs to may have to be looked for in a second step.
  for (let ids = [...unclear].filter((id) => !upserts.has(id)); ids.length > 0; ) {
    const masters = new Set<ItemId>()
    for (const [id, event] of await lookFor(kit, ids, signal)) {
      if (event ? isElsewhere(event, folder) : removed.has(id)) removals.push(id)
      else if (!event) upserts.set(id, refOf(folder, { id }))
      else if (event.seriesMasterId && event.seriesMasterId !== id) masters.add(event.seriesMasterId)
      else upserts.set(id, refOf(folder, event))
    }
    ids = [...masters].filter((id) => !upserts.has(id) && !removals.includes(id))
  }
  return { upserts: [...upserts.values()], removals }
}

const isElsewhere = ({ calendar }: RawEvent, folder: FolderId): boolean =>
  typeof calendar?.id === 'string' && calendar.id !== folder

/** Events by their ids; undefined for those that are gone. */
async function lookFor(
  { client }: Kit,
  ids: readonly ItemId[],
  signal: AbortSignal | undefined,
): Promise<[ItemId, RawEvent | undefined][]> {
  const parts = ids.map((id) => ({ method: 'GET' as const, path: `/events/${segment(id)}${query(WHERE)}` }))
  const answers = await batch(client, parts, 'Looking for appointments', { signal })
  return answers.map((answer, index) => {
    const id = ids[index] as ItemId
    if (isGone(answer)) return [id, undefined]
    if (answer.error && answer.status !== 403) throw answer.error
    // What is denied is still there: reading it says why it cannot be read.
    return [id, answer.error ? { id } : (answer.body as RawEvent)]
  })
}
