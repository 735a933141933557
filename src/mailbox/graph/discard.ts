import type { ItemId } from '../port.ts'
import type { GraphClient } from './client.ts'
import { segment } from './query.ts'

/** Deletes a message of our own making that nobody shall find. */
export async function discard(client: GraphClient, id: ItemId): Promise<void> {
  const path = `/messages/${segment(id)}/permanentDelete`
  await client.json({ method: 'POST', path, deed: 'Deleting a draft', repeatable: true })
}
