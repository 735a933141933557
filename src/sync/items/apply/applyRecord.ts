import { sql } from 'kysely'
import type { Transaction } from '#database'
import { PARTICIPATION, SYSTEM, SYSTEM_USER, type Values } from '#records'
import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import { ITEM_KINDS, type ItemTable, type RecordDeed, type RecordView } from '../model.ts'
import { SchedulingConflict } from './failures.ts'
import { saveInstances } from './instances.ts'
import { saveParties } from './parties.ts'

/** Writes a record as the mailbox's user (SE-1), with the people in it, in the transaction that saves the link. */
export async function applyRecord(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  tx: Transaction,
  deed: RecordDeed,
  view: RecordView | undefined,
): Promise<void> {
  const user = asOwner(dependencies, cycle).in(tx)
  if (deed.do === 'delete') {
    if (view) await user.delete(view.table, view.id, versionOf(view))
    return
  }
  const table = deed.do === 'create' ? deed.table : (view as RecordView).table
  const id = deed.do === 'create' ? deed.id : (view as RecordView).id
  const { id: column } = dependencies.records.catalogue.table(table)
  const values = deed.change.values
  if (deed.do === 'create')
    await user.create(table, { ...values, [column]: id }, { suppressDuplicateDetection: deed.ignoreDuplicates })
  else if (Object.keys(values).length > 0) await user.update(table, id, values, versionOf(view as RecordView))
  if (deed.change.parties) await saveParties(user, { table, id }, deed.change.parties, view?.parties)
  if (deed.change.instances && table === 'recurringappointmentmaster')
    await saveInstances(dependencies, cycle, user, tx, id, deed.change.instances)
  if (ITEM_KINDS[table] === 'event' && !deed.ignoreConflicts && mayConflict(deed, values))
    await refuseConflicts(tx, { table, id })
  if (deed.do === 'create') await finishCreate(dependencies, tx, { table, id }, deed)
}

const versionOf = ({ row }: RecordView) => ({ ifVersion: Number(row['versionnumber']) })

/** Creating and moving are checked (AP-53); what else changes books nobody. */
const mayConflict = (deed: RecordDeed, values: Values): boolean =>
  deed.do === 'create' || 'scheduledstart' in values || 'scheduledend' in values || 'statuscode' in values

async function finishCreate(
  { records }: ItemDependencies,
  tx: Transaction,
  record: { table: ItemTable; id: string },
  deed: Extract<RecordDeed, { do: 'create' }>,
): Promise<void> {
  const { id } = records.catalogue.table(record.table)
  // AP-55: nobody but the system may name another creator.
  if (deed.creator === 'system')
    await sql`update ${sql.table(record.table)} set createdby = ${SYSTEM_USER} where ${sql.id(id)} = ${record.id}`.execute(
      tx,
    )
  const system = records.as(SYSTEM).in(tx)
  for (const reader of deed.readers ?? [])
    await system.share(record, { table: 'systemuser', id: reader }, ['read'], 'add') // SE-18
}

const BOOKED = [PARTICIPATION.organizer, PARTICIPATION.required, PARTICIPATION.optional]

/**
 * AP-53: an organizer or attendee who is a user is in another appointment of the CRM that is scheduled for the same time.
 * Appointments of the same series and all-day ones do not count.
 * @throws SchedulingConflict
 */
async function refuseConflicts(tx: Transaction, { table, id }: { table: ItemTable; id: string }): Promise<void> {
  if (table !== 'appointment') return
  const { rows } = await sql<{ name: string | null }>`
    select u.fullname as name from appointment a
    join activityparty p on p.activityid = a.activityid and p.partyid_table = 'systemuser'
      and p.participationtypemask = any(${BOOKED}::int[])
    join systemuser u on u.systemuserid = p.partyid
    where a.activityid = ${id} and a.statecode = 3 and not coalesce(a.isalldayevent, false) and exists (
      select from appointment o join activityparty op on op.activityid = o.activityid
      where op.partyid = p.partyid and op.participationtypemask = any(${BOOKED}::int[])
        and o.activityid <> a.activityid and o.statecode = 3 and not coalesce(o.isalldayevent, false)
        and o.scheduledstart < a.scheduledend and o.scheduledend > a.scheduledstart
        and (o.seriesid is null or o.seriesid is distinct from a.seriesid))
    limit 5`.execute(tx)
  if (rows.length) throw new SchedulingConflict(rows.flatMap(({ name }) => name ?? []))
}
