import { sql } from 'kysely'
import type { Transaction } from '#database'
import { SYSTEM, type Values } from '#records'
import type { RecordDeed, RecordView } from '../model.ts'
import { linksOfRecord, saveLinks } from '../store/links.ts'
import type { Applying } from './applying.ts'

type Stand = Pick<Applying, 'dependencies' | 'cycle'>
type Conversion = Extract<RecordDeed, { do: 'convert' }>

/**
 * Makes the record of the other table as the mailbox's user (SE-1), who must be able to write the one and to create the
 * other; links of all mailboxes follow in the same transaction. Of a series, what has taken place stays as it was, as
 * appointments of their own.
 */
export async function convertRecord(
  stand: Stand,
  tx: Transaction,
  { table, id, row }: RecordView,
  { table: to, id: toId, change }: Conversion,
): Promise<void> {
  const { dependencies, cycle } = stand
  if (to === 'appointment') await keepPast(stand, tx, id, change.values)
  const converting = {
    from: { table, id },
    to: { table: to, id: toId },
    values: change.values,
    ifVersion: Number(row['versionnumber']),
  }
  await dependencies.records.convert({ kind: 'user', id: cycle.userId }, converting, tx)
}

/** Instances that are over stand alone. No mailbox gets an item for one: where the series was, it was shown (CT-32). */
async function keepPast(
  { dependencies }: Pick<Stand, 'dependencies'>,
  tx: Transaction,
  seriesId: string,
  { scheduledstart }: Values,
): Promise<void> {
  const { records, clock, newId } = dependencies
  const start = scheduledstart instanceof Date ? scheduledstart.toISOString() : null
  const { rows } = await sql<{ id: string }>`select activityid as id from appointment where seriesid = ${seriesId}::uuid
    and scheduledend <= ${clock.now().toISOString()}::timestamptz
    and scheduledstart is distinct from ${start}::timestamptz`.execute(tx)
  if (!rows.length) return
  await records
    .as(SYSTEM)
    .in(tx)
    .updateMany(
      'appointment',
      rows.map(({ id }) => ({ ...ALONE, activityid: id })),
    )
  const links = await linksOfRecord(tx, { table: 'recurringappointmentmaster', id: seriesId })
  const shown = links.flatMap(({ mailboxId }) =>
    rows.map(({ id }) => {
      const linkId = newId()
      return { ...SHOWN, id: linkId, key: linkId, mailboxId, recordId: id }
    }),
  )
  await saveLinks(tx, shown)
}

const ALONE: Values = { seriesid: null, instancetypecode: 0, globalobjectid: null, recurrenceid: 'series' }

const SHOWN = {
  kind: 'event',
  table: 'appointment',
  state: 'deleted',
  agreed: { record: {}, item: {} },
  returned: false,
  returnedEver: false,
  parts: [],
} as const
