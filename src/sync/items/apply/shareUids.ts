import { sql } from 'kysely'
import { rowset, type Transaction } from '#database'
import type { Carried } from './carried.ts'

/**
 * By its UID other mailboxes find the record of a meeting (AP-57); a column of the engine's, whoever may write it. What the
 * organizer's calendar got anew goes to the attendees by its new UID.
 */
export async function shareUids(tx: Transaction, done: readonly Carried[]): Promise<void> {
  for (const table of ['appointment', 'recurringappointmentmaster']) {
    const rows = done.flatMap(({ deed, link, uid }) =>
      deed.link && link?.table === table && uid !== undefined
        ? [{ id: link.recordId, uid, own: link.organizes === true }]
        : [],
    )
    if (!rows.length) continue
    await sql`update ${sql.table(table)} a set globalobjectid = r.uid from ${rowset(rows, COLUMNS, 'r')}
      where a.activityid = r.id and (a.globalobjectid is null or r.own)`.execute(tx)
  }
}
const COLUMNS = [
  { name: 'id', type: 'uuid' },
  { name: 'uid', type: 'text' },
  { name: 'own', type: 'boolean' },
]
