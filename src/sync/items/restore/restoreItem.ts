import { inTransaction, onServer, TRACKED_CATEGORY } from '#incoming'
import { type Item, type ItemPatch, type ItemRef, MailboxError, type NewItem } from '#mailbox'
import { RecordError, SYSTEM_USER } from '#records'
import { copyOfItem } from '../apply/copies.ts'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { readItem } from '../fields/read.ts'
import { isEmptyPatch, patchItem } from '../fields/writeItem.ts'
import { itemsNow } from '../itemsNow.ts'
import { loadRecords, recordKey } from '../load/views.ts'
import { mappingOf } from '../mapping.ts'
import { actorOf } from '../mayAct.ts'
import type { Deed, ItemDeed } from '../model.ts'
import { linksOfRecords, type StoredLink, saveLinks } from '../store/links.ts'
import { markRestored, saveUndos, type UndoCopy } from '../store/undo.ts'
import { attachAgain } from './attachAgain.ts'
import { changedSince, nameOfCopy, newLink, type Restored, type Restoring, restoredAlready } from './common.ts'
import { goingBack } from './overwritten.ts'

/** Brings an item back to the mailbox: makes it again, linked where its record is still to have one, or writes fields back. */
export function restoreItem(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  restoring: Restoring,
  item: Item,
): Promise<Restored> {
  return restoring.undo.deed === 'deleted'
    ? makeAgain(dependencies, cycle, restoring, item)
    : writeBack(dependencies, cycle, restoring, item)
}

async function makeAgain(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { undo, principal }: Restoring,
  copy: Item,
): Promise<Restored> {
  const intended = await linkToBe(dependencies, cycle, undo)
  const { item, folder } = await newItemOf(cycle, copy, intended !== undefined)
  if (intended) await inTransaction(dependencies, cycle, 'intend to restore', (tx) => saveLinks(tx, [intended]))
  const bare = await onServer(dependencies, 'restore item', () =>
    cycle.items.create(folder, item, keyOf(undo), { notify: silence(cycle) }),
  )
  const { ref, left } = await attachAgain(dependencies, cycle, bare, undo, silence(cycle))
  const [made] = await itemsNow(cycle.items, ref.folder, [ref.id])
  const link = intended && (await linkMade(dependencies, cycle, undo, intended, ref, made))
  await inTransaction(dependencies, cycle, 'save restored', async (tx) => {
    if (link) await saveLinks(tx, [link])
    const by = actorOf(principal, SYSTEM_USER)
    if (!(await markRestored(tx, undo.id, by, dependencies.clock.now()))) throw restoredAlready(undo.id)
  })
  return { left }
}

/** By the copy itself, so that a restoring that crashed makes no second item. */
const keyOf = ({ id }: UndoCopy): string => `restore-${id}`

/**
 * The link that the restored item is to have: where the record is there, and it was not taken away because it belongs to
 * another mailbox now. Without one the item is its owner's own.
 * @throws RecordError `Conflict` where the record has another item here by now (AP-9)
 */
async function linkToBe(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  undo: UndoCopy,
): Promise<StoredLink | undefined> {
  const { record, loss } = undo
  if (!record || (loss.cause !== undefined && PARTED.has(loss.cause))) return undefined
  const [known] = await linksOfRecords(dependencies.database.sql, cycle.setup.id, [record.id])
  if (known?.itemId !== undefined && known.key !== keyOf(undo))
    throw new RecordError('Conflict', `“${nameOfCopy(undo)}” is in the mailbox again; it is not made twice.`)
  const loaded = (await loadRecords(dependencies, cycle, [record])).get(recordKey(record))
  if (typeof loaded?.state !== 'object') return undefined
  return {
    ...(known ?? newLink(dependencies.newId(), cycle.setup.id, record)),
    key: keyOf(undo),
    state: 'creating',
    agreed: { record: {}, item: {} },
    recordVersion: loaded.state.version,
    parts: loaded.parts,
    ownerId: loaded.state.owner.id,
  }
}

/** Why an item went that must not be held against its record again. */
const PARTED: ReadonlySet<string> = new Set(['accessLost', 'organizerChanged', 'cancelled'])

async function newItemOf(
  { items }: ItemCycle,
  copy: Item,
  isLinked: boolean,
): Promise<{ item: NewItem; folder: string }> {
  const folders = await items.folders()
  const same = folders.filter(({ kind, writable }) => kind === copy.kind && writable)
  const folder = same.find(({ id }) => id === copy.ref.folder) ?? same.find(({ main }) => main) ?? same[0]
  if (!folder)
    throw new MailboxError('notFound', 'ItemRefused', `The mailbox has no folder that takes “${nameOf(copy)}” again.`, {
      scope: 'item',
    })
  const { key: _key, ...marks } = copy.marks
  const fields = Object.fromEntries(
    Object.entries(copy.fields).filter(([name]) => name !== 'joinUrl' && !items.can.lacks[copy.kind]?.includes(name)),
  )
  // Else it would be tracked anew.
  if (!isLinked && copy.fields.categories)
    fields['categories'] = copy.fields.categories.filter((category) => category !== TRACKED_CATEGORY)
  const isLoud = copy.kind === 'event' && Boolean(copy.fields.attendees?.length) && !items.can.notify.includes('none')
  if (isLoud) delete fields['attendees']
  const item = {
    kind: copy.kind,
    fields,
    ...(isLinked ? { marks } : {}),
    ...(items.can.choosesUid && copy.uid !== undefined ? { uid: copy.uid } : {}),
    ...(copy.rest === undefined ? {} : { rest: copy.rest }),
    ...(copy.kind === 'event' && copy.series && 'recurrence' in copy.series ? { series: copy.series } : {}),
  } as NewItem
  return { item, folder: folder.id }
}

