import { sql } from 'kysely'
import type { Transaction } from '#database'
import { type Access, RecordError, SYSTEM, SYSTEM_USER, type Values } from '#records'
import { asOwner } from '../context.ts'
import type { ItemTable, RecordDeed, RecordView } from '../model.ts'
import { holdRecords, recordStates } from '../store/recordStates.ts'
import { saveUndos } from '../store/undo.ts'
import type { Applying } from './applying.ts'
import { saveAttachments } from './attachments.ts'
import { refuseConflicts } from './booked.ts'
import type { Carried } from './carried.ts'
import { convertRecord } from './convert.ts'
import { copyOfRecord } from './copies.ts'
import { type Files, noFiles } from './files.ts'
import { saveInstances } from './instances.ts'
import { type CopyOfRecord, withRows } from './lost.ts'
import { type AnswersOf, type PeopleOf, saveAnswersOf, savePartiesOf } from './parties.ts'

type Stand = Pick<Applying, 'dependencies' | 'cycle'>

/** A record that is written, and how. */
interface Writing {
  table: ItemTable
  id: string
  deed: RecordDeed
  view?: RecordView
  files?: Files
}

/**
 * Writes the records of deeds as the mailbox's user (SE-1), with the people in them, in the transaction that saves their
 * links. Deletions come first (AP-13). All of one kind are written together; what belongs to one record alone follows.
 * @throws what the CRM refuses of any of them: nothing is written then
 */
export async function writeRecords(
  applying: Stand,
  tx: Transaction,
  all: readonly Pick<Carried, 'deed' | 'view'>[],
): Promise<void> {
  const { dependencies, cycle } = applying
  const writings = all.flatMap((one) => writingOf(one) ?? [])
  if (!writings.length) return
  await refuseChanged(applying, tx, writings)
  const user = asOwner(dependencies, cycle).in(tx)
  const copies = all.flatMap((one) => copyTaken(applying, one) ?? [])
  await saveUndos(tx, dependencies.database.secrets, await withRows(user, copies))
  await deleteRecords(user, writings)
  for (const { deed, view } of writings)
    if (deed.do === 'convert' && view) await convertRecord(applying, tx, view, deed)
  const isForOther = (one: Writing) => isOthers(one, cycle.userId)
  const own = writings.filter((one) => !isForOther(one))
  await writeAs(applying, tx, user, own)
  // AP-55: what somebody else's meeting becomes is hers, though the user may make no records for others.
  await writeAs(applying, tx, dependencies.records.as(SYSTEM).in(tx), writings.filter(isForOther))
  await refuseConflicts(tx, writings)
  await nameCreators(applying, tx, writings)
}

/**
 * What was decided about a record holds for it as it was then, its people and other parts included. They are as they were,
 * and nobody else changes them before we are done.
 * @throws RecordError `VersionMismatch`
 */
async function refuseChanged({ dependencies }: Stand, tx: Transaction, writings: readonly Writing[]): Promise<void> {
  const known = writings.flatMap(({ view }) => view ?? [])
  await holdRecords(tx, dependencies, known)
  const states = await recordStates(tx, dependencies, known)
  const changed = known.find(({ id, version }) => states.get(id)?.version !== version)
  if (changed)
    throw new RecordError('VersionMismatch', `The ${changed.table} ${changed.id} was changed meanwhile.`, changed)
}

function copyTaken(applying: Stand, one: Pick<Carried, 'deed' | 'view'>): CopyOfRecord | undefined {
  const copy = copyOfRecord(applying, one)
  const { record } = one.deed
  const taken = record?.do === 'update' ? (record.change.attachments?.remove ?? []) : []
  return copy && { copy, taken }
}

async function writeAs(applying: Stand, tx: Transaction, author: Access, writings: readonly Writing[]): Promise<void> {
  if (!writings.length) return
  await changeRecords(applying, author, writings)
  await createRecords(applying, author, writings)
  await savePartiesOf(author, writings.flatMap(peopleOf))
  for (const writing of writings) await writeParts(applying, author, tx, writing)
  // Also at the instances that were just made.
  await saveAnswersOf(tx, author, writings.flatMap(answersOf))
}

/** A new record that another user will own. */
function isOthers({ deed }: Writing, userId: string): boolean {
  const owner = deed.do === 'create' ? deed.change.values['ownerid'] : undefined
  return typeof owner === 'object' && owner !== null && 'id' in owner && owner.id !== userId
}

