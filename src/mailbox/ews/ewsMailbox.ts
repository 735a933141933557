import { checkCategories } from '../category.ts'
import { MailboxError } from '../errors.ts'
import { unsupported } from '../failures.ts'
import type {
  Capabilities,
  Category,
  ChangeOptions,
  ChangePage,
  Cursor,
  Folder,
  FolderId,
  FoundItem,
  ItemHeaders,
  ItemId,
  Mailbox,
  OutgoingMessage,
  RawMessage,
  RawOptions,
  SentReference,
  Watch,
} from '../port.ts'
import { append } from './append.ts'
import { CategoryNames } from './categoryNames.ts'
import { changes } from './changes.ts'
import { createFolder, move, remove } from './deeds.ts'
import { findByMessageId } from './find.ts'
import { Folders } from './folders.ts'
import { readHeaders } from './headers.ts'
import { EwsItemMailbox } from './items/ewsItemMailbox.ts'
import { mark } from './mark.ts'
import { checkFolder, type Place } from './place.ts'
import { raw } from './raw.ts'
import { send } from './send.ts'
import { Listener, MOST_NAMED } from './watch.ts'

const CAN: Omit<Capabilities, 'push'> = {
  kind: 'ews',
  write: true,
  stableFolderIds: true,
  categories: true,
  move: true,
  send: true,
  filesSent: true,
  removals: 'exact',
  flagChanges: 'exact',
}

export interface EwsMailboxOptions {
  place: Place
  address: string
  /** Exchange gives notifications to the owner and to who impersonates, not to delegates. */
  push: boolean
}

/** A mailbox of Exchange over Exchange Web Services. */
export class EwsMailbox implements Mailbox {
  readonly can: Capabilities
  readonly items: EwsItemMailbox
  readonly #place: Place
  readonly #address: string
  readonly #folders: Folders
  readonly #categories: CategoryNames
  readonly #listeners = new Set<Listener>()

  constructor({ place, address, push }: EwsMailboxOptions) {
    this.#place = place
    this.#address = address
    this.#folders = new Folders(place)
    this.#categories = new CategoryNames(place)
    this.can = { ...CAN, push }
    this.items = new EwsItemMailbox(place, this.#folders, this.#categories, { push })
  }

  /** Proves that the mailbox can be opened. @throws MailboxError */
  async signIn(): Promise<void> {
    const uses = await this.#folders.uses()
    if ([...uses.values()].includes('inbox')) return
    const words = `Exchange shows no Inbox of ${this.#address}. Check that the mailbox exists and that the account may open it.`
    throw new MailboxError('permanent', 'MailboxNotFound', words)
  }

  async folders(): Promise<Folder[]> {
    return this.#folders.list()
  }

  async *changes(folder: FolderId, since: Cursor | undefined, options: ChangeOptions): AsyncGenerator<ChangePage> {
    this.#categories.begin()
    for await (const page of changes(this.#place, folder, since, options))
      yield { ...page, upserts: await this.#categories.translated(page.upserts) }
  }

  async headers(folder: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
    return readHeaders(this.#place, folder, ids)
  }

  raw(folder: FolderId, ids: readonly ItemId[], options?: RawOptions): AsyncIterable<RawMessage> {
    return raw(this.#place, folder, ids, options)
  }

  async find(messageId: string, folders?: readonly FolderId[]): Promise<FoundItem[]> {
    const searched = folders ?? (await this.folders()).map((folder) => folder.id)
    return findByMessageId(this.#place, messageId, searched, folders === undefined)
  }

  async mark(
    folder: FolderId,
    ids: readonly ItemId[],
    change: { add?: readonly Category[]; remove?: readonly Category[] },
  ): Promise<void> {
    checkCategories(change)
    if (ids.length === 0) return
    await this.#categories.offer(change.add ?? [])
    await mark(this.#place, folder, ids, change, await this.#categories.own())
  }

  async move(folder: FolderId, ids: readonly ItemId[], to: FolderId): Promise<Map<ItemId, ItemId>> {
    return move(this.#place, folder, ids, to)
  }

  async remove(folder: FolderId, ids: readonly ItemId[]): Promise<void> {
    await remove(this.#place, folder, ids)
  }

  async createFolder(name: string, parent?: FolderId): Promise<Folder> {
    return createFolder(this.#place, this.#folders, name, parent)
  }

  async append(
    folder: FolderId,
    source: Uint8Array,
    options: { seen?: boolean; received?: Date } = {},
  ): Promise<ItemId | undefined> {
    return append(this.#place, folder, source, options)
  }

  async send(message: OutgoingMessage): Promise<SentReference> {
    return send(this.#place, this.#address, message)
  }

  async watch(
    folders: readonly FolderId[],
    onHint: (folder: FolderId) => void,
    onEnd: (error?: Error) => void,
  ): Promise<Watch> {
    if (!this.can.push) throw unsupported('tell a delegate about changes as they happen', 'ews')
    if (folders.length === 0) return { close: () => Promise.resolve() }
    if (folders.length <= MOST_NAMED) for (const folder of folders) await checkFolder(this.#place, folder)
    const listener = await Listener.start(this.#place, folders, {
      onHint,
      onEnd: (error) => {
        this.#listeners.delete(listener)
        onEnd(error)
      },
    })
    this.#listeners.add(listener)
    return {
      close: async () => {
        this.#listeners.delete(listener)
        await listener.close()
      },
    }
  }

  async close(): Promise<void> {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    await Promise.all(listeners.map((listener) => listener.close()))
    await this.#place.client.close()
  }
}
