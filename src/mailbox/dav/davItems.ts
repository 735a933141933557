import { unsupported } from '../failures.ts'
import { MARKS_UNTOLD } from '../ical/index.ts'
import type { Cursor, FolderId, ItemId } from '../ids.ts'
import {
  type Answer,
  type Creating,
  checkItemPatch,
  checkNewItem,
  type HolderMark,
  type Item,
  type ItemAbility,
  type ItemCapabilities,
  type ItemChangeOptions,
  type ItemChangePage,
  type ItemFolder,
  type ItemKind,
  type ItemMailbox,
  type ItemPatch,
  type ItemRef,
  type LinkKey,
  type MeetingTexts,
  type NewItem,
  type Notify,
  type UnreadableItem,
} from '../items/index.ts'
import type { DavAccount } from './account.ts'
import { attachmentContent } from './attachment.ts'
import { BulkCreates } from './bulk.ts'
import { itemChanges } from './changes.ts'
import { createItem } from './create.ts'
import { stateAt } from './cursor.ts'
import { findItems } from './find.ts'
import { davHolder } from './holder.ts'
import { readItems } from './readItems.ts'
import { respondTo } from './respond.ts'
import { davTexts } from './texts.ts'
import { removeItem, updateItem } from './update.ts'

/** Appointments, contacts and tasks of a CalDAV and CardDAV server (B-1). */
export class DavItems implements ItemMailbox {
  readonly can: ItemCapabilities
  readonly holder: HolderMark
  readonly texts?: MeetingTexts
  readonly #account: DavAccount
  readonly #bulk = new BulkCreates()

  /** @throws MailboxError */
  static async over(account: DavAccount): Promise<DavItems> {
    const folders = account.listed
    const places = await account.places()
    const compared = places.some(({ collection }) => !collection.sync)
    return new DavItems(account, folders, compared)
  }

  private constructor(account: DavAccount, folders: readonly ItemFolder[], compared: boolean) {
    this.#account = account
    this.holder = davHolder(account)
    if (!account.schedules) this.texts = davTexts(account)
    const ability = (kind: ItemKind): ItemAbility => {
      const some = folders.filter((folder) => folder.kind === kind)
      return some.some(({ writable }) => writable) ? 'write' : some.length > 0 ? 'read' : 'none'
    }
    this.can = {
      event: ability('event'),
      contact: ability('contact'),
      task: ability('task'),
      notify: account.schedules ? ['none', 'all'] : ['none'],
      choosesUid: true,
      keepsUid: true,
      respond: account.schedules,
      attachments: true,
      push: false,
      removals: compared ? 'compared' : 'exact',
      lacks: { event: MARKS_UNTOLD },
    }
  }

  /** The owner, as meetings name her. */
  get address(): string {
    return this.#account.address
  }

  folders(): Promise<ItemFolder[]> {
    return this.#account.folders()
  }

  async *changes(
    folder: FolderId,
    since: Cursor | undefined,
    options: ItemChangeOptions,
  ): AsyncGenerator<ItemChangePage> {
    yield* itemChanges(await this.#account.place(folder), since, options)
  }

  isAt({ id, state }: ItemFolder, since: Cursor): boolean {
    return state !== undefined && stateAt(id, since) === state
  }

  async get(folder: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]> {
    const found = await readItems(await this.#account.place(folder), ids)
    return ids.flatMap((id) => found.get(id) ?? [])
  }

  async create(folder: FolderId, item: NewItem, key: LinkKey, { notify, first }: Creating): Promise<ItemRef> {
    const place = await this.#account.place(folder)
    checkNewItem(this.can, place.about, item, key, notify)
    const creation = { key, tell: this.#tells(notify) }
    if (first) return this.#bulk.create(place, item, creation)
    return createItem(place, item, { ...creation, lookIn: await this.#account.places(item.kind) })
  }

  async update(ref: ItemRef, patch: ItemPatch, { notify }: Notify): Promise<ItemRef> {
    checkItemPatch(this.can, patch, notify)
    return updateItem(await this.#account.place(ref.folder), ref, patch, this.#tells(notify))
  }

  async remove(ref: ItemRef, { notify }: Notify): Promise<void> {
    const place = await this.#account.place(ref.folder)
    if (this.can[place.kind] !== 'write') throw unsupported('delete items', 'dav')
    if (place.kind === 'event' && !this.can.notify.includes(notify)) throw unsupported(`tell ${notify}`, 'dav')
    await removeItem(place, ref, this.#tells(notify))
  }

  async respond(
    ref: ItemRef,
    answer: Exclude<Answer, 'none'>,
    options: { tell: boolean; comment?: string; originalStart?: string },
  ): Promise<ItemRef> {
    if (!this.can.respond) throw unsupported('answer invitations', 'dav')
    return respondTo(await this.#account.place(ref.folder), ref, { answer, ...options })
  }

  async find(by: { key: LinkKey } | { uid: string }, folders?: readonly FolderId[]): Promise<ItemRef[]> {
    const places = folders
      ? await Promise.all(folders.map((folder) => this.#account.place(folder)))
      : await this.#account.places()
    return (await Promise.all(places.map((place) => findItems(place, by)))).flat()
  }

  async attachment(ref: ItemRef, id: string): Promise<Uint8Array> {
    return attachmentContent(await this.#account.place(ref.folder), ref, id)
  }

  /** Undefined: the server tells nobody anyway. */
  #tells(notify: Notify['notify']): boolean | undefined {
    return this.#account.schedules ? notify !== 'none' : undefined
  }
}