/** Nobody is told; where the server would tell attendees, the item is made without them. */
const silence = ({ items }: ItemCycle) => (items.can.notify.includes('none') ? 'none' : (items.can.notify[0] ?? 'none'))

/** What was agreed on before it was deleted holds again, for the item as it is now; later changes of the record follow. */
async function linkMade(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { record, loss }: UndoCopy,
  intended: StoredLink,
  ref: ItemRef,
  made: Awaited<ReturnType<ItemCycle['items']['get']>>[number] | undefined,
): Promise<StoredLink> {
  const isRead = made !== undefined && made.kind !== 'unreadable'
  const map = isRead && (await mappingOf(dependencies, cycle, { records: [], items: [made], kind: made.kind }))
  const { uid: _uid, recordVersion: _version, ...link } = intended
  return {
    ...link,
    state: 'linked',
    folder: ref.folder,
    itemId: ref.id,
    itemVersion: isRead ? made.ref.version : ref.version,
    agreed: {
      record: loss.agreed?.record ?? {},
      item: map && isRead && record ? readItem(made, record.table, map) : (loss.agreed?.item ?? {}),
    },
    ...(isRead && made.uid !== undefined ? { uid: made.uid } : {}),
    synchronizedOn: dependencies.clock.now(),
    direction: 'toItem',
  }
}

async function writeBack(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { undo, principal, overwrite = false }: Restoring,
  copy: Item,
): Promise<Restored> {
  const { items } = cycle
  const [known] = undo.record ? await linksOfRecords(dependencies.database.sql, cycle.setup.id, [undo.record.id]) : []
  const place = { folder: known?.folder ?? copy.ref.folder, id: known?.itemId ?? copy.ref.id }
  const [now] = await itemsNow(items, place.folder, [place.id])
  if (!now || now.kind === 'unreadable' || !undo.record)
    throw new RecordError(
      'NotFound',
      `“${nameOf(copy)}” is not in the mailbox any more, so that nothing can be written back to it.`,
    )
  const { table } = undo.record
  const map = await mappingOf(dependencies, cycle, { records: [], items: [copy, now], kind: copy.kind })
  const { pairs, agreed } = undo.loss
  const values = { was: readItem(copy, table, map), written: agreed?.item, now: readItem(now, table, map) }
  const { back, changed } = goingBack(table, pairs, values)
  if (changed.length && !overwrite) throw changedSince(`“${nameOf(now)}”`, changed)
  const patch = asItWas(patchItem(table, back, now, map), copy)
  let ref = now.ref
  if (!isEmptyPatch(patch)) {
    refuseNoise(cycle, now, patch)
    const act: ItemDeed = { do: 'update', patch, notify: 'none', pairs: Object.keys(back) }
    const held = { record: {}, item: { ...values.now, ...back } }
    const deed: Deed = { pairing: {}, item: act, link: { state: 'linked', agreed: held }, conflicts: [], trace: [] }
    const link = known ?? newLink(undo.id, cycle.setup.id, undo.record)
    const kept = copyOfItem({ dependencies, cycle }, { deed, item: now, link })
    await inTransaction(dependencies, cycle, 'intend to restore', (tx) =>
      saveUndos(tx, dependencies.database.secrets, kept ? [kept] : []),
    )
    ref = await onServer(dependencies, 'restore item', () => items.update(now.ref, patch, { notify: silence(cycle) }))
  }
  const { left } = await attachAgain(dependencies, cycle, ref, undo, silence(cycle))
  await inTransaction(dependencies, cycle, 'save restored', async (tx) => {
    const by = actorOf(principal, SYSTEM_USER)
    if (!(await markRestored(tx, undo.id, by, dependencies.clock.now()))) throw restoredAlready(undo.id)
  })
  return { left }
}

/** Fields as the copy has them: a body with its pictures, not the text that the CRM has of it (FD-32). */
function asItWas(patch: ItemPatch, copy: Item): ItemPatch {
  const before = copy.fields as Readonly<Record<string, unknown>>
  const set = Object.fromEntries(Object.entries(patch.set ?? {}).map(([name, value]) => [name, before[name] ?? value]))
  return { ...patch, ...(patch.set && { set }) }
}

/** Law 8. @throws RecordError where the mail server would tell attendees of it */
function refuseNoise({ items }: ItemCycle, now: Item, patch: ItemPatch): void {
  const attendees = now.kind === 'event' && (now.fields.attendees?.length ?? 0)
  const invited = patch.kind === 'event' && (patch.set?.attendees?.length ?? 0)
  if (items.can.notify.includes('none') || (!attendees && !invited)) return
  throw new RecordError(
    'ValidationFailed',
    `“${nameOf(now)}” is a meeting, and the mail server would tell its attendees of the change. Change it in Outlook, or in the CRM.`,
  )
}

const nameOf = (item: Item): string => nameOfCopy({ copy: { item } })
