import type { AttachmentInfo, CalendarItem } from '#mailbox'
import { clip } from '#text'
import type { AttachmentCopy, PairValue, PairValues, RecordAttachment } from '../model.ts'
import type { PairMap } from './pair.ts'

/** Characters of a file's name in the CRM. */
const MOST = 255

/** One attachment: what it is on its own side, or `from` which one of the other side it is to be copied. */
export interface Attached {
  size: number
  id?: string
  hash?: string
  type?: string
  from?: string
  /** Of an agreed one: which one of the item was about to be taken off; a crash may have come then. */
  takenOff?: string
}

/** By name; see `named`. */
export type AttachedByName = Readonly<Record<string, Attached>>

/** Attachments of single appointments, each merged by itself (AP-24, AP-85); pictures of the body are none. */
export const attachmentsPair: PairMap<CalendarItem> = {
  name: 'attachments',
  outlook: 'Attachments',
  record: 'Attachments',
  columns: [],
  fields: ['attachments'],
  default: 'none',
  allowed: ['none'],
  rule: 'AP-85',
  parts: () => ({
    toRecord: copied,
    toItem: copied,
    key: identity,
    isPending: (value) => value !== null && 'from' in (value as object),
  }),
  fromRecord: ({ attachments }) =>
    attachments && named(attachments, ({ id, size, type, hash }) => ({ size, id, type, hash })),
  fromItem: ({ attachments }) =>
    named(
      attachments.filter(({ inline }) => !inline),
      ({ id, size, type, hash }) => ({ size, id, type, ...(hash !== undefined && { hash }) }),
    ),
  toRecord: copied,
  toItem: copied,
  writeRecord: (value, view) => changes(sideOf(value), view?.attachments ?? []),
  writeItem: (value, item) => {
    const { attachments } = changes(sideOf(value), item?.attachments.filter(({ inline }) => !inline) ?? [])
    return attachments?.remove ? { attachments: { remove: attachments.remove } } : {}
  },
}

/** The attachments of the record whose content the item gets. Values are those for the item (`Merged.toItem`). */
export function attachmentsToItem(toItem: PairValues): AttachmentCopy[] {
  return copiesIn(attachedIn(toItem))
}

/** The value of the pair among others; none where it is not among them. */
export function attachedIn(values: PairValues): AttachedByName {
  return sideOf(values['attachments'] ?? null)
}

/** These values with another one of the pair. */
export function withAttached(values: PairValues, attached: AttachedByName): PairValues {
  return { ...values, attachments: attached as unknown as PairValue }
}

/** What the record wants the item to hold, with those that the item has already: none is copied over itself (AP-85). */
export function keepingOwnFiles(
  toItem: PairValues,
  { record, item }: { record: PairValues; item: PairValues },
  agreed: { record: PairValues; item: PairValues },
): PairValues {
  if (toItem['attachments'] === undefined) return toItem
  const [ours, theirs, wasOurs, wasTheirs] = [record, item, agreed.record, agreed.item].map(attachedIn)
  const kept = Object.entries(attachedIn(toItem)).map(([key, wanted]): [string, Attached] => {
    const [on, own] = [ours?.[key], theirs?.[key]]
    const isAgreed = own?.id !== undefined && on?.id === wasOurs?.[key]?.id && own.id === wasTheirs?.[key]?.id
    return [key, on && own && (isAgreed || isSameContent(own, on)) ? { ...own } : wanted]
  })
  return withAttached(toItem, Object.fromEntries(kept))
}

/** The other side's attachment, or our own where it is the same. */
function copied(value: PairValue, present: PairValue | undefined): PairValue {
  const ours = present as unknown as Attached | null | undefined
  const theirs = value as unknown as Attached | null
  if (!theirs) return null
  if (ours && isSameContent(ours, theirs)) return { ...ours }
  const { size, type, id, from = id } = theirs
  return { size, ...(type !== undefined && { type }), ...(from !== undefined && { from }) }
}

/** By content where it is known, as it is for whatever the sides do not agree on (`identifyAttachments`). */
function isSameContent(ours: Attached, theirs: Attached): boolean {
  if (ours.hash !== undefined && theirs.hash !== undefined) return ours.hash === theirs.hash
  return ours.size === theirs.size
}

function identity(value: PairValue): PairValue {
  const attached = value as unknown as Attached | null
  return attached && { size: attached.size, id: attached.id ?? null, from: attached.from ?? null }
}

function copiesIn(wanted: AttachedByName): AttachmentCopy[] {
  return Object.entries(wanted).flatMap(([key, { from, size, type = 'application/octet-stream' }]) =>
    from === undefined ? [] : [{ id: from, key, name: nameOfAttached(key), type, size }],
  )
}

function changes(
  wanted: AttachedByName,
  present: readonly (RecordAttachment | AttachmentInfo)[],
): { attachments?: { add?: AttachmentCopy[]; remove?: string[] } } {
  const add = copiesIn(wanted)
  const kept = new Set(Object.values(wanted).flatMap(({ id }) => id ?? []))
  const remove = present.flatMap(({ id }) => (kept.has(id) ? [] : [id]))
  if (add.length === 0 && remove.length === 0) return {}
  return { attachments: { ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) } }
}

/** What the file is called of which the pair speaks so. */
export const nameOfAttached = (key: string): string => key.replace(/\/\d+$/, '')

/** By name; the second of a name is `name/2`, which no file is called. */
function named<T extends { name: string }>(all: readonly T[], one: (attachment: T) => Attached): PairValue {
  const count = new Map<string, number>()
  const entries = all.map((attachment) => {
    const name = clip(attachment.name.replaceAll('/', '_'), MOST)
    const number = (count.get(name) ?? 0) + 1
    count.set(name, number)
    return [number === 1 ? name : `${name}/${number}`, { ...one(attachment) }] as const
  })
  return Object.fromEntries(entries)
}

function sideOf(value: PairValue): AttachedByName {
  return (value ?? {}) as unknown as AttachedByName
}
