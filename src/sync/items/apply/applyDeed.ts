import { sql } from 'kysely'
import type { Transaction } from '#database'
import { inTransaction, onServer } from '#incoming'
import type { Item, ItemRef } from '#mailbox'
import { type ItemCycle, type ItemDependencies, type ItemTally } from '../context.ts'
import { type Deed, ITEM_KINDS, type ItemTable, type LinkDeed, type RecordView } from '../model.ts'
import { saveConflicts } from '../store/conflicts.ts'
import type { ItemOutcome } from '../store/decisions.ts'
import { forgetIdentities } from '../store/identities.ts'
import { deleteLink, type StoredLink, saveLink, saveReturned } from '../store/links.ts'
import { forgetAnswers } from '../store/questions.ts'
import { saveUndo } from '../store/undo.ts'
import { failWork, finishWork, type Work } from '../store/work.ts'
import type { Applying } from './applying.ts'
import { applyRecord } from './applyRecord.ts'
import { putQuestion } from './ask.ts'
import { saveDecision } from './decision.ts'
import { failureOf } from './failures.ts'
import { raiseItemFailure } from './itemAlerts.ts'

/**
 * Carries out one deed so that a crash anywhere is made good by doing it again: what is meant is saved first, then the
 * mailbox is written to (a create by its key, a change of a version), then one transaction saves the record, the link and
 * everything that tells of it. A deed that fails fails alone (SC-56).
 */
export async function applyDeed(applying: Applying, deed: Deed): Promise<void> {
  const work = applying.loaded.workOf(deed.pairing)
  if (deed.failure) return fail(applying, deed, work, deed.failure)
  if (deed.question) return putQuestion(applying, deed, work, deed.question)
  try {
    await carryOut(applying, deed, work)
  } catch (error) {
    const failed = failureOf(error)
    if ('again' in failed) return
    if ('ask' in failed) return putQuestion(applying, deed, work, failed.ask)
    await fail(applying, deed, work, failed)
  }
}

async function carryOut(applying: Applying, deed: Deed, work: readonly Work[]): Promise<void> {
  const { dependencies, cycle, loaded, tally } = applying
  const { pairing } = deed
  const view = typeof pairing.record === 'object' ? pairing.record : undefined
  const item = itemOf(deed)
  const before = pairing.link && loaded.links.get(pairing.link.id)
  let link = before ?? newLink(applying, deed, view)
  let ref = item?.ref
  const written = deed.record && deed.item ? await writeRecordFirst(applying, deed, link, view) : undefined
  if (deed.item && link) {
    link = await intend(applying, deed, link, item)
    ref = await writeItem(applying, deed.item, item)
  }
  const made = deed.item?.do === 'create' && ref && link?.kind === 'event' ? await seenAgain(cycle, ref) : undefined
  await inTransaction(dependencies, cycle, 'save deed', async (tx) => {
    if (deed.record && !deed.item) await writeRecord(applying, tx, deed.record, view)
    if (link && deed.link) {
      if (made?.uid !== undefined) await shareUid(tx, link, made.uid)
      await settleLink(
        applying,
        tx,
        deed,
        deed.link,
        { ...link, ...(made?.uid === undefined ? {} : { uid: made.uid }) },
        { ref, written },
      )
    } else if (before && pairing.filters) await saveReturned(tx, [before.id], pairing.filters.length > 0)
    const record = recordOf(deed, link)
    if (record) await saveConflicts(tx, { mailboxId: cycle.setup.id, ...record }, deed.conflicts, stampOf(dependencies))
    if (isTelling(deed)) await saveDecision(applying, tx, deed, work, { outcome: outcomeOf(deed) })
    if (!applying.kept?.has(pairing)) await finishWork(tx, work)
    await forgetAnswers(
      tx,
      cycle.setup.id,
      work.map(({ about }) => about),
    )
  })
  count(tally, deed, before)
}

async function writeRecord(
  applying: Applying,
  tx: Transaction,
  deed: NonNullable<Deed['record']>,
  view: RecordView | undefined,
): Promise<void> {
  if (deed.do !== 'create' && view) await keepRecord(applying, tx, deed.do, view)
  await applyRecord(applying.dependencies, applying.cycle, tx, deed, view)
}

/**
 * The CRM may refuse what it is given, so it is written first (SC-33). A new record is linked at once, with nothing agreed
 * on: whatever happens next, it is not made again, and both sides are held against each other anew.
 */
function writeRecordFirst(
  applying: Applying,
  deed: Deed,
  link: StoredLink | undefined,
  view: RecordView | undefined,
): Promise<number | undefined> {
  const { dependencies, cycle, loaded } = applying
  return inTransaction(dependencies, cycle, 'save record', async (tx) => {
    await writeRecord(applying, tx, deed.record as NonNullable<Deed['record']>, view)
    if (!link || deed.record?.do === 'delete') return undefined
    const { version, parts } = await recordStateOf(tx, dependencies, link)
    if (deed.record?.do !== 'create') return version
    const bare = withRef({ ...link, state: 'linked', parts, agreed: { record: {}, item: {} } }, itemOf(deed))
    await saveLink(tx, bare)
    loaded.links.set(link.id, bare)
    return version
  })
}

