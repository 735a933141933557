import { onServer } from '#incoming'
import { type ItemMailbox, type ItemRef, MailboxError, type NewItem, uidOfKey } from '#mailbox'
import { isEmptyPatch } from '../fields/writeItem.ts'
import { itemsNow } from '../itemsNow.ts'
import type { ItemDeed } from '../model.ts'
import type { Applying } from './applying.ts'
import { attachToItem } from './attachments.ts'
import { type Carried, isTriedAgain } from './carried.ts'
import { type Failed, failureOf, isDoubtful } from './failures.ts'

/** Writes under way at once; connectors put them together, or let so many pass as their server allows. */
const LANES = 100

/** So many that fail the first time for a reason that may be the mailbox's, and no other answer: then it is (SC-50, SC-56). */
const DOUBTFUL_AT_MOST = 3

/** What of a page the mailbox has taken, and why it broke off. */
export interface Written {
  done: Carried[]
  broken?: { error: unknown }
}

/**
 * Writes to the mailbox what is meant, in no order but that of the deeds of one item. The first of all goes alone, because
 * a connection learns with it what the others then know. Where the mailbox or the connection fails, what has begun is
 * waited for, and nothing else begins.
 */
export async function writeItems(
  applying: Applying,
  meant: readonly Carried[],
  refused: (one: Carried, failed: Failed) => void,
): Promise<Written> {
  const taken = new Map<Carried, Carried>()
  const doubtful: { one: Carried; error: unknown }[] = []
  let broken: { error: unknown } | undefined
  let isAnswering = false
  const seemsIll = () => !isAnswering && doubtful.filter(({ one }) => isFresh(one)).length >= DOUBTFUL_AT_MOST
  const write = async (some: readonly Carried[]): Promise<void> => {
    for (const one of some) {
      if (broken || seemsIll()) return
      try {
        applying.cycle.signal?.throwIfAborted()
        taken.set(one, await writeItem(applying, one))
        isAnswering = true
      } catch (error) {
        if (isDoubtful(error)) {
          doubtful.push({ one, error })
          continue
        }
        try {
          refused(one, failureOf(error))
          isAnswering = true
        } catch (fatal) {
          broken ??= { error: fatal }
        }
      }
    }
  }
  const others = inOrder(meant.filter(({ deed, link }) => deed.item && link))
  const { items } = applying.cycle
  const lesson = learned.get(items)
  const first = lesson ? undefined : others.shift()
  const taught = first ? write(first) : lesson
  if (first && taught) learned.set(items, taught)
  await taught
  const lane = async (): Promise<void> => {
    for (let next = others.shift(); next; next = others.shift()) await write(next)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  if (seemsIll()) broken ??= { error: asMailboxes(doubtful[0]?.error) }
  else for (const { one, error } of doubtful) refused(one, failureOf(error))
  const done = meant.flatMap((one) => (one.deed.item && one.link ? (taken.get(one) ?? []) : [one]))
  try {
    return { done: await withUids(applying, done), ...(broken ? { broken } : {}) }
  } catch (error) {
    return { done: done.filter((one) => !isNewMeeting(one)), broken: broken ?? { error } }
  }
}

/** Connections by which something was written, or is for the first time. */
const learned = new WeakMap<ItemMailbox, Promise<void>>()

/** One that failed while others were taken says nothing of the mailbox any more. */
const isFresh = ({ work }: Carried): boolean => work.every(({ attempts }) => attempts === 0)

function asMailboxes(error: unknown): unknown {
  if (!(error instanceof MailboxError)) return error
  return new MailboxError(error.kind, error.code, error.message, { scope: 'mailbox', cause: error })
}

/** Deeds of one item follow each other. */
function inOrder(all: readonly Carried[]): Carried[][] {
  const byItem = new Map<string, Carried[]>()
  for (const one of all) {
    const key = one.item ? JSON.stringify([one.item.ref.folder, one.item.ref.id]) : (one.link?.id ?? '')
    const known = byItem.get(key)
    if (known) known.push(one)
    else byItem.set(key, [one])
  }
  return [...byItem.values()]
}

async function writeItem(applying: Applying, one: Carried): Promise<Carried> {
  const ref = await writeOne(applying, one.deed.item as ItemDeed, one)
  if (ref && isTriedAgain(one)) return { ...one, ref }
  const uid = uidOfNew(applying, one)
  if (ref) return attachToItem(applying, { ...one, ref, ...(uid === undefined ? {} : { uid }) })
  const { ref: _gone, ...rest } = one
  return rest
}

/** The UID of a new meeting where it is ours to say, and stays: the same with every attempt. */
function uidOfNew({ cycle: { items } }: Applying, one: Carried): string | undefined {
  const { item: deed } = one.deed
  const isChosen = items.can.choosesUid && items.can.keepsUid && !isTriedAgain(one)
  return isChosen && deed?.do === 'create' && deed.item.kind === 'event'
    ? (deed.item.uid ?? uidOfKey(deed.key))
    : undefined
}

const named = (item: NewItem, uid: string | undefined): NewItem => (uid === undefined ? item : { ...item, uid })

async function writeOne(applying: Applying, deed: ItemDeed, one: Carried): Promise<ItemRef | undefined> {
  const { dependencies, cycle } = applying
  const { items } = cycle
  // Where the server tells nobody, letters do.
  const notify = items.can.notify.includes(deed.notify) ? deed.notify : 'none'
  const { item } = one
  switch (deed.do) {
    case 'create':
      return onServer(dependencies, 'create item', () =>
        items.create(deed.folder, named(deed.item, uidOfNew(applying, one)), deed.key, {
          notify,
          first: !isTriedAgain(one),
        }),
      )
    case 'update':
      if (isEmptyPatch(deed.patch)) return item?.ref
      return item && onServer(dependencies, 'update item', () => items.update(item.ref, deed.patch, { notify }))
    case 'remove':
      if (item) await onServer(dependencies, 'remove item', () => items.remove(item.ref, { notify }))
      return undefined
  }
}

const isNewMeeting = ({ deed, link, ref }: Carried): boolean =>
  deed.item?.do === 'create' && link?.kind === 'event' && ref !== undefined

/** New meetings as the server keeps them: which UIDs it gave them. */
async function withUids({ cycle: { items } }: Applying, done: Carried[]): Promise<Carried[]> {
  const uids = new Map<string, string>()
  const refs = done.flatMap((one) => (one.ref && isNewMeeting(one) && one.uid === undefined ? [one.ref] : []))
  for (const folder of new Set(refs.map((ref) => ref.folder))) {
    const ids = refs.filter((ref) => ref.folder === folder).map(({ id }) => id)
    for (const item of await itemsNow(items, folder, ids))
      if (item.kind !== 'unreadable' && item.uid !== undefined) uids.set(item.ref.id, item.uid)
  }
  return done.map((one) => {
    const uid = isNewMeeting(one) ? uids.get((one.ref as ItemRef).id) : undefined
    return uid === undefined ? one : { ...one, uid }
  })
}
