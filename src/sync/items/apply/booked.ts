import { sql } from 'kysely'
import type { Transaction } from '#database'
import { PARTICIPATION } from '#records'
import type { ItemTable, RecordDeed } from '../model.ts'
import { SchedulingConflict } from './failures.ts'

const BOOKED = [PARTICIPATION.organizer, PARTICIPATION.required, PARTICIPATION.optional]

/**
 * AP-53: an organizer or attendee who is a user is in another appointment of the CRM that is scheduled for the same time.
 * Appointments of the same series and all-day ones do not count.
 * @throws SchedulingConflict
 */
export async function refuseConflicts(
  tx: Transaction,
  written: readonly { table: ItemTable; id: string; deed: RecordDeed }[],
): Promise<void> {
  const ids = written.flatMap(({ table, id, deed }) => (table === 'appointment' && mayConflict(deed) ? [id] : []))
  if (!ids.length) return
  const { rows } = await sql<{ name: string | null }>`
    select u.fullname as name from appointment a
    join activityparty p on p.activityid = a.activityid and p.partyid_table = 'systemuser'
      and p.participationtypemask = any(${BOOKED}::int[])
    join systemuser u on u.systemuserid = p.partyid
    where a.activityid = any(${ids}::uuid[]) and a.statecode = 3 and not coalesce(a.isalldayevent, false) and exists (
      select from appointment o join activityparty op on op.activityid = o.activityid
      where op.partyid = p.partyid and op.participationtypemask = any(${BOOKED}::int[])
        and o.activityid <> a.activityid and o.statecode = 3 and not coalesce(o.isalldayevent, false)
        and o.scheduledstart < a.scheduledend and o.scheduledend > a.scheduledstart
        and (o.seriesid is null or o.seriesid is distinct from a.seriesid))
    limit 5`.execute(tx)
  if (rows.length) throw new SchedulingConflict(rows.flatMap(({ name }) => name ?? []))
}

/** Creating and moving are checked; what else changes books nobody. */
function mayConflict(deed: RecordDeed): boolean {
  if (deed.do === 'delete' || deed.ignoreConflicts) return false
  const { values } = deed.change
  return deed.do === 'create' || 'scheduledstart' in values || 'scheduledend' in values || 'statuscode' in values
}
