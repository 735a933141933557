import type { Transaction } from '#database'
import { inTransaction } from '#incoming'
import { type Access, RecordError, type Reference, SYSTEM_COLUMNS, SYSTEM_USER, type Values } from '#records'
import { rowOf } from '../apply/parties.ts'
import { writeRecords } from '../apply/writeRecords.ts'
import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import { readRecord } from '../fields/read.ts'
import { changeRecord } from '../fields/writeRecord.ts'
import { loadRecords, recordKey } from '../load/views.ts'
import { mappingOf } from '../mapping.ts'
import { actorOf } from '../mayAct.ts'
import { type Deed, ITEM_KINDS, type PairValues, type PartyView, type RecordDeed, type RecordView } from '../model.ts'
import { linksOfRecords, saveLinks } from '../store/links.ts'
import { type LostRow, markRestored } from '../store/undo.ts'
import { changedSince, nameOfRecord, newLink, type Restoring, restoredAlready } from './common.ts'
import { goingBack } from './overwritten.ts'

/** Brings a record back as the mailbox's user (SE-1): creates it with its id, its people and exceptions, or writes fields back. */
export async function restoreRecord(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  restoring: Restoring,
  copy: RecordView,
): Promise<void> {
  const now = (await loadRecords(dependencies, cycle, [copy])).get(recordKey(copy))?.state
  const isDeleted = restoring.undo.deed === 'deleted'
  if (isDeleted && now !== 'gone')
    throw new RecordError('Conflict', `The ${named(copy)} is there again; nothing is to be restored.`, copy)
  if (!isDeleted && now === 'gone')
    throw new RecordError('NotFound', `The ${named(copy)} was deleted; restore the copy of its deletion first.`, copy)
  if (now === 'unreadable' || now === undefined)
    throw new RecordError('PrivilegeDenied', `The mailbox’s user may not read the ${named(copy)} any more.`, copy)
  const act = now === 'gone' ? undefined : await actOf(dependencies, cycle, restoring, copy, now)
  await inTransaction(dependencies, cycle, 'restore record', async (tx) => {
    if (now === 'gone') await makeAgain(dependencies, cycle, tx, copy)
    else if (act) await writeBack(dependencies, cycle, tx, act, now)
    await createRows(dependencies, asOwner(dependencies, cycle).in(tx), restoring.undo.rows ?? [])
    const by = actorOf(restoring.principal, SYSTEM_USER)
    if (!(await markRestored(tx, restoring.undo.id, by, dependencies.clock.now())))
      throw restoredAlready(restoring.undo.id)
  })
}

async function makeAgain(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  tx: Transaction,
  copy: RecordView,
): Promise<void> {
  const user = asOwner(dependencies, cycle).in(tx)
  await createAgain(dependencies, user, copy, copy)
  for (const { id, row, parties } of copy.exceptions ?? [])
    if (await isThere(user, { table: 'appointment', id })) await user.update('appointment', id, partOf(copy, row))
    else await createAgain(dependencies, user, { table: 'appointment', id }, { row, parties })
  // CT-32: its item was deleted; it is not made again, so that nobody is invited by a restored meeting.
  const [known] = await linksOfRecords(tx, cycle.setup.id, [copy.id])
  await saveLinks(tx, [{ ...(known ?? newLink(dependencies.newId(), cycle.setup.id, copy)), state: 'deleted' }])
}

/** What had taken place when a series ceased to repeat stands alone since (AP-71). */
function partOf(series: RecordView, row: RecordView['row']): Values {
  const { instancetypecode, globalobjectid, recurrenceid } = row
  return { seriesid: { table: series.table, id: series.id }, instancetypecode, globalobjectid, recurrenceid }
}

async function createAgain(
  { records }: ItemDependencies,
  user: Access,
  record: Reference,
  { row, parties }: Pick<RecordView, 'row' | 'parties'>,
): Promise<void> {
  const values = await valuesOf(records, user, record, row)
  await user.create(record.table, values, { suppressDuplicateDetection: true })
  const people: PartyView[] = []
  for (const { party, ...rest } of parties)
    people.push(party && (await isThere(user, party)) ? { ...rest, party } : rest)
  if (people.length)
    await user.createMany(
      'activityparty',
      people.map((party) => rowOf(record, party)),
    )
}

/** What the user may write of a row, as it was. */
async function valuesOf(
  { catalogue }: ItemDependencies['records'],
  user: Access,
  { table: name, id }: Reference,
  row: RecordView['row'],
): Promise<Values> {
  const declared = catalogue.table(name)
  const values: Values = { [declared.id]: id }
  for (const { name: column, readOnly, joins } of declared.columns) {
    const value = row[column]
    if (readOnly || joins || value === undefined || column === declared.id || SYSTEM_COLUMNS.has(column)) continue
    const table = row[`${column}_table`]
    if (typeof table !== 'string' || typeof value !== 'string') values[column] = value
    else if (await isThere(user, { table, id: value })) values[column] = { table, id: value }
  }
  return values
}

/** Files and notes; what has gone over to another record meanwhile (AP-71) is there twice then, and each is its own. */
async function createRows({ records, newId }: ItemDependencies, user: Access, rows: readonly LostRow[]): Promise<void> {
  for (const { table, row } of rows) {
    const id = String(row[records.catalogue.table(table).id])
    const now = await user.retrieve(table, id)
    if (now && now['objectid'] === row['objectid']) continue
    const values = await valuesOf(records, user, { table, id: now ? newId() : id }, row)
    if (values['objectid'] !== undefined) await user.create(table, values)
  }
}

/** What a record pointed to may be gone, or hidden from the user, by now: then it points to nothing. */
async function isThere(user: Access, { table, id }: Reference): Promise<boolean> {
  return (await user.retrieve(table, id)) !== undefined
}

interface Act {
  record: Extract<RecordDeed, { do: 'update' }>
  /** What the record holds afterwards. */
  after: PairValues
}

/** @throws RecordError `VersionMismatch` where somebody has changed the same since */
async function actOf(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { undo, overwrite = false }: Restoring,
  copy: RecordView,
  now: RecordView,
): Promise<Act | undefined> {
  const { table } = copy
  const map = await mappingOf(dependencies, cycle, { records: [copy, now], items: [], kind: ITEM_KINDS[table] })
  const { pairs, agreed } = undo.loss
  const values = { was: readRecord(copy, map), written: agreed?.record, now: readRecord(now, map) }
  const { back, changed } = goingBack(table, pairs, values)
  if (changed.length && !overwrite) throw changedSince(`The ${named(now)}`, changed)
  const names = Object.keys(back)
  if (!names.length) return undefined
  const change = changeRecord(table, back, now, map)
  return { record: { do: 'update', change, ignoreConflicts: true, pairs: names }, after: { ...values.now, ...back } }
}

async function writeBack(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  tx: Transaction,
  { record, after }: Act,
  now: RecordView,
): Promise<void> {
  const link = { state: 'linked', agreed: { record: after, item: {} } } as const
  const deed: Deed = { pairing: {}, record, link, conflicts: [], trace: [] }
  await writeRecords({ dependencies, cycle }, tx, [{ deed, view: now }])
}

const named = (view: RecordView): string => `${view.table} “${nameOfRecord(view)}”`