function writingOf({
  deed: { record: deed },
  view,
  files,
}: Pick<Carried, 'deed' | 'view' | 'files'>): Writing | undefined {
  if (!deed) return undefined
  const more = { ...(view ? { view } : {}), ...(files ? { files } : {}) }
  if (deed.do === 'create' || deed.do === 'convert') return { table: deed.table, id: deed.id, deed, ...more }
  return view && { table: view.table, id: view.id, deed, ...more }
}

async function deleteRecords(user: Access, writings: readonly Writing[]): Promise<void> {
  const deleted = writings.filter(({ deed }) => deed.do === 'delete')
  for (const [table, some] of byTable(deleted))
    await user.deleteMany(
      table,
      some.map(({ id }) => id),
      { ifVersion: versionsOf(some) },
    )
}

/** Also where nothing but people or files of a record change: it must still be as it was when that was decided. */
async function changeRecords({ dependencies }: Stand, user: Access, writings: readonly Writing[]): Promise<void> {
  for (const [table, some] of byTable(writings)) {
    const { id: column } = dependencies.records.catalogue.table(table)
    const rows = some.flatMap(({ deed, id }) => (deed.do === 'update' ? [{ ...deed.change.values, [column]: id }] : []))
    if (rows.length) await user.updateMany(table, rows, { ifVersion: versionsOf(some) })
  }
}

async function createRecords({ dependencies }: Stand, user: Access, writings: readonly Writing[]): Promise<void> {
  for (const [table, some] of byTable(writings)) {
    const { id: column } = dependencies.records.catalogue.table(table)
    for (const suppressDuplicateDetection of [false, true]) {
      const rows = some.flatMap(({ deed, id }): Values[] =>
        deed.do === 'create' && deed.ignoreDuplicates === suppressDuplicateDetection
          ? [{ ...deed.change.values, [column]: id }]
          : [],
      )
      if (rows.length) await user.createMany(table, rows, { suppressDuplicateDetection })
    }
  }
}

function peopleOf({ deed, table, id, view }: Writing): PeopleOf[] {
  if (deed.do === 'delete' || !deed.change.parties) return []
  return [{ record: { table, id }, parties: deed.change.parties, present: view?.parties }]
}

function answersOf({ deed, table, id }: Writing): AnswersOf[] {
  return deed.do === 'delete' || !deed.change.answers ? [] : [{ table, id, answers: deed.change.answers }]
}

/** What belongs to one record: the instances of a series that differ from it, and attachments. */
async function writeParts(
  stand: Stand,
  user: Access,
  tx: Transaction,
  { table, id, deed, files = noFiles() }: Writing,
): Promise<void> {
  if (deed.do === 'delete') return
  const { dependencies, cycle } = stand
  if (deed.change.attachments) await saveAttachments(stand, tx, { table, id }, deed.change.attachments, files)
  const { instances = [], renewed } = deed.change
  if ((instances.length > 0 || renewed) && table === 'recurringappointmentmaster')
    await saveInstances(dependencies, cycle, user, tx, id, { instances, ...(renewed && { renewed }) })
}

/** AP-55: nobody but the system may name another creator. SE-18: who takes part may read it. */
async function nameCreators(
  { dependencies, cycle }: Stand,
  tx: Transaction,
  writings: readonly Writing[],
): Promise<void> {
  const made = writings.filter(({ deed }) => deed.do === 'create')
  const bySystem = made.filter(({ deed }) => deed.do === 'create' && deed.creator === 'system')
  const byUser = made.filter((one) => !bySystem.includes(one) && isOthers(one, cycle.userId))
  for (const [creator, some] of [
    [SYSTEM_USER, bySystem],
    [cycle.userId, byUser],
  ] as const)
    for (const [table, rows] of byTable(some)) {
      const { id } = dependencies.records.catalogue.table(table)
      await sql`update ${sql.table(table)} set createdby = ${creator}
        where ${sql.id(id)} = any(${rows.map((one) => one.id)}::uuid[])`.execute(tx)
    }
  const system = dependencies.records.as(SYSTEM).in(tx)
  for (const { table, id, deed } of writings)
    for (const reader of deed.do === 'create' ? (deed.readers ?? []) : [])
      await system.share({ table, id }, { table: 'systemuser', id: reader }, ['read'], 'add')
}

/** The versions that the records must still have, by id. */
const versionsOf = (writings: readonly Writing[]): ReadonlyMap<string, number> =>
  new Map(writings.flatMap(({ id, view }) => (view ? [[id, Number(view.row['versionnumber'])] as const] : [])))

function byTable(writings: readonly Writing[]): Map<ItemTable, Writing[]> {
  const tables = new Map<ItemTable, Writing[]>()
  for (const writing of writings) {
    const known = tables.get(writing.table)
    if (known) known.push(writing)
    else tables.set(writing.table, [writing])
  }
  return tables
}
