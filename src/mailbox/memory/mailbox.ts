import { calendarPartOf, parseHeaders } from '#mime'
import { checkCategories } from '../category.ts'
import { MailboxError } from '../errors.ts'
import { checkSignal, closed, folderNotFound, unsupported } from '../failures.ts'
import type {
  CalendarMail,
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
import { headerBlock, messageIdOf } from '../source.ts'
import { streamed } from '../stream.ts'
import type { SimulatedAccount } from './account.ts'
import { changes } from './changes.ts'
import type { CallName } from './faults.ts'
import { bytesOf, describe, type SimulatedFolder } from './folder.ts'
import { SimulatedItemMailbox } from './items/mailbox.ts'

interface Watcher {
  /** Ids by number. */
  folders: Map<number, FolderId>
  onHint: (folder: FolderId) => void
  onEnd: (error?: Error) => void
}

/** One connection to a simulated account. */
export class SimulatedMailbox implements Mailbox {
  readonly can: Capabilities
  readonly items?: SimulatedItemMailbox
  readonly #account: SimulatedAccount
  readonly #onClose: () => void
  readonly #watchers = new Set<Watcher>()
  #state: 'open' | 'cut' | 'closed' = 'open'

  constructor(account: SimulatedAccount, onClose: () => void) {
    this.#account = account
    this.#onClose = onClose
    this.can = account.server.can
    const { server: host, address } = account
    if (!host.canItems) return
    this.items = new SimulatedItemMailbox({
      can: host.canItems,
      address,
      items: account.items,
      host,
      begin: (name) => this.#begin(name),
      end: (name) => this.#end(name),
    })
  }

  async folders(): Promise<Folder[]> {
    await this.#begin('folders')
    const folders = this.#account.folders.map((folder) => this.#folder(folder))
    return folders.sort((a, b) => a.path.length - b.path.length)
  }

  async *changes(id: FolderId, since: Cursor | undefined, options: ChangeOptions): AsyncGenerator<ChangePage> {
    await this.#begin('changes')
    let first = true
    for await (const page of changes(this.#find(id), id, this.can, since, options)) {
      if (!first) await this.#begin('changes')
      first = false
      yield page
    }
  }

  async headers(id: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
    await this.#begin('headers')
    const folder = this.#find(id)
    return itemsOf(folder, ids).map((item) => {
      const block = headerBlock(bytesOf(item))
      this.#traffic.headers++
      this.#traffic.headerBytes += block.length
      const { received, size } = describe(item)
      return { id: String(item.uid), received, size, headers: parseHeaders(block) }
    })
  }

  async *raw(id: FolderId, ids: readonly ItemId[], options: RawOptions = {}): AsyncGenerator<RawMessage> {
    await this.#begin('raw')
    checkSignal(options.signal)
    let first = true
    for (const item of itemsOf(this.#find(id), ids)) {
      if (!first) await this.#begin('raw')
      first = false
      const source = bytesOf(item)
      this.#traffic.bodies++
      this.#traffic.bodyBytes += source.length
      yield { id: String(item.uid), size: source.length, source: streamed(source) }
      checkSignal(options.signal)
    }
  }

  async meetings(id: FolderId, ids: readonly ItemId[], { atMost }: { atMost: number }): Promise<CalendarMail[]> {
    const found = itemsOf(this.#find(id), ids).flatMap((item) => {
      const part = calendarPartOf(bytesOf(item), atMost)
      return part ? [[String(item.uid), part] as const] : []
    })
    if (found.length === 0) return []
    const parts = new Map(found)
    const headers = await this.headers(id, [...parts.keys()])
    return headers.flatMap((one) => {
      const part = parts.get(one.id)
      return part ? [{ ...one, part }] : []
    })
  }

  async find(messageId: string, folders?: readonly FolderId[]): Promise<FoundItem[]> {
    await this.#begin('find')
    const searched = folders?.map((id) => this.#find(id)) ?? this.#account.folders
    return searched.flatMap((folder) =>
      [...folder.byMessageId(messageId)].map((item) => ({ folder: this.#account.idOf(folder), id: String(item.uid) })),
    )
  }

  async mark(
    id: FolderId,
    ids: readonly ItemId[],
    change: { add?: readonly Category[]; remove?: readonly Category[] },
  ): Promise<void> {
    this.#need('categories', 'keep categories')
    checkCategories(change)
    await this.#begin('mark')
    const { path } = this.#find(id)
    for (const item of ids) this.#account.categorize(path, item, change)
    await this.#end('mark')
  }

  async move(id: FolderId, ids: readonly ItemId[], to: FolderId): Promise<Map<ItemId, ItemId>> {
    this.#need('move', 'move messages')
    await this.#begin('move')
    const [from, target] = [this.#find(id), this.#find(to)]
    const moved = new Map<ItemId, ItemId>()
    for (const item of ids) {
      const now = this.#account.move(from.path, item, target.path)
      if (now !== undefined && this.#account.server.tellsMoves) moved.set(item, now)
    }
    await this.#end('move')
    return moved
  }

  async remove(id: FolderId, ids: readonly ItemId[]): Promise<void> {
    this.#need('write', 'delete messages')
    await this.#begin('remove')
    const { path } = this.#find(id)
    for (const item of ids) this.#account.delete(path, item)
    await this.#end('remove')
  }

  async createFolder(name: string, parent?: FolderId): Promise<Folder> {
    this.#need('write', 'create folders')
    await this.#begin('createFolder')
    const above = parent === undefined ? [] : this.#find(parent).path
    const folder = this.#account.createFolder([...above, name])
    await this.#end('createFolder')
    return this.#folder(folder)
  }

  async append(
    id: FolderId,
    source: Uint8Array,
    options: { seen?: boolean; received?: Date } = {},
  ): Promise<ItemId | undefined> {
    this.#need('write', 'store messages')
    await this.#begin('append')
    const folder = this.#find(id)
    const messageId = messageIdOf(source)
    const [there] = messageId === undefined ? [] : folder.byMessageId(messageId)
    const item = there ? String(there.uid) : this.#account.deliver(folder.path, source, options)
    await this.#end('append')
    return item
  }

  async send(message: OutgoingMessage): Promise<SentReference> {
    this.#need('send', 'send')
    await this.#begin('send')
    this.#account.server.take(this.#account.address, message)
    await this.#end('send')
    return { messageId: message.messageId, response: '250 Accepted by the simulated server' }
  }

  async watch(
    folders: readonly FolderId[],
    onHint: (folder: FolderId) => void,
    onEnd: (error?: Error) => void,
  ): Promise<Watch> {
    this.#need('push', 'watch folders')
    await this.#begin('watch')
    const watcher = { folders: new Map(folders.map((id) => [this.#numberOf(id), id])), onHint, onEnd }
    this.#watchers.add(watcher)
    const close = () => {
      this.#watchers.delete(watcher)
      return Promise.resolve()
    }
    return { close }
  }

  close(): Promise<void> {
    this.#state = 'closed'
    this.#watchers.clear()
    this.#onClose()
    return Promise.resolve()
  }

  /** Ends the connection as a restarting server does; the next call fails, the one after it connects again. */
  cut(): void {
    if (this.#state === 'closed') return
    this.#state = 'cut'
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const watcher of watchers) watcher.onEnd(connectionLost())
  }

  watches(folder: { readonly number: number }): boolean {
    return [...this.#watchers].some((watcher) => watcher.folders.has(folder.number))
  }

  hint(folder: { readonly number: number }): void {
    queueMicrotask(() => {
      for (const watcher of this.#watchers) {
        const id = watcher.folders.get(folder.number)
        if (id !== undefined) watcher.onHint(id)
      }
    })
  }

  get #traffic() {
    return this.#account.server.traffic
  }

  async #begin(name: CallName): Promise<void> {
    if (this.#state === 'closed') throw closed()
    await this.#account.server.pass({ name, account: this.#account.address, moment: 'before' })
    if (this.#state !== 'cut') return
    this.#state = 'open'
    throw connectionLost()
  }

  #end(name: CallName): Promise<void> {
    return this.#account.server.pass({ name, account: this.#account.address, moment: 'after' })
  }

  #need(capability: 'write' | 'categories' | 'move' | 'send' | 'push', deed: string): void {
    if (!this.can[capability]) throw unsupported(deed, this.can.kind)
  }

  #find(id: FolderId): SimulatedFolder {
    const folder = this.#account.folders.find((folder) => this.#account.idOf(folder) === id)
    if (!folder) throw folderNotFound(id)
    return folder
  }

  #numberOf(id: FolderId): number {
    const items = this.items ? this.#account.items.folders : []
    return items.find((folder) => folder.id === id)?.number ?? this.#find(id).number
  }

  #folder(folder: SimulatedFolder): Folder {
    const { path, use, number, epoch } = folder
    return { id: this.#account.idOf(folder), path: [...path], ...(use && { use }), fingerprint: `${number}.${epoch}` }
  }
}

function itemsOf(folder: SimulatedFolder, ids: readonly ItemId[]) {
  return ids.map((id) => folder.items.get(Number(id))).filter((item) => item !== undefined)
}

function connectionLost(): MailboxError {
  return new MailboxError('transient', 'ConnectFailure', 'The connection to the simulated server was cut. Try again.')
}
