import type { Clock } from '#time'
import { folderNotFound, itemNotFound } from '../../failures.ts'
import { applyPatch, type Holder, type Item, type ItemKind, type ItemPatch, type NewItem } from '../../items/index.ts'
import { type ItemContent, SimulatedItemFolder, type StoredItem } from './folder.ts'

export interface ItemHost {
  readonly clock: Clock
  nextNumber(): number
  /** Hints to everyone who watches the folder. */
  hint(folder: SimulatedItemFolder): void
}

const MAIN: [ItemKind, string][] = [
  ['event', 'Calendar'],
  ['contact', 'Contacts'],
  ['task', 'Tasks'],
]

/** The appointments, contacts and tasks of a simulated account, with the hands of their owner at her own client. */
export class SimulatedItems {
  readonly #host: ItemHost
  readonly #address: string
  /** Which organization synchronizes them, as the mailbox keeps it (MB-77). */
  holder: Holder | undefined
  #folders: SimulatedItemFolder[] | undefined

  constructor(host: ItemHost, address: string) {
    this.#host = host
    this.#address = address
  }

  get folders(): SimulatedItemFolder[] {
    this.#folders ??= MAIN.map(([kind, name]) => new SimulatedItemFolder(this.#host.nextNumber(), kind, [name], true))
    return this.#folders
  }

  main(kind: ItemKind): SimulatedItemFolder {
    return this.folders.find((folder) => folder.kind === kind && folder.main) as SimulatedItemFolder
  }

  /** @throws MailboxError `notFound`. */
  at(path: readonly string[]): SimulatedItemFolder {
    const folder = this.folders.find((folder) => folder.path.join('\n') === path.join('\n'))
    if (!folder) throw folderNotFound(path.join('/'))
    return folder
  }

  createFolder(kind: ItemKind, path: readonly string[]): SimulatedItemFolder {
    const folder = new SimulatedItemFolder(this.#host.nextNumber(), kind, [...path], false)
    this.folders.push(folder)
    return folder
  }

  deleteFolder(path: readonly string[]): void {
    const folder = this.at(path)
    this.#folders = this.folders.filter((other) => other !== folder)
  }

  /** Makes an item; `unknown` are properties that no field tells. */
  make(path: readonly string[], item: NewItem, unknown: Record<string, string> = {}): Item {
    const folder = this.at(path)
    const stored = this.add(folder, contentOf(item, this.#address, this.#host.clock.now()), { unknown })
    return folder.describe(stored)
  }

  add(
    folder: SimulatedItemFolder,
    content: ItemContent,
    more: Partial<Pick<StoredItem, 'unknown' | 'attachments'>> = {},
  ): StoredItem {
    const number = this.#host.nextNumber()
    const uid = content.uid ?? `${number}@memory.example`
    const stored = folder.add(`n${number}`, { ...content, uid }, more)
    this.#host.hint(folder)
    return stored
  }

  change(path: readonly string[], id: string, patch: ItemPatch): void {
    const folder = this.at(path)
    this.write(folder, this.#item(folder, id), patch)
  }

  write(folder: SimulatedItemFolder, item: StoredItem, patch: ItemPatch): void {
    if (patch.attachments) attach(item, patch.attachments)
    const next = applyPatch(folder.describe(item), patch)
    this.put(folder, item, contentOfItem({ ...next, modified: this.#host.clock.now() }))
  }

  put(folder: SimulatedItemFolder, item: StoredItem, content: ItemContent): void {
    folder.touch(item, content)
    this.#host.hint(folder)
  }

  setUnknown(path: readonly string[], id: string, name: string, value: string): void {
    const folder = this.at(path)
    const item = this.#item(folder, id)
    item.unknown = { ...item.unknown, [name]: value }
    this.put(folder, item, item.content)
  }

  unknownOf(path: readonly string[], id: string): Record<string, string> {
    return this.#item(this.at(path), id).unknown
  }

  delete(path: readonly string[], id: string): void {
    const folder = this.at(path)
    if (folder.remove(id)) this.#host.hint(folder)
  }

  /** Moves an item, which gets another id; returns it. */
  move(path: readonly string[], id: string, to: readonly string[]): string {
    const [from, target] = [this.at(path), this.at(to)]
    const { content, unknown, attachments } = this.#item(from, id)
    this.delete(path, id)
    return this.add(target, content, { unknown, attachments }).id
  }

  /** Copies an item within its folder, marks and all, as mail clients do (AP-11). */
  copy(path: readonly string[], id: string): string {
    const folder = this.at(path)
    const { content, unknown } = this.#item(folder, id)
    const { uid: _uid, ...copy } = structuredClone(content)
    return this.add(folder, copy, { unknown }).id
  }

  list(path: readonly string[]): Item[] {
    const folder = this.at(path)
    return [...folder.items.values()].map((item) => folder.describe(item))
  }

  /** Makes every cursor of the folder useless. */
  invalidateCursors(path: readonly string[]): void {
    this.at(path).epoch++
  }

  #item(folder: SimulatedItemFolder, id: string): StoredItem {
    const item = folder.items.get(id)
    if (!item) throw itemNotFound(id)
    return item
  }
}

/** A new item as its owner's mailbox holds it. */
export function contentOf(item: NewItem, address: string, now: Date): ItemContent {
  const frame = {
    ...(item.uid !== undefined && { uid: item.uid }),
    marks: { ...item.marks },
    created: now,
    modified: now,
  }
  if (item.kind === 'contact') return structuredClone({ ...frame, kind: item.kind, fields: item.fields })
  if (item.kind === 'task') return structuredClone({ ...frame, kind: item.kind, fields: item.fields, assigned: false })
  const { fields, series, organizer = { address } } = item
  const role = organizer.address !== address ? 'attendee' : fields.attendees?.length ? 'organizer' : 'none'
  const event = {
    kind: item.kind,
    fields,
    ...(series && { series }),
    role,
    organizer,
    answer: 'none',
    cancelled: false,
  } as const
  return structuredClone({ ...frame, ...event })
}

export function contentOfItem(item: Item): ItemContent {
  const { ref: _ref, rest: _rest, attachments: _attachments, ...content } = item
  if (content.kind !== 'event' || content.role === 'attendee') return content
  return { ...content, role: content.fields.attendees?.length ? 'organizer' : 'none' }
}

function attach(stored: StoredItem, { add = [], remove = [] }: NonNullable<ItemPatch['attachments']>): void {
  const kept = stored.attachments.filter(({ info }) => !remove.includes(info.id))
  const added = add.map(({ name, type, content }, index) => {
    const id = `a${stored.change}.${index}`
    return { info: { id, name, type, size: content.length, inline: false }, content }
  })
  stored.attachments = [...kept, ...added]
}
