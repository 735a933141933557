import { folderNotFound } from '../../failures.ts'
import {
  type Answer,
  type Creating,
  checkItemPatch,
  checkNewItem,
  type HolderMark,
  type Item,
  type ItemCapabilities,
  type ItemChangeOptions,
  type ItemChangePage,
  type ItemFolder,
  type ItemMailbox,
  type ItemPatch,
  type ItemRef,
  type LinkKey,
  type NewItem,
  type Notify,
  type UnreadableItem,
} from '../../items/index.ts'
import type { Cursor, FolderId, ItemId } from '../../port.ts'
import type { CategoryNames } from '../categoryNames.ts'
import type { Folders } from '../folders.ts'
import type { Place } from '../place.ts'
import { readAttachment } from './attachments.ts'
import { newWithNames, patchWithNames, withCategories } from './categories.ts'
import { itemChanges } from './changes.ts'
import { createItem } from './create.ts'
import { findByKey, findByUid, type Where } from './find.ts'
import { ewsHolder } from './holder.ts'
import { readItems } from './read.ts'
import { removeItem } from './remove.ts'
import { respond } from './respond.ts'
import { updateItem } from './update.ts'

const CAN: Omit<ItemCapabilities, 'push' | 'lacks'> = {
  event: 'write',
  contact: 'write',
  task: 'write',
  notify: ['none', 'changed', 'all'],
  choosesUid: false,
  keepsUid: false,
  respond: true,
  attachments: true,
  removals: 'exact',
}

/** The calendars, contacts and tasks of a mailbox of Exchange over Exchange Web Services. */
export class EwsItemMailbox implements ItemMailbox {
  readonly can: ItemCapabilities
  readonly holder: HolderMark
  readonly #place: Place
  readonly #folders: Folders
  readonly #categories: CategoryNames
  /** As they were when somebody last asked. */
  #known: readonly ItemFolder[] = []

  constructor(place: Place, folders: Folders, categories: CategoryNames, options: { push: boolean }) {
    this.#place = place
    this.holder = ewsHolder(place)
    this.#folders = folders
    this.#categories = categories
    this.can = { ...CAN, ...options, lacks: {} }
  }

  async folders(): Promise<ItemFolder[]> {
    const folders = await this.#folders.ofItems()
    this.#known = folders
    return folders
  }

  async *changes(id: FolderId, since: Cursor | undefined, options: ItemChangeOptions): AsyncGenerator<ItemChangePage> {
    this.#categories.begin()
    yield* itemChanges(this.#place, await this.#find(id), since, options)
  }

  async get(id: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]> {
    return withCategories(this.#categories, await readItems(this.#place, await this.#find(id), ids))
  }

  async create(id: FolderId, item: NewItem, key: LinkKey, { notify, first }: Creating): Promise<ItemRef> {
    const folder = await this.#find(id)
    checkNewItem(this.can, folder, item, key, notify)
    const folders = (await this.folders()).filter(({ kind }) => kind === item.kind)
    const named = await newWithNames(this.#categories, item)
    return createItem(this.#place, folder, named, key, {
      notify,
      ...(first ? {} : { where: { folders, tolerant: true } }),
    })
  }

  async update(ref: ItemRef, patch: ItemPatch, { notify }: Notify): Promise<ItemRef> {
    checkItemPatch(this.can, patch, notify)
    return updateItem(this.#place, ref, await patchWithNames(this.#categories, patch), notify)
  }

  async remove(ref: ItemRef, { notify }: Notify): Promise<void> {
    await removeItem(this.#place, ref, notify)
  }

  async respond(
    ref: ItemRef,
    answer: Exclude<Answer, 'none'>,
    options: { tell: boolean; comment?: string; originalStart?: string },
  ): Promise<ItemRef> {
    return respond(this.#place, ref, { answer, ...options })
  }

  async find(by: { key: LinkKey } | { uid: string }, folders?: readonly FolderId[]): Promise<ItemRef[]> {
    const where: Where = folders
      ? { folders: await Promise.all(folders.map((id) => this.#find(id))), tolerant: false }
      : { folders: await this.folders(), tolerant: true }
    return 'key' in by ? findByKey(this.#place, by.key, where) : findByUid(this.#place, by.uid, where)
  }

  async attachment(_ref: ItemRef, id: string): Promise<Uint8Array> {
    return readAttachment(this.#place, id)
  }

  /** @throws MailboxError `notFound` */
  async #find(id: FolderId): Promise<ItemFolder> {
    const isIt = (folder: ItemFolder) => folder.id === id
    const found = this.#known.find(isIt) ?? (await this.folders()).find(isIt)
    if (!found) throw folderNotFound(id)
    return found
  }
}
