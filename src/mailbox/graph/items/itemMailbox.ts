import { MailboxError } from '../../errors.ts'
import { folderNotFound, itemChanged, itemRefused, unsupported } from '../../failures.ts'
import type { Cursor, FolderId, ItemId } from '../../ids.ts'
import { checkItemPatch, checkNewItem } from '../../items/check.ts'
import type { ItemKind, ItemRef } from '../../items/common.ts'
import type { Answer } from '../../items/event.ts'
import type { HolderMark } from '../../items/holder.ts'
import type { ItemPatch, NewItem } from '../../items/patch.ts'
import type {
  Creating,
  Item,
  ItemCapabilities,
  ItemChangeOptions,
  ItemChangePage,
  ItemFolder,
  ItemMailbox,
  Notify,
  UnreadableItem,
} from '../../items/port.ts'
import type { Categories } from '../categories.ts'
import type { GraphClient } from '../client.ts'
import { GraphError } from '../failures.ts'
import { literal, query } from '../query.ts'
import { askingTogether } from './ask.ts'
import { itemChanges } from './changes.ts'
import { Contacts } from './contacts.ts'
import { attachmentContent } from './eventAttachments.ts'
import { Events } from './events.ts'
import { listItemFolders } from './folders.ts'
import { graphHolder } from './holder.ts'
import { type Kit, Seen, type Side } from './kit.ts'
import { type Raw, refOf } from './raw.ts'
import { respond } from './respond.ts'
import { TASK_LACKS } from './taskFields.ts'
import { Tasks } from './tasks.ts'

/** Exchange tells attendees by itself whatever Graph changes of a meeting: nobody can be left out (AP-36). */
const CAN: ItemCapabilities = {
  event: 'write',
  contact: 'write',
  task: 'write',
  notify: ['all'],
  choosesUid: false,
  keepsUid: false,
  respond: true,
  attachments: true,
  push: false,
  removals: 'exact',
  lacks: { task: TASK_LACKS },
}
const MOST_FOUND = 100

/** Calendars, contacts and tasks of a mailbox of Exchange Online. */
export class GraphItems implements ItemMailbox {
  readonly can = CAN
  readonly holder: HolderMark
  readonly #kit: Kit
  readonly #sides: Readonly<Record<ItemKind, Side>>
  readonly #folders = new Map<FolderId, ItemFolder>()

