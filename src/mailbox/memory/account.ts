import { folderNotFound } from '../failures.ts'
import type { Category, Folder, FolderId, ItemId } from '../port.ts'
import { type Delivery, describe, messageIdOfItem, SimulatedFolder, type Source, type StoredItem } from './folder.ts'
import type { Host } from './host.ts'
import { SimulatedItems } from './items/account.ts'

const PLACES: [string, NonNullable<Folder['use']>][] = [
  ['INBOX', 'inbox'],
  ['Sent', 'sent'],
  ['Drafts', 'drafts'],
  ['Junk', 'junk'],
  ['Trash', 'trash'],
]

/** What a folder holds of one message, in the terms of a person who looks at it. */
export interface SeenItem {
  id: ItemId
  messageId: string | undefined
  received: Date
  seen: boolean
  categories: Category[]
}

/**
 * One mailbox on a simulated server, with the hands of its owner and of the mail server. Messages are named by their
 * ids, folders by path. An account that nobody looked at costs a few hundred bytes.
 */
export class SimulatedAccount {
  readonly address: string
  readonly server: Host
  #folders: SimulatedFolder[] | undefined
  #items: SimulatedItems | undefined

  constructor(server: Host, address: string) {
    this.server = server
    this.address = address
  }

  get folders(): SimulatedFolder[] {
    this.#folders ??= PLACES.map(([name, use]) => new SimulatedFolder(this.server.nextNumber(), [name], use))
    return this.#folders
  }

  /** Appointments, contacts and tasks. */
  get items(): SimulatedItems {
    const { clock } = this.server
    const nextNumber = () => this.server.nextNumber()
    this.#items ??= new SimulatedItems(
      { clock, nextNumber, hint: (folder) => this.server.tell(this.address, folder) },
      this.address,
    )
    return this.#items
  }

  /** @throws MailboxError `notFound`. */
  at(path: readonly string[]): SimulatedFolder {
    const folder = this.folders.find((folder) => same(folder.path, path))
    if (!folder) throw folderNotFound(path.join('/'))
    return folder
  }

  deliver(path: readonly string[], source: Source, options: Delivery = {}): ItemId {
    const received = options.received ?? this.server.clock.now()
    const folder = this.at(path)
    const item = folder.add(source, received.getTime(), options)
    this.server.tell(this.address, folder)
    return String(item.uid)
  }

  /** Moves a message and returns its new id; undefined when it is not there. */
  move(path: readonly string[], id: ItemId, to: readonly string[]): ItemId | undefined {
    const [from, target] = [this.at(path), this.at(to)]
    const moved = from.remove(Number(id))
    if (!moved) return undefined
    const { seen, draft, deleted, categories } = moved
    const item = target.add(moved.source, moved.received, { seen, draft, categories })
    item.deleted = deleted
    this.server.tell(this.address, from)
    this.server.tell(this.address, target)
    return String(item.uid)
  }

  delete(path: readonly string[], id: ItemId): boolean {
    const folder = this.at(path)
    const gone = folder.remove(Number(id)) !== undefined
    if (gone) this.server.tell(this.address, folder)
    return gone
  }

  set(
    path: readonly string[],
    id: ItemId,
    state: Partial<Pick<StoredItem, 'seen' | 'deleted' | 'draft' | 'categories'>>,
  ): boolean {
    const folder = this.at(path)
    const changed = folder.set(Number(id), state)
    if (changed) this.server.tell(this.address, folder)
    return changed
  }

  categorize(path: readonly string[], id: ItemId, change: { add?: readonly Category[]; remove?: readonly Category[] }) {
    const item = this.at(path).items.get(Number(id))
    if (!item) return false
    const left = item.categories.filter((category) => !change.remove?.includes(category))
    return this.set(path, id, { categories: [...new Set([...left, ...(change.add ?? [])])] })
  }

  /** Creates a folder and the missing ones above it; one that exists stays as it is. */
  createFolder(path: readonly string[]): SimulatedFolder {
    const there = this.folders.find((folder) => same(folder.path, path))
    if (there) return there
    if (path.length > 1) this.createFolder(path.slice(0, -1))
    const folder = new SimulatedFolder(this.server.nextNumber(), [...path], undefined)
    this.folders.push(folder)
    return folder
  }

  renameFolder(path: readonly string[], to: readonly string[]): void {
    this.at(path)
    for (const folder of this.folders) {
      if (isWithin(folder.path, path)) folder.path = [...to, ...folder.path.slice(path.length)]
    }
  }

  deleteFolder(path: readonly string[]): void {
    this.at(path)
    this.#folders = this.folders.filter((folder) => !isWithin(folder.path, path))
  }

  /** Makes every cursor of the folder useless; with `renumber`, ids are given anew from the first, as by another UIDVALIDITY. */
  invalidateCursors(path: readonly string[], { renumber = false } = {}): void {
    const folder = this.at(path)
    folder.epoch++
    if (renumber) folder.renumber()
  }

  list(path: readonly string[]): SeenItem[] {
    return [...this.at(path).items.values()].map((item) => {
      const { id, received, seen, categories } = describe(item)
      return { id, messageId: messageIdOfItem(item), received, seen, categories }
    })
  }

  idOf(folder: SimulatedFolder): FolderId {
    return this.server.can.stableFolderIds ? `f${folder.number}` : folder.path.map(encodeURIComponent).join('/')
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && isWithin(a, b)
}

function isWithin(path: readonly string[], top: readonly string[]): boolean {
  return top.every((name, index) => path[index] === name)
}