const optional = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]: V })

const stampOf = ({ clock, newId }: ItemDependencies) => ({ now: clock.now(), newId })

const itemOf = ({ pairing: { item } }: Deed): Item | undefined =>
  typeof item === 'object' && item.kind !== 'unreadable' ? item : undefined

function recordOf(deed: Deed, link: StoredLink | undefined): { table: ItemTable; recordId: string } | undefined {
  if (link) return { table: link.table, recordId: link.recordId }
  const { record } = deed.pairing
  return typeof record === 'object' ? { table: record.table, recordId: record.id } : undefined
}

/** The link that a deed makes; it names the record, and the key by which its item is found again. */
function newLink(
  { dependencies, cycle }: Applying,
  { link, record, item, pairing }: Deed,
  view: RecordView | undefined,
): StoredLink | undefined {
  if (link === undefined || link === 'none') return undefined
  const table = link.table ?? (record?.do === 'create' ? record.table : view?.table)
  const recordId = link.recordId ?? (record?.do === 'create' ? record.id : view?.id)
  if (table === undefined || recordId === undefined) return undefined
  const present = typeof pairing.item === 'object' && pairing.item.kind !== 'unreadable' ? pairing.item : undefined
  return {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    kind: ITEM_KINDS[table],
    table,
    recordId,
    key: (item?.do === 'create' ? item.key : undefined) ?? link.key ?? present?.marks.key ?? dependencies.newId(),
    state: link.state,
    agreed: { record: {}, item: {} },
    returned: false,
    returnedEver: false,
    parts: [],
    ...(present?.uid === undefined ? {} : { uid: present.uid }),
  }
}

/** Saves what is about to be done to the mailbox, with a copy of what is about to be lost (B-41). */
async function intend(applying: Applying, deed: Deed, link: StoredLink, item: Item | undefined): Promise<StoredLink> {
  const { dependencies, cycle } = applying
  const act = deed.item as NonNullable<Deed['item']>
  const isKnown = applying.loaded.links.has(link.id)
  const state = act.do === 'create' ? 'creating' : act.do === 'remove' ? 'removing' : link.state
  const intended: StoredLink = {
    ...link,
    state,
    ...(act.do === 'create' ? { key: act.key } : {}),
  }
  if (act.do === 'create') {
    delete intended.folder
    delete intended.itemId
    delete intended.itemVersion
  }
  await inTransaction(dependencies, cycle, `intend to ${act.do} item`, async (tx) => {
    if (act.do !== 'update' || !isKnown)
      await saveLink(tx, isKnown || act.do === 'create' ? intended : withRef(intended, item))
    if (item && act.do !== 'create') await keepItem(applying, tx, act.do, link, item)
  })
  applying.loaded.links.set(link.id, intended)
  return intended
}

const withRef = (link: StoredLink, item: Item | undefined): StoredLink =>
  item ? { ...link, folder: item.ref.folder, itemId: item.ref.id } : link

async function writeItem(
  { dependencies, cycle }: Applying,
  deed: NonNullable<Deed['item']>,
  item: Item | undefined,
): Promise<ItemRef | undefined> {
  const { items } = cycle
  switch (deed.do) {
    case 'create':
      return onServer(dependencies, 'create item', () =>
        items.create(deed.folder, deed.item, deed.key, { notify: deed.notify }),
      )
    case 'update':
      return (
        item && onServer(dependencies, 'update item', () => items.update(item.ref, deed.patch, { notify: deed.notify }))
      )
    case 'remove':
      if (item) await onServer(dependencies, 'remove item', () => items.remove(item.ref, { notify: deed.notify }))
      return undefined
  }
}

/** A new meeting as the server keeps it: which UID it got. */
async function seenAgain({ items }: ItemCycle, ref: ItemRef): Promise<Item | undefined> {
  const [item] = await items.get(ref.folder, [ref.id])
  return item && item.kind !== 'unreadable' ? item : undefined
}

/** By its UID other mailboxes find the record of a meeting (AP-57); a column of the engine's, whoever may write it. */
async function shareUid(tx: Transaction, { table, recordId }: StoredLink, uid: string): Promise<void> {
  if (table !== 'appointment' && table !== 'recurringappointmentmaster') return
  await sql`update ${sql.table(table)} set globalobjectid = ${uid}
    where activityid = ${recordId} and globalobjectid is null`.execute(tx)
}

