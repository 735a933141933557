import { folderNotFound, itemNotFound, unsupported } from '../../failures.ts'
import type { Cursor, FolderId, ItemId } from '../../ids.ts'
import {
  type Answer,
  type Creating,
  checkItemPatch,
  checkNewItem,
  checkNotify,
  type HolderMark,
  type Item,
  type ItemCapabilities,
  type ItemChangeOptions,
  type ItemChangePage,
  type ItemFolder,
  type ItemMailbox,
  type ItemPatch,
  type ItemRef,
  type NewItem,
  type Notify,
  type UnreadableItem,
} from '../../items/index.ts'
import type { CallName } from '../faults.ts'
import { contentOf, contentOfItem, type SimulatedItems } from './account.ts'
import { isMoved, unanswered, withOwnAnswer, withoutAnswers } from './answers.ts'
import { itemChanges } from './changes.ts'
import type { SimulatedItemFolder, StoredItem } from './folder.ts'
import { type MeetingHost, tellAttendees, tellOrganizer } from './meetings.ts'

export interface ItemConnection {
  readonly can: ItemCapabilities
  readonly address: string
  readonly items: SimulatedItems
  readonly host: MeetingHost
  begin(name: CallName): Promise<void>
  end(name: CallName): Promise<void>
}

/** The items of a simulated account, seen through one connection. */
export class SimulatedItemMailbox implements ItemMailbox {
  readonly can: ItemCapabilities
  readonly holder: HolderMark
  readonly #connection: ItemConnection

  constructor(connection: ItemConnection) {
    this.can = connection.can
    this.#connection = connection
    const { items } = connection
    this.holder = {
      read: () => Promise.resolve(items.holder),
      write(holder) {
        items.holder = holder
        return Promise.resolve()
      },
    }
  }

