import type { AttachmentCopy, Deed, Pairing, PlanContext, RecordChange, RecordView } from '#items'
import type { AttachmentInfo, CalendarItem, Item } from '#mailbox'
import type { Files } from '../../../../src/sync/items/apply/files.ts'
import { type Attached, attachmentsPair } from '../../../../src/sync/items/fields/attachments.ts'
import { unidentified, withContents } from '../../../../src/sync/items/load/attachments.ts'
import { mapContext } from '../../support/map.ts'
import type { Hand } from './handsOfSeries.ts'
import { type Mailbox, nameOfRecord, titleOf, tokenOf, type World } from './world.ts'

/**
 * Attachments of single appointments (AP-24, AP-85). All are of one size and type, so that nothing but their contents
 * tells them apart; each side has its own ids for them, and the mail server tells no content unasked.
 */

const NAMES = ['a.txt', 'b.txt'] as const
const FILE = { type: 'text/plain', size: 10 }

/** What `said.ts` calls the content that a side has under a name. */
const PART = 'file '
export const isFilePart = (part: string): boolean => part.startsWith(PART)

/** By name, read the slow and obvious way; nothing where a side takes none along (AP-74, AP-82). */
export function filesSaid(world: World, all: readonly { id: string; name: string }[] | undefined) {
  return Object.fromEntries((all ?? []).map(({ id, name }) => [`${PART}${name}`, world.contents.get(id)]))
}

function keep(world: World, content: string): string {
  const id = `file-${world.next()}`
  world.contents.set(id, content)
  return id
}

// People

/** Another content under a name, or none any more. */
function changed<T extends { id: string; name: string }>(
  all: readonly T[],
  [a, c]: readonly [number, number],
  make: (name: string) => T,
): T[] {
  const name = NAMES[a % NAMES.length] as string
  const others = all.filter((one) => one.name !== name)
  return c % 3 === 0 ? others : [...others, make(name)]
}

export const ofFiles: Readonly<Record<string, Hand>> = {
  attachInCrm(world, a, b, c) {
    const all = [...world.records.values()].filter(({ attachments }) => attachments)
    const view = all[b % Math.max(1, all.length)]
    if (!view) return
    const attachments = changed(view.attachments ?? [], [a, c], onRecord(world))
    world.saveRecord({ ...view, attachments })
    noteSaid(world, 'record', nameOfRecord(view), a, attachments)
  },

  attachInOutlook(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const all = [...mailbox.items.values()].filter((item) => item.kind === 'event' && item.role !== 'attendee')
    const item = all[(a >> 1) % Math.max(1, all.length)]
    if (!item) return
    const attachments = changed(item.attachments, [a, c], onItem(world))
    world.putItem(mailbox, { ...item, attachments })
    noteSaid(world, 'item', titleOf(item), a, attachments)
  },
}

function noteSaid(
  world: World,
  side: 'record' | 'item',
  title: string | undefined,
  a: number,
  all: readonly { id: string; name: string }[],
): void {
  const name = NAMES[a % NAMES.length] as string
  const key = `${tokenOf(title)} ${name}`
  const found = all.find((one) => one.name === name)
  world.filesSaid.set(key, { ...world.filesSaid.get(key), [side]: found ? world.contents.get(found.id) : null })
}

const onItem =
  (world: World) =>
  (name: string, content = `I${world.next()}`) => ({
    ...FILE,
    id: keep(world, content),
    name,
    inline: false,
  })

const onRecord =
  (world: World) =>
  (name: string, content = `R${world.next()}`) => ({
    ...FILE,
    id: keep(world, content),
    name,
    hash: content,
    modified: world.now,
  })

// Cycles

/** Contents are asked for where both sides have something under a name that they do not agree on. */
export function identified(world: World, pairings: readonly Pairing[], { settings }: PlanContext): readonly Pairing[] {
  if (!settings.appointmentAttachments) return pairings
  return pairings.map((pairing) => {
    const asked = unidentified(pairing, settings.attachmentBytes, NO_CONTEXT)
    return withContents(pairing, new Map(asked.map(({ id }) => [id, world.contents.get(id) ?? ''])))
  })
}
const NO_CONTEXT = mapContext()

/** The record's files after a change; new ones have ids of their own. */
export function filesOfRecord(
  world: World,
  view: RecordView,
  { attachments: { add = [], remove = [] } = {} }: RecordChange,
  files: Files,
): RecordView {
  if (add.length + remove.length === 0) return view
  const kept = (view.attachments ?? []).filter(({ id }) => !remove.includes(id))
  const made = add.map(({ id, key, name }) => {
    const { modified: _when, name: _name, ...one } = onRecord(world)(name, contentOf(world, id))
    files.onRecord.set(key, one)
    return { ...one, name, modified: world.now }
  })
  return { ...view, attachments: [...kept, ...made] }
}

function contentOf(world: World, id: string): string {
  const content = world.contents.get(id)
  if (content === undefined) throw new Error(`There is no content of “${id}”.`)
  return content
}

/** Taken off together with all other changes of the item. */
export function withoutRemoved(item: Item, deed: Extract<Deed['item'], { do: 'update' }>): Item {
  const removed = new Set((deed.patch.kind === 'event' && deed.patch.attachments?.remove) || [])
  return { ...item, attachments: item.attachments.filter(({ id }) => !removed.has(id)) }
}

/** Attaches one by one, each a request by itself; undefined: the process died. */
export function attach(
  world: World,
  mailbox: Mailbox,
  item: Item,
  copies: readonly AttachmentCopy[],
  files: Files,
  dies: () => boolean,
): Item | undefined {
  let now = item
  for (const { id, key, name } of copies) {
    const attachments: AttachmentInfo[] = [...now.attachments, onItem(world)(name, contentOf(world, id))]
    now = world.putItem(mailbox, { ...now, attachments })
    files.onItem.set(key, undefined)
    if (dies()) return undefined
  }
  const all = attachmentsPair.fromItem(now as CalendarItem, NO_CONTEXT) as unknown as Record<string, Attached>
  for (const key of files.onItem.keys()) files.onItem.set(key, all[key])
  return now
}
