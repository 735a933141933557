import type { AttachmentInfo, CalendarItem } from '#mailbox'
import { clip } from '#text'
import type { PairValue, PairValues, RecordAttachment } from '../model.ts'
import type { PairMap } from './pair.ts'

/** Characters of a file's name in the CRM. */
const MOST = 255

/** One attachment: what it is on its own side, or `from` which one of the other side it is to be copied. */
interface Attached {
  size: number
  id?: string
  hash?: string
  type?: string
  from?: string
}

type Side = Readonly<Record<string, Attached>>

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
    isPending: (value) => value !== null && 'from' in (value as object),
  }),
  fromRecord: ({ attachments }) => attachments && named(attachments, ({ id, size, hash }) => ({ size, id, hash })),
  fromItem: ({ attachments }) =>
    named(
      attachments.filter(({ inline }) => !inline),
      ({ id, size, type }) => ({ size, id, type }),
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
export function attachmentsToItem(toItem: PairValues): string[] {
  return Object.values(sideOf(toItem['attachments'] ?? null)).flatMap(({ from }) => from ?? [])
}

/** The other side's attachment, or our own where it is the same. */
function copied(value: PairValue, present: PairValue | undefined): PairValue {
  const ours = present as unknown as Attached | null | undefined
  const theirs = value as unknown as Attached | null
  if (!theirs) return null
  if (ours && ours.size === theirs.size) return { ...ours }
  const { size, type, id, from = id } = theirs
  return { size, ...(type !== undefined && { type }), ...(from !== undefined && { from }) }
}

function changes(
  wanted: Side,
  present: readonly (RecordAttachment | AttachmentInfo)[],
): { attachments?: { add?: { id: string; name: string; type: string }[]; remove?: string[] } } {
  const add = Object.entries(wanted).flatMap(([name, { from, type = 'application/octet-stream' }]) =>
    from === undefined ? [] : [{ id: from, name: name.replace(/\/\d+$/, ''), type }],
  )
  const kept = new Set(Object.values(wanted).flatMap(({ id }) => id ?? []))
  const remove = present.flatMap(({ id }) => (kept.has(id) ? [] : [id]))
  if (add.length === 0 && remove.length === 0) return {}
  return { attachments: { ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) } }
}

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

function sideOf(value: PairValue): Side {
  return (value ?? {}) as unknown as Side
}