  async folders(): Promise<ItemFolder[]> {
    await this.#connection.begin('items.folders')
    const readable = this.#items.folders.filter(({ kind }) => this.can[kind] !== 'none')
    return readable.map((folder) => this.#describe(folder)).sort((a, b) => Number(b.main) - Number(a.main))
  }

  async *changes(id: FolderId, since: Cursor | undefined, options: ItemChangeOptions): AsyncGenerator<ItemChangePage> {
    await this.#connection.begin('items.changes')
    let first = true
    for await (const page of itemChanges(this.#find(id), this.can, since, options)) {
      if (!first) await this.#connection.begin('items.changes')
      first = false
      yield page
    }
  }

  async get(id: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]> {
    await this.#connection.begin('items.get')
    const folder = this.#find(id)
    const stored = ids.map((one) => folder.items.get(one)).filter((one) => one !== undefined)
    return stored.map((one) => this.#without(folder.describe(one)))
  }

  async create(id: FolderId, item: NewItem, key: string, { notify, first }: Creating): Promise<ItemRef> {
    await this.#connection.begin('items.create')
    const folder = this.#find(id)
    checkNewItem(this.can, this.#describe(folder), item, key, notify)
    const [there] = first ? [] : this.#having((stored) => stored.content.marks.key === key)
    if (there) return there
    const { address, host } = this.#connection
    const content = contentOf(item, address, host.clock.now())
    const unknown = item.rest === undefined ? {} : (JSON.parse(item.rest) as Record<string, string>)
    const stored = this.#items.add(folder, { ...content, marks: { ...item.marks, key } }, { unknown })
    const made = folder.describe(stored)
    if (made.kind === 'event') tellAttendees(host, address, undefined, made, notify)
    await this.#connection.end('items.create')
    return folder.refOf(stored)
  }

  async update(ref: ItemRef, patch: ItemPatch, { notify }: Notify): Promise<ItemRef> {
    await this.#connection.begin('items.update')
    checkItemPatch(this.can, patch, notify)
    const folder = this.#find(ref.folder)
    if (folder.readOnly) throw unsupported('change items of a folder that takes none', 'memory')
    const stored = folder.seen(ref)
    const before = folder.describe(stored)
    if (before.kind === 'event' && before.fields.attendees?.length) checkNotify(this.can, notify)
    this.#items.write(folder, stored, before.kind === 'event' ? withoutAnswers(patch, before) : patch)
    const now = folder.describe(stored)
    if (notify !== 'none' && before.kind === 'event' && now.kind === 'event' && isMoved(before, now))
      this.#items.put(folder, stored, contentOfItem(unanswered(now)))
    this.#tell(before, folder.describe(stored), notify)
    await this.#connection.end('items.update')
    return folder.refOf(stored)
  }

  async remove(ref: ItemRef, { notify }: Notify): Promise<void> {
    await this.#connection.begin('items.remove')
    const folder = this.#find(ref.folder)
    if (this.can[folder.kind] !== 'write' || folder.readOnly) throw unsupported('delete items', 'memory')
    if (!folder.items.has(ref.id)) return
    const before = folder.describe(folder.seen(ref))
    if (before.kind === 'event' && before.fields.attendees?.length) checkNotify(this.can, notify)
    this.#items.delete(folder.path, ref.id)
    this.#tell(before, undefined, notify)
    await this.#connection.end('items.remove')
  }

  async respond(
    ref: ItemRef,
    answer: Exclude<Answer, 'none'>,
    options: { tell: boolean; comment?: string; originalStart?: string },
  ): Promise<ItemRef> {
    if (!this.can.respond) throw unsupported('answer invitations', 'memory')
    await this.#connection.begin('items.respond')
    const folder = this.#find(ref.folder)
    const stored = folder.seen(ref)
    const event = folder.describe(stored)
    if (event.kind !== 'event' || event.role !== 'attendee') throw unsupported('answer what is no invitation', 'memory')
    const { tell, ...said } = options
    this.#items.put(folder, stored, contentOfItem(withOwnAnswer(event, answer, said.originalStart)))
    if (tell) tellOrganizer(this.#connection.host, this.#connection.address, event, { ...said, answer })
    await this.#connection.end('items.respond')
    return folder.refOf(stored)
  }

  async find(by: { key: string } | { uid: string }, folders?: readonly FolderId[]): Promise<ItemRef[]> {
    await this.#connection.begin('items.find')
    return this.#having(
      ({ content }) => ('key' in by ? content.marks.key === by.key : content.uid === by.uid),
      folders?.map((id) => this.#find(id)),
    )
  }

  async attachment(ref: ItemRef, id: string): Promise<Uint8Array> {
    if (!this.can.attachments) throw unsupported('keep attachments of items', 'memory')
    await this.#connection.begin('items.attachment')
    const found = this.#find(ref.folder)
      .items.get(ref.id)
      ?.attachments.find(({ info }) => info.id === id)
    if (!found) throw itemNotFound(id)
    return found.content
  }

  get #items(): SimulatedItems {
    return this.#connection.items
  }

  #tell(before: Item, now: Item | undefined, notify: Notify['notify']): void {
    if (before.kind !== 'event' || (now && now.kind !== 'event')) return
    const meeting = now?.role === 'organizer' && before.role === 'none' ? { ...before, role: now.role } : before
    tellAttendees(this.#connection.host, this.#connection.address, meeting, now, notify)
  }

  /** What the simulated system lacks is not told. */
  #without(item: Item): Item {
    const lacking = this.can.lacks[item.kind] ?? []
    const fields = Object.fromEntries(Object.entries(item.fields).filter(([name]) => !lacking.includes(name)))
    return { ...item, fields } as Item
  }

  #having(fits: (item: StoredItem) => boolean, folders = this.#items.folders): ItemRef[] {
    return folders.flatMap((folder) => [...folder.items.values()].filter(fits).map((item) => folder.refOf(item)))
  }

  #find(id: FolderId): SimulatedItemFolder {
    const folder = this.#items.folders.find((folder) => folder.id === id && this.can[folder.kind] !== 'none')
    if (!folder) throw folderNotFound(id)
    return folder
  }

  #describe({ id, kind, path, main, number, epoch, readOnly }: SimulatedItemFolder): ItemFolder {
    const writable = this.can[kind] === 'write' && !readOnly
    return { id, kind, path: [...path], main, writable, fingerprint: `${number}.${epoch}` }
  }
}
