import type { Clock } from '#time'
import type { ItemBase } from './base.ts'
import { Categories, type Category } from './categories.ts'
import { ChangeLog, type ChangeLogState } from './changeLog.ts'
import { Failure } from './failure.ts'
import { type Folder, PLANTED, type WellKnown } from './folder.ts'
import { changeKeyOf, entryIdOf, type Ids } from './ids.ts'
import type { Item, ItemKind, New, Patch } from './item.ts'
import type { Message } from './message.ts'
import type { Notice, Notifier } from './notifier.ts'
import type { ExtendedProperty } from './property.ts'

interface Surroundings {
  address: string
  ids: Ids
  clock: Clock
  notifier: Notifier
}

/** All there is to a mailbox, as plain values. */
export interface MailboxState {
  categories: Category[]
  folders: Folder[]
  /** In each folder in the order they came in. */
  items: Item[]
  hierarchy: ChangeLogState
  logs: [folder: string, ChangeLogState][]
  changes: number
}

/** Folders and items of one user, with a log of what changed. Nothing here is asynchronous: every act is done or refused. */
export class Mailbox {
  readonly address: string
  readonly categories: Categories
  /** Changes of folders; the changes of items are in `log(folder)`. */
  readonly hierarchy: ChangeLog
  /** Items that are listed and not given out, by their ids. */
  readonly withheld = new Set<string>()
  readonly #around: Surroundings
  readonly #folders = new Map<string, Folder>()
  readonly #items = new Map<string, Item>()
  readonly #byEntryId = new Map<string, string>()
  readonly #contents = new Map<string, Set<string>>()
  readonly #logs = new Map<string, ChangeLog>()
  readonly #byMessageId = new Map<string, Set<string>>()
  #changes = 0

  constructor(around: Surroundings, state?: MailboxState) {
    this.address = around.address
    this.#around = around
    this.categories = new Categories(around.ids, state?.categories)
    this.hierarchy = new ChangeLog(state?.hierarchy)
    if (state) this.#restore(state)
    else this.#plantAll()
  }

  get state(): MailboxState {
    return {
      categories: this.categories.all(),
      folders: this.folders(),
      items: this.folders().flatMap(({ id }) => this.items(id)),
      hierarchy: this.hierarchy.state,
      logs: Array.from(this.#logs, ([folder, log]) => [folder, log.state]),
      changes: this.#changes,
    }
  }

  #restore({ folders, items, logs, changes }: MailboxState): void {
    for (const folder of folders) {
      this.#folders.set(folder.id, folder)
      this.#contents.set(folder.id, new Set())
    }
    for (const [folder, state] of logs) this.#logs.set(folder, new ChangeLog(state))
    for (const item of items) this.#put(item)
    this.#changes = changes
  }

