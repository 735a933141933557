import { sql } from 'kysely'
import { rowset, type Transaction } from '#database'
import { RecordError } from '#records'

/**
 * A link may have got another record since it was read (DU-21, AP-71). What was decided about the old one is decided anew:
 * that one being gone is no deletion. Called once records are written: they are locked before links, so that no two wait
 * for each other.
 * @throws RecordError `VersionMismatch`
 */
export async function refuseMoved(
  tx: Transaction,
  expected: readonly { id: string; recordId: string }[],
): Promise<void> {
  if (!expected.length) return
  const rows = expected.map(({ id, recordId }) => ({ id, record: recordId }))
  const { rows: found } = await sql<{ moved: boolean }>`select l.record_id <> r.record as moved from item_link l
    join ${rowset(rows, COLUMNS, 'r')} on r.id = l.link_id order by l.link_id for update of l`.execute(tx)
  if (found.some(({ moved }) => moved))
    throw new RecordError('VersionMismatch', 'The record has become another one meanwhile.')
}

const COLUMNS = [
  { name: 'id', type: 'uuid' },
  { name: 'record', type: 'uuid' },
]