async function settleLink(
  { dependencies, cycle, loaded }: Applying,
  tx: Transaction,
  deed: Deed,
  wish: LinkDeed,
  link: StoredLink,
  { ref, written }: { ref: ItemRef | undefined; written: number | undefined },
): Promise<void> {
  if (wish === 'none') return deleteLink(tx, link.id)
  const { pairing } = deed
  const at = await recordStateOf(tx, dependencies, link)
  const isReturned = (pairing.filters?.length ?? 0) > 0
  const isGone = deed.item?.do === 'remove' || pairing.item === 'gone'
  const next: StoredLink = {
    ...link,
    ...(pairing.filters === undefined ? {} : { returned: isReturned, returnedEver: link.returnedEver || isReturned }),
    ...withoutUndefined(wish),
    ...(deed.record ? optional('recordVersion', written ?? at.version) : {}),
    parts: at.parts,
    synchronizedOn: dependencies.clock.now(),
    ...(deed.item ? { direction: 'toItem' as const } : deed.record ? { direction: 'toRecord' as const } : {}),
  }
  delete next.sought
  if (ref && deed.item) Object.assign(next, { folder: ref.folder, itemId: ref.id, itemVersion: ref.version })
  else if (ref) Object.assign(next, { folder: ref.folder, itemId: ref.id })
  else if (isGone) {
    delete next.folder
    delete next.itemId
    delete next.itemVersion
  }
  await saveLink(tx, next)
  loaded.links.set(link.id, next)
  if (next.folder !== undefined && next.itemId !== undefined)
    await forgetIdentities(tx, cycle.setup.id, next.folder, [next.itemId])
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>
}

/** The record as it is now: the newest version of it and its parts, and which they are. */
async function recordStateOf(
  tx: Transaction,
  { records }: ItemDependencies,
  { table, recordId }: StoredLink,
): Promise<{ version: number | undefined; parts: string[] }> {
  const { id } = records.catalogue.table(table)
  const { rows } = await sql<{ version: string | null; parts: string[] | null }>`
    with parts as (
      select activitypartyid as id, versionnumber from activityparty where activityid = ${recordId}
      union all select activitymimeattachmentid, versionnumber from activitymimeattachment where objectid = ${recordId}
      union all select activityid, versionnumber from appointment where seriesid = ${recordId} and instancetypecode >= 3
    )
    select greatest((select versionnumber from ${sql.table(table)} where ${sql.id(id)} = ${recordId}),
      (select max(versionnumber) from parts))::text as version, (select array_agg(id) from parts) as parts`.execute(tx)
  const row = rows[0]
  return { version: row?.version ? Number(row.version) : undefined, parts: row?.parts ?? [] }
}

function keepItem(
  { dependencies, cycle }: Applying,
  tx: Transaction,
  act: 'update' | 'remove',
  link: StoredLink,
  item: Item,
): Promise<void> {
  return saveUndo(tx, dependencies.database.secrets, {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    side: 'item',
    deed: act === 'remove' ? 'deleted' : 'overwritten',
    kind: item.kind,
    record: { table: link.table, id: link.recordId },
    item: { folder: item.ref.folder, id: item.ref.id },
    copy: { item },
    madeOn: dependencies.clock.now(),
  })
}

function keepRecord(
  { dependencies, cycle }: Applying,
  tx: Transaction,
  act: 'update' | 'delete',
  view: RecordView,
): Promise<void> {
  return saveUndo(tx, dependencies.database.secrets, {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    side: 'record',
    deed: act === 'delete' ? 'deleted' : 'overwritten',
    kind: ITEM_KINDS[view.table],
    record: { table: view.table, id: view.id },
    copy: { record: view },
    madeOn: dependencies.clock.now(),
  })
}

async function fail(
  applying: Applying,
  deed: Deed,
  work: readonly Work[],
  failure: { code: string; text: string },
): Promise<void> {
  const { dependencies, cycle, tally } = applying
  const retries = Math.max(0, ...work.map(({ attempts }) => attempts)) + 1
  await inTransaction(dependencies, cycle, 'save failure', async (tx) => {
    await failWork(tx, work)
    await saveDecision(applying, tx, deed, work, { outcome: 'failed', ...failure, retries })
    if (retries === 1) await raiseItemFailure(dependencies, tx, cycle, failure)
  })
  tally.failed++
}

/** A mere note of what the filters return does not take the place of the decision that tells why (B-20). */
const isTelling = ({ item, record, trace }: Deed): boolean =>
  item !== undefined || record !== undefined || trace.length > 0

function outcomeOf({ link, item, record }: Deed): ItemOutcome {
  if (link === 'none') return 'unlinked'
  if (link?.state === 'ignored') return 'ignored'
  if (link && link.state !== 'linked') return 'unlinked'
  return item || record ? 'synchronized' : 'linked'
}

function count(tally: ItemTally, { item, record, link, conflicts }: Deed, before: StoredLink | undefined): void {
  if (item?.do === 'create') tally.createdItems++
  if (item?.do === 'update') tally.updatedItems++
  if (item?.do === 'remove') tally.removedItems++
  if (record?.do === 'create') tally.createdRecords++
  if (record?.do === 'update') tally.updatedRecords++
  if (record?.do === 'delete') tally.deletedRecords++
  if (link && link !== 'none' && link.state === 'linked' && before?.state !== 'linked') tally.linked++
  if (before?.state === 'linked' && (link === 'none' || (link && link.state !== 'linked'))) tally.unlinked++
  tally.conflicts += conflicts.length
}
