import { sql } from 'kysely'
import type { Item, ItemPatch, ItemRef, NewItem } from '#mailbox'
import { type Principal, RecordError, SYSTEM_USER, type Values } from '#records'
import { rowOf } from './apply/parties.ts'
import type { ItemCycle, ItemDependencies } from './context.ts'
import { actorOf, ownSetup } from './mayAct.ts'
import { ITEM_KINDS, type RecordView } from './model.ts'
import { linksOfRecords, type StoredLink, saveLinks } from './store/links.ts'
import { markRestored, type UndoCopy, undoById, undosOf } from './store/undo.ts'

/** What synchronization deleted or overwrote in a mailbox or for it, and can be restored (B-41); its owner alone sees it. */
export async function restorable(
  dependencies: ItemDependencies,
  principal: Principal,
  mailboxId: string,
): Promise<UndoCopy[]> {
  const setup = await ownSetup(dependencies, principal, mailboxId)
  return undosOf(dependencies.database, setup.id)
}

/** The copy to be restored, for its owner. @throws RecordError `NotFound` */
export async function undoOf(dependencies: ItemDependencies, principal: Principal, undoId: string): Promise<UndoCopy> {
  const undo = await undoById(dependencies.database, undoId)
  if (!undo || undo.restoredOn) throw new RecordError('NotFound', `There is no copy ${undoId} to be restored.`)
  await ownSetup(dependencies, principal, undo.mailboxId)
  return undo
}

/** Brings back what was lost on the side where it was lost; nobody is invited (B-41). */
export async function restoreCopy(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  principal: Principal,
  undo: UndoCopy,
): Promise<void> {
  if ('record' in undo.copy) await restoreRecord(dependencies, cycle, undo, undo.copy.record)
  else await restoreItem(dependencies, cycle, undo, undo.copy.item)
  const by = actorOf(principal, SYSTEM_USER)
  await dependencies.database.transaction((tx) => markRestored(tx, undo.id, by, dependencies.clock.now()))
}

async function restoreRecord(
  { database, records, newId }: ItemDependencies,
  { userId, setup }: ItemCycle,
  undo: UndoCopy,
  { table, id, row, parties }: RecordView,
): Promise<void> {
  const declared = records.catalogue.table(table)
  await database.transaction(async (tx) => {
    const user = records.as({ kind: 'user', id: userId }).in(tx)
    const values: Values = {}
    for (const { name, readOnly, joins } of declared.columns) {
      const value = row[name]
      if (readOnly || joins || value === undefined || name === declared.id || KEPT_BY_SYSTEM.has(name)) continue
      const target = row[`${name}_table`]
      values[name] = typeof target === 'string' && typeof value === 'string' ? { table: target, id: value } : value
    }
    if (undo.deed === 'overwritten') return user.update(table, id, values)
    await user.create(table, { ...values, [declared.id]: id })
    if (parties.length)
      await user.createMany(
        'activityparty',
        parties.map((party) => rowOf({ table, id }, party)),
      )
    // CT-32: its item was deleted; it is not made again, so that nobody is invited by a restored meeting.
    const [known] = await linksOfRecords(tx, setup.id, [id])
    await saveLinks(tx, [{ ...(known ?? newLink(newId(), setup.id, { table, id })), state: 'deleted' }])
  })
}

const KEPT_BY_SYSTEM = new Set([
  'createdon',
  'createdby',
  'createdonbehalfby',
  'modifiedon',
  'modifiedby',
  'modifiedonbehalfby',
  'versionnumber',
  'owninguser',
  'owningteam',
  'owningbusinessunit',
])

async function restoreItem(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  undo: UndoCopy,
  item: Item,
): Promise<void> {
  const ref = undo.deed === 'overwritten' ? await overwriteAgain(cycle, item) : await makeAgain(cycle, undo, item)
  const record = undo.record
  if (!record || undo.deed === 'overwritten') return
  const { database, records, newId } = dependencies
  await database.transaction(async (tx) => {
    const { id: column } = records.catalogue.table(record.table)
    const { rows } = await sql`select 1 from ${sql.table(record.table)} where ${sql.id(column)} = ${record.id}`.execute(
      tx,
    )
    if (!rows.length) return
    const [known] = await linksOfRecords(tx, cycle.setup.id, [record.id])
    const link = known ?? newLink(newId(), cycle.setup.id, record)
    const restored: StoredLink = {
      ...link,
      key: keyOf(undo),
      state: 'linked',
      agreed: { record: {}, item: {} },
      folder: ref.folder,
      itemId: ref.id,
      itemVersion: ref.version,
      ...(item.uid === undefined ? {} : { uid: item.uid }),
    }
    await saveLinks(tx, [restored])
  })
}

/** By the copy itself, so that a restoring that crashed makes no second item. */
const keyOf = ({ id }: UndoCopy): string => `restore-${id}`

function makeAgain({ items }: ItemCycle, undo: UndoCopy, item: Item): Promise<ItemRef> {
  const { key: _key, ...marks } = item.marks
  const made = {
    kind: item.kind,
    fields: item.fields,
    marks,
    ...(items.can.choosesUid && item.uid !== undefined ? { uid: item.uid } : {}),
    ...(item.rest === undefined ? {} : { rest: item.rest }),
    ...(item.kind === 'event' && item.series && 'recurrence' in item.series ? { series: item.series } : {}),
  } as NewItem
  return items.create(item.ref.folder, made, keyOf(undo), { notify: 'none' })
}

async function overwriteAgain({ items }: ItemCycle, item: Item): Promise<ItemRef> {
  const [now] = await items.get(item.ref.folder, [item.ref.id])
  if (!now || now.kind === 'unreadable') throw new RecordError('NotFound', 'The item is not in the mailbox any more.')
  const clear = Object.keys(now.fields).filter((name) => !(name in item.fields))
  const patch = { kind: item.kind, set: item.fields, clear } as ItemPatch
  return items.update(now.ref, patch, { notify: 'none' })
}

function newLink(id: string, mailboxId: string, record: NonNullable<UndoCopy['record']>): StoredLink {
  return {
    id,
    mailboxId,
    kind: ITEM_KINDS[record.table],
    table: record.table,
    recordId: record.id,
    key: id,
    state: 'linked',
    agreed: { record: {}, item: {} },
    returned: false,
    returnedEver: false,
    parts: [],
  }
}