  #plantAll(): void {
    for (const { wellKnown, name, kind, hidden, parent } of PLANTED) {
      const under = parent ?? (wellKnown === 'root' ? undefined : 'msgfolderroot')
      this.#plant({ name, kind, hidden: hidden ?? false, wellKnown, parent: under && this.wellKnown(under).id })
    }
  }

  // Folders

  folders(): Folder[] {
    return [...this.#folders.values()]
  }

  /** @throws Failure `notFound` */
  folder(id: string): Folder {
    const folder = this.#folders.get(id)
    if (!folder) throw new Failure('notFound', `There is no folder ${id} in the mailbox of ${this.address}.`)
    return folder
  }

  wellKnown(name: WellKnown): Folder {
    return this.folders().find((folder) => folder.wellKnown === name) as Folder
  }

  children(parent: string): Folder[] {
    return this.folders().filter((folder) => folder.parent === parent)
  }

  createFolder(parent: string, name: string, kind: ItemKind = 'message', hidden = false): Folder {
    this.folder(parent)
    this.#checkName(parent, name)
    return this.#plant({ parent, name, kind, hidden })
  }

  renameFolder(id: string, name: string): Folder {
    const folder = this.#own(id)
    this.#checkName(folder.parent as string, name, id)
    return this.#replaceFolder({ ...folder, name })
  }

  moveFolder(id: string, parent: string): Folder {
    const folder = this.#own(id)
    for (
      let above: Folder | undefined = this.folder(parent);
      above;
      above = above.parent ? this.folder(above.parent) : undefined
    )
      if (above.id === id) throw new Failure('invalid', 'A folder cannot be moved into itself.')
    this.#checkName(parent, folder.name, id)
    return this.#replaceFolder({ ...folder, parent }, folder.parent)
  }

  setFolderProperties(id: string, properties: readonly ExtendedProperty[]): Folder {
    return this.#replaceFolder({ ...this.folder(id), properties })
  }

  /** As Outlook does it: its id stays, and every item that carries it is written anew. */
  renameCategory(id: string, name: string): Category {
    const before = this.categories.get(id).name
    const renamed = this.categories.rename(id, name)
    for (const item of this.#items.values()) {
      if (!item.categories.includes(before)) continue
      this.update(item.id, { categories: item.categories.map((each) => (each === before ? name : each)) })
    }
    return renamed
  }

  /** With everything in it, for good. */
  purgeFolder(id: string): void {
    const folder = this.#own(id)
    for (const child of this.children(id)) this.purgeFolder(child.id)
    for (const item of this.items(id)) this.purge(item.id)
    this.#folders.delete(id)
    this.#contents.delete(id)
    this.#logs.delete(id)
    this.hierarchy.record({ id, entryId: id, kind: 'removed', moved: false })
    this.#tell('deleted', folder)
  }

  /** Into Deleted Items; what lies there already is gone for good. */
  deleteFolder(id: string): void {
    const bin = this.wellKnown('deleteditems').id
    const folder = this.#own(id)
    if (folder.parent === bin) return this.purgeFolder(id)
    const taken = new Set(this.children(bin).map(({ name }) => name.toLowerCase()))
    let name = folder.name
    for (let number = 1; taken.has(name.toLowerCase()); number++) name = `${folder.name}${number}`
    this.#replaceFolder({ ...folder, name, parent: bin }, folder.parent)
  }

  // Items

  /** In the order they came in. */
  items(folder: string): Item[] {
    this.folder(folder)
    return [...(this.#contents.get(folder) ?? [])].map((id) => this.#items.get(id) as Item)
  }

  count(folder: string): number {
    return this.#contents.get(folder)?.size ?? 0
  }

  /** By either of its ids. @throws Failure `notFound` */
  item(id: string): Item {
    const item = this.#items.get(id) ?? this.#items.get(this.#byEntryId.get(id) ?? '')
    if (!item) throw new Failure('notFound', `There is no item ${id} in the mailbox of ${this.address}.`)
    return item
  }

  /** @throws Failure `notFound`, `denied` for one that is listed only */
  given(id: string): Item {
    const item = this.item(id)
    if (this.withheld.has(item.id)) throw new Failure('denied', `The item ${id} is not given out.`)
    return item
  }

  has(id: string): boolean {
    return this.#items.has(id) || this.#byEntryId.has(id)
  }

  /** With angle brackets. */
  byMessageId(messageId: string): Message[] {
    return [...(this.#byMessageId.get(messageId) ?? [])].map((id) => this.#items.get(id) as Message)
  }

  log(folder: string): ChangeLog {
    this.folder(folder)
    return this.#logs.get(folder) as ChangeLog
  }

  add<T extends Item>(folder: string, item: New<T>, change: 'created' | 'newMail' | 'copied' = 'created'): T {
    this.#checkKind(folder, item.kind)
    const now = this.#around.clock.now()
    const id = this.#around.ids.next('item')
    const base: ItemBase = {
      id,
      entryId: entryIdOf(id, 0),
      moves: 0,
      changeKey: changeKeyOf(id, ++this.#changes),
      folder,
      created: now,
      modified: now,
      categories: item.categories ?? [],
      properties: item.properties ?? [],
    }
    const added = { ...item, ...base } as unknown as T
    this.#put(added)
    this.#log(added, 'created')
    if (change !== 'created') this.#tell(change, added)
    this.#tell('created', added)
    return added
  }

  /**
   * @param ifChangeKey refuses when the item was changed since
   * @throws Failure `notFound`, `conflict`
   */
  update<T extends Item>(id: string, patch: Patch<T>, ifChangeKey?: string): T {
    const item = this.item(id) as T
    if (ifChangeKey !== undefined && ifChangeKey !== item.changeKey)
      throw new Failure('conflict', `The item was changed: its change key is ${item.changeKey}, not ${ifChangeKey}.`)
    const changed = { ...item, ...patch, ...this.#touched(item.id) }
    this.#index(item, (ids) => ids.delete(item.id))
    this.#put(changed)
    this.#log(changed, Object.keys(patch).every((name) => name === 'read') ? 'read' : 'updated')
    this.#tell('updated', changed)
    return changed
  }

  /** Keeps `id` and changes `entryId`. */
  move(id: string, folder: string): Item {
    const item = this.item(id)
    if (item.folder === folder) return item
    this.#checkKind(folder, item.kind)
    const moves = item.moves + 1
    const moved = { ...item, ...this.#touched(item.id), folder, moves, entryId: entryIdOf(item.id, moves) }
    this.#take(item)
    this.#log(item, 'removed', true)
    this.#put(moved)
    this.#log(moved, 'created')
    this.#tell('moved', moved, { folder: item.folder, entryId: item.entryId })
    return moved
  }

  copy(id: string, folder: string): Item {
    const item = this.item(id)
    return this.add<Item>(folder, { ...item }, 'copied')
  }

  /** Into Deleted Items; from there into what can only be recovered. */
  delete(id: string): Item {
    const bin = this.wellKnown('deleteditems').id
    const item = this.item(id)
    const inBin = item.folder === bin || this.#isBelow(item.folder, bin)
    return this.move(id, inBin ? this.wellKnown('recoverableitemsdeletions').id : bin)
  }

  /** For good. */
  purge(id: string): void {
    const item = this.item(id)
    this.#take(item)
    this.#log(item, 'removed', false)
    this.#tell('deleted', item)
  }

  /** Forgets what was removed from a folder, or from all: cursors of old are lost. */
  forgetChanges(folder?: string): void {
    if (folder) return this.log(folder).forget()
    this.hierarchy.forget()
    for (const log of this.#logs.values()) log.forget()
  }

  #plant(folder: Omit<Folder, 'id' | 'changeKey'>): Folder {
    const id = this.#around.ids.next('folder')
    const planted = { id, changeKey: changeKeyOf(id, ++this.#changes), ...folder }
    this.#folders.set(id, planted)
    this.#contents.set(id, new Set())
    this.#logs.set(id, new ChangeLog())
    this.hierarchy.record({ id, entryId: id, kind: 'created', moved: false })
    this.#tell('created', planted)
    return planted
  }

  #replaceFolder(folder: Folder, from?: string): Folder {
    const changed = { ...folder, changeKey: changeKeyOf(folder.id, ++this.#changes) }
    this.#folders.set(folder.id, changed)
    this.hierarchy.record({ id: folder.id, entryId: folder.id, kind: 'updated', moved: false })
    const moved = from !== undefined && from !== folder.parent
    this.#tell(moved ? 'moved' : 'updated', changed, moved ? { folder: from, entryId: folder.id } : undefined)
    return changed
  }

  /** A folder that may be renamed, moved and deleted. */
  #own(id: string): Folder {
    const folder = this.folder(id)
    if (folder.wellKnown)
      throw new Failure('denied', `The folder “${folder.name}” cannot be renamed, moved or deleted.`)
    return folder
  }

  #checkName(parent: string, name: string, except?: string): void {
    if (!name || name.length > 255) throw new Failure('invalid', 'A folder has a name of 1 to 255 characters.')
    const same = (other: Folder) => other.id !== except && other.name.toLowerCase() === name.toLowerCase()
    if (this.children(parent).some(same)) throw new Failure('exists', `There is a folder “${name}” in that folder.`)
  }

  /** Deleted Items and Archive take everything. */
  #checkKind(id: string, kind: ItemKind): void {
    const folder = this.folder(id)
    if (folder.kind === kind) return
    for (let above: Folder = folder; ; above = this.folder(above.parent)) {
      if (['deleteditems', 'archive', 'recoverableitemsdeletions'].includes(above.wellKnown ?? '')) return
      if (!above.parent) throw new Failure('invalid', `The folder “${folder.name}” takes no ${kind}s.`)
    }
  }

  #isBelow(id: string, ancestor: string): boolean {
    for (let folder = this.folder(id); folder.parent; folder = this.folder(folder.parent))
      if (folder.parent === ancestor) return true
    return false
  }

  #touched(id: string): Pick<ItemBase, 'changeKey' | 'modified'> {
    return { changeKey: changeKeyOf(id, ++this.#changes), modified: this.#around.clock.now() }
  }

  #put(item: Item): void {
    this.#items.set(item.id, item)
    this.#byEntryId.set(item.entryId, item.id)
    ;(this.#contents.get(item.folder) as Set<string>).add(item.id)
    this.#index(item, (ids) => ids.add(item.id))
  }

  #take(item: Item): void {
    this.#items.delete(item.id)
    this.#byEntryId.delete(item.entryId)
    this.#contents.get(item.folder)?.delete(item.id)
    this.#index(item, (ids) => ids.delete(item.id))
  }

  #index(item: Item, change: (ids: Set<string>) => void): void {
    if (item.kind !== 'message' || !item.headers.messageId) return
    const ids = this.#byMessageId.get(item.headers.messageId) ?? new Set()
    this.#byMessageId.set(item.headers.messageId, ids)
    change(ids)
  }

  #log(item: Item, kind: 'created' | 'updated' | 'read' | 'removed', moved = false): void {
    this.#logs.get(item.folder)?.record({ id: item.id, entryId: item.entryId, kind, moved })
  }

  #tell(change: Notice['change'], thing: Item | Folder, from?: Notice['from']): void {
    const isItem = 'entryId' in thing
    this.#around.notifier.tell({
      mailbox: this.address,
      change,
      about: isItem ? thing.kind : 'folder',
      id: thing.id,
      entryId: isItem ? thing.entryId : thing.id,
      changeKey: thing.changeKey,
      folder: isItem ? thing.folder : (thing.parent ?? thing.id),
      ...(from && { from }),
      at: this.#around.clock.now(),
    })
  }
}
