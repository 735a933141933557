import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Item } from '#mailbox'
import type { Link } from '../model.ts'

type Agreed = Link['agreed']

/**
 * What other mailboxes agreed on about the meetings that these items, which no link has, are copies of: each by the id of its
 * record, as it was synchronized last (AP-57).
 */
export async function agreedElsewhere(
  executor: Executor,
  mailboxId: string,
  items: readonly Item[],
): Promise<ReadonlyMap<string, { agreedElsewhere: Agreed }>> {
  const uids = items.flatMap(({ kind, uid }) => (kind === 'event' && uid !== undefined ? [uid] : []))
  if (!uids.length) return new Map()
  const { rows } = await sql<{ record_id: string; agreed: Agreed }>`select distinct on (record_id) record_id, agreed
    from item_link where uid = any(${uids}::text[]) and mailbox_id <> ${mailboxId} and state = 'linked' and kind = 'event'
    order by record_id, agreed->>'record' <> '{}' desc, synchronized_on desc nulls last`.execute(executor)
  return new Map(rows.map(({ record_id: id, agreed }) => [id, { agreedElsewhere: agreed }]))
}
