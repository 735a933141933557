import { checkCategories } from '../category.ts'
import { MailboxError } from '../errors.ts'
import { folderNotFound, unsupported } from '../failures.ts'
import type { ItemMailbox } from '../items/port.ts'
import type {
  Callbacks,
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
import type { GraphSettings } from '../settings.ts'
import { append } from './append.ts'
import { graphCallbacks } from './callbacks.ts'
import { Categories } from './categories.ts'
import { changes } from './changes.ts'
import { GraphClient } from './client.ts'
import { mark, move, remove } from './deeds.ts'
import { fetchHeaders } from './details.ts'
import { find } from './find.ts'
import { listFolders, makeFolder } from './folders.ts'
import { GraphItems } from './items/itemMailbox.ts'
import { Memory } from './memory.ts'
import { query, segment } from './query.ts'
import { raw } from './raw.ts'
import { send } from './send.ts'
import type { TokenDependencies } from './tokens.ts'

const CAN: Capabilities = {
  kind: 'graph',
  write: true,
  stableFolderIds: true,
  categories: true,
  move: true,
  send: true,
  filesSent: true,
  // Graph calls us: notifications are subscribed to elsewhere and need no connection.
  push: false,
  removals: 'exact',
  flagChanges: 'exact',
}

/**
 * Opens a mailbox of Exchange Online over Microsoft Graph v1.0. Signs in at once, so that wrong settings are known here;
 * whether the mailbox exists is known at the first question.
 * @throws MailboxError
 */
export async function openGraph(settings: GraphSettings, dependencies: TokenDependencies): Promise<Mailbox> {
  const client = new GraphClient(settings, dependencies)
  try {
    await client.signIn()
    return new GraphMailbox(client)
  } catch (error) {
    client.close()
    throw error
  }
}

class GraphMailbox implements Mailbox {
  readonly can = CAN
  readonly callbacks: Callbacks
  readonly client: GraphClient
  readonly memory = new Memory()
  readonly categories: Categories
  readonly items: ItemMailbox
  /** Folders that are known to have been there. */
  readonly #folders = new Set<FolderId>()

  constructor(client: GraphClient) {
    this.client = client
    this.callbacks = graphCallbacks(client)
    this.categories = new Categories(client)
    this.items = new GraphItems(client, this.categories)
  }

  async folders(): Promise<Folder[]> {
    const folders = await listFolders(this.client)
    this.#folders.clear()
    for (const { id } of folders) this.#folders.add(id)
    return folders
  }

  changes(folder: FolderId, since: Cursor | undefined, options: ChangeOptions): AsyncIterable<ChangePage> {
    return changes(this, folder, since, options)
  }

  async headers(folder: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
    await this.#need(folder)
    return fetchHeaders(this, folder, ids)
  }

  async *raw(folder: FolderId, ids: readonly ItemId[], options: RawOptions = {}): AsyncIterable<RawMessage> {
    await this.#need(folder)
    yield* raw(this, folder, ids, options)
  }

  find(messageId: string, folders?: readonly FolderId[]): Promise<FoundItem[]> {
    return find(this.client, messageId, folders)
  }

  async mark(
    folder: FolderId,
    ids: readonly ItemId[],
    change: { add?: readonly Category[]; remove?: readonly Category[] },
  ): Promise<void> {
    checkCategories(change)
    await this.#need(folder)
    await mark(this, folder, ids, change)
  }

  async move(folder: FolderId, ids: readonly ItemId[], to: FolderId): Promise<Map<ItemId, ItemId>> {
    await this.#need(folder)
    await this.#need(to)
    if (to === folder) return new Map(ids.map((id) => [id, id]))
    return move(this, folder, ids, to)
  }

  async remove(folder: FolderId, ids: readonly ItemId[]): Promise<void> {
    await this.#need(folder)
    await remove(this, folder, ids)
  }

  async createFolder(name: string, parent?: FolderId): Promise<Folder> {
    const id = await makeFolder(this.client, name, parent)
    const folder = (await this.folders()).find((other) => other.id === id)
    if (!folder) throw folderNotFound(name)
    return folder
  }

  append(
    folder: FolderId,
    source: Uint8Array,
    options: { seen?: boolean; received?: Date } = {},
  ): Promise<ItemId | undefined> {
    return append(this.client, folder, source, options)
  }

  send(message: OutgoingMessage): Promise<SentReference> {
    return send(this.client, message)
  }

  watch(): Promise<Watch> {
    return Promise.reject(unsupported('be watched over a connection: Exchange Online calls back', this.can.kind))
  }

  close(): Promise<void> {
    this.client.close()
    return Promise.resolve()
  }

  /** Messages are asked for by their ids alone, so that a folder which is not there would go unnoticed. */
  async #need(folder: FolderId): Promise<void> {
    if (this.#folders.has(folder)) return
    try {
      const path = `/mailFolders/${segment(folder)}${query({ $select: 'id' })}`
      await this.client.json({ path, deed: 'Looking for a folder' })
      this.#folders.add(folder)
    } catch (error) {
      if (error instanceof MailboxError && error.kind === 'notFound') throw folderNotFound(folder, error)
      throw error
    }
  }
}