  constructor(client: GraphClient, categories: Categories) {
    this.holder = graphHolder(client)
    this.#kit = {
      client,
      ask: askingTogether(client),
      can: CAN,
      seen: new Seen(),
      categories: (carried) => categories.names(carried),
      offer: (wanted) => categories.offer(wanted),
    }
    this.#sides = { event: new Events(this.#kit), contact: new Contacts(this.#kit), task: new Tasks(this.#kit) }
  }

  async folders(): Promise<ItemFolder[]> {
    const folders = await listItemFolders(this.#kit.client)
    this.#folders.clear()
    for (const folder of folders) this.#folders.set(folder.id, folder)
    return folders
  }

  async *changes(id: FolderId, since: Cursor | undefined, options: ItemChangeOptions): AsyncGenerator<ItemChangePage> {
    const { kind } = await this.#need(id)
    yield* itemChanges(this.#kit, this.#sides[kind], id, since, options)
  }

  async get(id: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]> {
    const { kind } = await this.#need(id)
    return this.#sides[kind].read(id, ids)
  }

  async create(id: FolderId, item: NewItem, key: string, { notify, first }: Creating): Promise<ItemRef> {
    const folder = await this.#need(id)
    checkNewItem(this.can, folder, item, key, notify)
    try {
      return await this.#make(id, item, key, first)
    } catch (error) {
      throw refusedOf(error)
    }
  }

  async #make(id: FolderId, item: NewItem, key: string, first = false): Promise<ItemRef> {
    const side = this.#sides[item.kind]
    const places = await this.#foldersOf(item.kind)
    const unfinished = first ? undefined : await side.finish(id, item, key, places)
    if (unfinished) return unfinished
    const [there] = first ? [] : await this.#having(side, key, places)
    if (there) return there
    try {
      return await side.create(id, item, key)
    } catch (error) {
      if (!(error instanceof MailboxError) || error.kind !== 'conflict') throw error
      // Somebody was quicker; or it was made once and has been deleted.
      const [made] = await this.#having(side, key, places)
      return made ?? side.create(id, item, key, true)
    }
  }

  async update(ref: ItemRef, patch: ItemPatch, { notify }: Notify): Promise<ItemRef> {
    checkItemPatch(this.can, patch, notify)
    await this.#need(ref.folder)
    try {
      return await this.#sides[patch.kind].update(ref, patch, notify)
    } catch (error) {
      throw refusedOf(conflictOf(ref, error))
    }
  }

  async remove(ref: ItemRef, { notify }: Notify): Promise<void> {
    const { kind } = await this.#need(ref.folder)
    try {
      await this.#sides[kind].remove(ref, notify)
    } catch (error) {
      const failure = conflictOf(ref, error)
      if (!(failure instanceof MailboxError) || !['conflict', 'notFound'].includes(failure.kind))
        throw refusedOf(failure)
      // What was deleted or moved goes on elsewhere, in another version.
      const [there] = await this.#sides[kind].read(ref.folder, [ref.id])
      if (there) throw failure
    }
  }

  async respond(
    ref: ItemRef,
    answer: Exclude<Answer, 'none'>,
    options: { tell: boolean; comment?: string; originalStart?: string },
  ): Promise<ItemRef> {
    await this.#need(ref.folder)
    return respond(this.#kit, this.#sides.event, ref, answer, options)
  }

  async find(by: { key: string } | { uid: string }, folders?: readonly FolderId[]): Promise<ItemRef[]> {
    const all = folders ?? (await this.#all()).map(({ id }) => id)
    const places = await Promise.all(all.map((id) => this.#need(id)))
    const found: ItemRef[] = []
    for (const side of Object.values(this.#sides)) {
      const within = places.filter(({ kind }) => kind === side.kind).map(({ id }) => id)
      if (within.length === 0) continue
      if ('key' in by) found.push(...(await this.#having(side, by.key, within)))
      // Contacts and tasks have no identity beyond their mailbox here.
      else if (side.kind === 'event')
        found.push(...(await this.#filtered(side, `iCalUId eq ${literal(by.uid)}`, within)))
    }
    return found
  }

  async attachment(ref: ItemRef, id: string): Promise<Uint8Array> {
    const { kind } = await this.#need(ref.folder)
    if (kind !== 'event') throw unsupported(`keep attachments of ${kind}s`, 'graph')
    return attachmentContent(this.#kit.client, ref.id, id)
  }

  #having(side: Side, key: string, folders: readonly FolderId[]): Promise<ItemRef[]> {
    return this.#filtered(side, side.keyFilter(key), folders)
  }

  /** In all folders at once. */
  async #filtered(side: Side, $filter: string, folders: readonly FolderId[]): Promise<ItemRef[]> {
    const wanted = query({ $filter, $select: 'id', $top: MOST_FOUND })
    const found = folders.map(async (folder) => {
      const path = side.itemsPath(folder) + wanted
      try {
        const { value } = await this.#kit.ask<{ value?: Raw[] }>({ path, deed: 'Looking for an item' })
        return (value.value ?? []).map((raw) => refOf(folder, raw))
      } catch (error) {
        if (error instanceof MailboxError && error.kind === 'notFound') return []
        throw error
      }
    })
    return (await Promise.all(found)).flat()
  }

  async #foldersOf(kind: ItemKind): Promise<FolderId[]> {
    return (await this.#all()).filter((folder) => folder.kind === kind).map(({ id }) => id)
  }

  async #all(): Promise<ItemFolder[]> {
    return this.#folders.size > 0 ? [...this.#folders.values()] : this.folders()
  }

  async #need(id: FolderId): Promise<ItemFolder> {
    const known = this.#folders.get(id) ?? (await this.folders()).find((folder) => folder.id === id)
    if (known) return known
    throw folderNotFound(id)
  }
}

/** Statuses that say nothing of the item: who asks, how often, and how the service is. */
const NOT_OF_ITEM = new Set([401, 407, 408, 429])

/** What Exchange Online does not take of one item is no failure of the mailbox (SC-56). */
function refusedOf(error: unknown): unknown {
  if (!(error instanceof GraphError)) return error
  const { kind, code, status, said } = error
  if (kind === 'transient' && status < 500 && !NOT_OF_ITEM.has(status))
    return itemRefused(`${said} Correct the item, or make it smaller.`, error)
  const isOne = kind === 'denied' ? status === 403 : kind === 'transient' && status === 500
  if (!isOne) return error
  const words = kind === 'denied' ? error.message : `${error.message} If it lasts, correct the item.`
  return new MailboxError(kind, code, words, { scope: 'item', cause: error })
}

/** A version that the server refuses is an item that was changed. */
function conflictOf(ref: ItemRef, error: unknown): unknown {
  const isConflict = error instanceof MailboxError && error.kind === 'conflict' && error.code !== 'ItemChanged'
  return isConflict ? itemChanged(ref.id, error) : error
}
