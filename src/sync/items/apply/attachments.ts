import { sql } from 'kysely'
import type { Transaction } from '#database'
import { inTransaction, onServer } from '#incoming'
import { type Item, type ItemMailbox, type ItemRef, MailboxError } from '#mailbox'
import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import { type Attached, type AttachedByName, attachedIn, attachmentsPair, withAttached } from '../fields/attachments.ts'
import { itemsNow } from '../itemsNow.ts'
import type { AttachmentCopy, Deed, ItemState, Link, LinkDeed, MapContext, PairValues, RecordState } from '../model.ts'
import { tooLarge } from '../plan/attachments.ts'
import type { Applying } from './applying.ts'
import type { Carried } from './carried.ts'
import { type Failed, failureOf } from './failures.ts'
import { type Files, noFiles } from './files.ts'
import { keepFiles } from './lost.ts'

/** Fetches what the records get and what items lose, one after the other, before anything is written: contents are never held together. */
export async function fetchFiles(
  applying: Applying,
  begun: readonly Carried[],
  refused: (one: Carried, failed: Failed) => void,
): Promise<Carried[]> {
  const ready: Carried[] = []
  for (const one of begun)
    try {
      const lost = await keepFiles(applying, one)
      const fetched = copiesToRecord(one).length > 0 ? { files: await filesFor(applying, one) } : {}
      ready.push({ ...one, ...fetched, ...(lost.length > 0 && { lost }) })
    } catch (error) {
      refused(one, failureOf(error))
    }
  return ready
}

function copiesToRecord({ deed: { record }, item }: Carried): readonly AttachmentCopy[] {
  return item && record && record.do !== 'delete' ? (record.change.attachments?.add ?? []) : []
}

async function filesFor({ dependencies, cycle }: Applying, one: Carried): Promise<Files> {
  const files = noFiles()
  const { attachmentBytes } = cycle.settings
  for (const { id, key, name } of copiesToRecord(one)) {
    const content = await cycle.items.attachment((one.item as Item).ref, id)
    if (content.length > attachmentBytes) {
      files.left.push(tooLarge(name, content.length, attachmentBytes))
      continue
    }
    const [hash] = await inTransaction(dependencies, cycle, 'keep file', (tx) =>
      dependencies.database.blobs.put(tx, [content]),
    )
    if (hash !== undefined) files.fetched.set(key, { hash, size: content.length })
  }
  return files
}

/** Writes the record's attachments in the transaction of everything else; one that takes the place of another is a new one. */
export async function saveAttachments(
  { dependencies, cycle }: Pick<Applying, 'dependencies'> & { cycle: Pick<ItemCycle, 'userId'> },
  tx: Transaction,
  record: { table: string; id: string },
  { add = [], remove = [] }: { add?: readonly AttachmentCopy[]; remove?: readonly string[] },
  files: Files,
): Promise<void> {
  const user = asOwner(dependencies, cycle).in(tx)
  const kept = add.filter(({ key }) => files.fetched.has(key))
  const isReplacing = new Set(add.filter(({ key }) => !files.fetched.has(key)).map(({ name }) => name))
  const gone = isReplacing.size > 0 ? await withoutNames(tx, remove, isReplacing) : remove
  if (gone.length > 0) await user.deleteMany('activitymimeattachment', [...gone])
  const rows = kept.map(({ key, name, type }) => {
    const { hash, size } = files.fetched.get(key) as { hash: string; size: number }
    const id = dependencies.newId()
    files.onRecord.set(key, { size, id, type: type.slice(0, 256), hash })
    return {
      activitymimeattachmentid: id,
      objectid: record,
      filename: name,
      mimetype: type.slice(0, 256),
      filesize: size,
      isinline: false,
      contenthash: hash,
    }
  })
  if (rows.length > 0) await user.createMany('activitymimeattachment', rows)
}

/** What was too large when it had been fetched takes the place of nothing. */
async function withoutNames(tx: Transaction, ids: readonly string[], names: ReadonlySet<string>): Promise<string[]> {
  const { rows } = await sql<{ id: string; name: string | null }>`
    select activitymimeattachmentid as id, filename as name from activitymimeattachment
    where activitymimeattachmentid = any(${[...ids]}::uuid[])`.execute(tx)
  return rows.filter(({ name }) => !names.has(name ?? '')).map(({ id }) => id)
}

/**
 * The link that says which attachments of the item are about to be taken off, saved before: should a crash come then, their
 * absence is no deletion by a person. Undefined: none is.
 */
export function takingOff<L extends Pick<Link, 'agreed'>>(
  { deed: { item: deed, pairing } }: Pick<Carried, 'deed'>,
  link: L,
): L | undefined {
  const removed = new Set(
    (deed?.do === 'update' && deed.patch.kind === 'event' && deed.patch.attachments?.remove) || [],
  )
  if (removed.size === 0) return undefined
  const attached = attachedIn(link.agreed.item)
  const marked = Object.entries(presentOn(pairing.item)).flatMap(([key, { id }]): [string, Attached][] => {
    const one = attached[key]
    return one && id !== undefined && removed.has(id) ? [[key, { ...one, takenOff: id }]] : []
  })
  if (marked.length === 0) return undefined
  const item = withAttached(link.agreed.item, { ...attached, ...Object.fromEntries(marked) })
  return { ...link, agreed: { ...link.agreed, item } }
}

/**
 * What is agreed on once the record has got and lost its files, before the item gets any: should a crash come between, that
 * was no change by a person (AP-24). The same object where none has.
 */
export function agreedOnRecord(
  { pairing, record: deed }: Pick<Deed, 'pairing' | 'record'>,
  agreed: Link['agreed'],
  { onRecord }: Files = noFiles(),
): Link['agreed'] {
  const { add = [], remove = [] } = (deed?.do === 'update' && deed.change.attachments) || {}
  const added = new Set(add.map(({ key }) => key))
  const removed = Object.entries(presentOn(pairing.record)).flatMap(([key, { id }]) =>
    id !== undefined && remove.includes(id) && !added.has(key) ? [key] : [],
  )
  const names = [...[...added].filter((key) => onRecord.has(key)), ...removed]
  if (names.length === 0) return agreed
  const onItem = presentOn(pairing.item)
  return {
    record: settled(agreed.record, new Map(names.map((key) => [key, onRecord.get(key)]))),
    item: settled(agreed.item, new Map(names.map((key) => [key, onItem[key]]))),
  }
}

/** Attaches files to the item, each by itself: what the server refuses is left out, and told. */
export async function attachToItem({ dependencies, cycle }: Applying, one: Carried): Promise<Carried> {
  const { deed, ref: at } = one
  const copies = deed.item && deed.item.do !== 'remove' ? (deed.item.attach ?? []) : []
  if (!at || copies.length === 0) return one
  const files = one.files ?? noFiles()
  let ref = at
  for (const { id, key, name, type } of copies) {
    files.onItem.set(key, undefined)
    const content = await contentOf(dependencies, id)
    if (!content) {
      files.left.push(`the content of “${name}” is not there.`)
      continue
    }
    const patch = { kind: 'event' as const, attachments: { add: [{ name, type, content }] } }
    const [notify = 'none'] = cycle.items.can.notify.includes('none') ? [] : cycle.items.can.notify
    try {
      ref = await onServer(dependencies, 'attach file', () => cycle.items.update(ref, patch, { notify }))
    } catch (error) {
      if (!isRefused(error)) throw error
      files.left.push(`“${name}” was refused by the mail server: ${error.message}`)
    }
  }
  await seeAttached(cycle.items, ref, files)
  return { ...one, ref, files }
}

/** Learns what the server calls the files, so that the next cycle knows them. */
async function seeAttached(items: ItemMailbox, ref: ItemRef, { onItem }: Files): Promise<void> {
  const [item] = await itemsNow(items, ref.folder, [ref.id])
  if (item?.kind !== 'event') return
  const now = presentOn(item)
  for (const key of onItem.keys()) onItem.set(key, now[key])
}

function presentOn(side: ItemState | RecordState | undefined): AttachedByName {
  if (typeof side !== 'object') return {}
  if ('table' in side) return attachedIn({ attachments: attachmentsPair.fromRecord(side, NO_CONTEXT) ?? null })
  if (side.kind !== 'event') return {}
  return attachedIn({ attachments: attachmentsPair.fromItem(side, NO_CONTEXT) ?? null })
}
/** Files are told as they are. */
const NO_CONTEXT = {} as MapContext

async function contentOf({ database }: ItemDependencies, id: string): Promise<Uint8Array | undefined> {
  const { rows } = await sql<{ hash: string | null }>`
    select contenthash as hash from activitymimeattachment where activitymimeattachmentid = ${id}`.execute(database.sql)
  const hash = rows[0]?.hash
  return hash ? database.blobs.get(database.sql, hash) : undefined
}

function isRefused(error: unknown): error is MailboxError {
  if (!(error instanceof MailboxError)) return false
  const isItems = error.scope === 'item' && (error.kind === 'permanent' || error.kind === 'denied')
  return isItems || error.kind === 'tooLarge' || error.kind === 'unsupported'
}

/** The link as it is when the files are where they belong. */
export function agreedFiles(link: LinkDeed, { onRecord, onItem }: Files = noFiles()): LinkDeed {
  if (link === 'none' || !link.agreed || onRecord.size + onItem.size === 0) return link
  const { record, item } = link.agreed
  return { ...link, agreed: { record: settled(record, onRecord), item: settled(item, onItem) } }
}

function settled(values: PairValues, now: ReadonlyMap<string, Attached | undefined>): PairValues {
  if (now.size === 0) return values
  const entries = Object.entries({ ...attachedIn(values), ...Object.fromEntries(now) })
  return withAttached(values, Object.fromEntries(entries.filter((entry): entry is [string, Attached] => !!entry[1])))
}

/** What was left out of a deed that is done otherwise. */
export function leftOut({ deed: { failure }, files }: Carried): Deed['failure'] {
  if (failure || !files?.left.length) return failure
  return { code: 'AttachmentRefused', text: `Left out, everything else was synchronized: ${files.left.join('; ')}` }
}
