import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { parseHeaders } from '#mime'
import type { Clock } from '#time'
import { checkSignal, closed, folderNotFound, unsupported } from '../failures.ts'
import { fileFailure, readAt, streamOf } from '../files.ts'
import type {
  Capabilities,
  ChangeOptions,
  ChangePage,
  Cursor,
  Folder,
  FolderId,
  FoundItem,
  ItemHeaders,
  ItemId,
  Mailbox,
  RawMessage,
  RawOptions,
} from '../port.ts'
import { messageIdOf } from '../source.ts'
import { STREAM_FROM } from '../stream.ts'
import { changes } from './changes.ts'
import { fingerprintOf, mboxFiles } from './files.ts'
import { describe, findItem, readItem } from './item.ts'
import { spans } from './scanner.ts'
import { type Quoting, unquote, unquoted } from './unquote.ts'

const MBOX: Capabilities = {
  kind: 'mbox',
  write: false,
  stableFolderIds: false,
  categories: false,
  move: false,
  send: false,
  push: false,
  removals: 'compared',
  filesSent: false,
  flagChanges: 'compared',
}

/** Mbox files, for reading only: archives, exports, and old mail spools. */
export class MboxMailbox implements Mailbox {
  readonly can = MBOX
  readonly #root: string
  readonly #quoting: Quoting
  readonly #clock: Clock
  #closed = false

  constructor(root: string, quoting: Quoting, clock: Clock) {
    this.#root = root
    this.#quoting = quoting
    this.#clock = clock
  }

  async folders(): Promise<Folder[]> {
    return (await this.#files()).map(({ folder }) => folder)
  }

  async *changes(id: FolderId, since: Cursor | undefined, options: ChangeOptions): AsyncGenerator<ChangePage> {
    const path = await this.#find(id)
    const file = await this.#open(path)
    try {
      const fingerprint = (await fingerprintOf(path)) ?? ''
      yield* changes({ file, fingerprint, quoting: this.#quoting, clock: this.#clock }, id, since, options)
    } catch (error) {
      throw this.#failure(error, 'Listing a folder')
    } finally {
      await file.close()
    }
  }

  headers(id: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
    return this.#reading(id, async (file) => {
      const result: ItemHeaders[] = []
      for (const item of ids) {
        const found = await findItem(file, item, this.#quoting)
        if (!found) continue
        const { received, size } = describe(found)
        result.push({ id: item, received, size, headers: parseHeaders(found.headers) })
      }
      return result
    })
  }

  async *raw(id: FolderId, ids: readonly ItemId[], options: RawOptions = {}): AsyncGenerator<RawMessage> {
    checkSignal(options.signal)
    const path = await this.#find(id)
    for (const item of ids) {
      const message = await this.#source(path, item)
      if (!message) continue
      yield message
      if (!(message.source instanceof Uint8Array)) message.source.destroy()
      checkSignal(options.signal)
    }
  }

  async find(messageId: string, folders?: readonly FolderId[]): Promise<FoundItem[]> {
    const searched = folders ?? (await this.#files()).map(({ folder }) => folder.id)
    const found: FoundItem[] = []
    for (const folder of searched) {
      await this.#reading(folder, async (file) => {
        for await (const span of spans(file, 0, (await file.stat()).size)) {
          const { id, headers } = await readItem(file, span, this.#quoting)
          if (messageIdOf(headers) === messageId) found.push({ folder, id })
        }
      })
    }
    return found
  }

  mark(): Promise<never> {
    return Promise.reject(unsupported('keep categories', this.can.kind))
  }

  move(): Promise<never> {
    return Promise.reject(unsupported('move messages', this.can.kind))
  }

  remove(): Promise<never> {
    return Promise.reject(unsupported('delete messages', this.can.kind))
  }

  createFolder(): Promise<never> {
    return Promise.reject(unsupported('create folders', this.can.kind))
  }

  append(): Promise<never> {
    return Promise.reject(unsupported('store messages', this.can.kind))
  }

  send(): Promise<never> {
    return Promise.reject(unsupported('send', this.can.kind))
  }

  watch(): Promise<never> {
    return Promise.reject(unsupported('watch folders', this.can.kind))
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  async #files() {
    if (this.#closed) throw closed()
    try {
      return await mboxFiles(this.#root)
    } catch (error) {
      throw this.#failure(error, 'Reading the folders')
    }
  }

  /** Only files that the listing shows are read, whatever an id says. */
  async #find(id: FolderId): Promise<string> {
    const found = (await this.#files()).find(({ folder }) => folder.id === id)
    if (!found) throw folderNotFound(id)
    return found.file
  }

  async #open(path: string): Promise<FileHandle> {
    try {
      return await open(path, 'r')
    } catch (error) {
      throw this.#failure(error, 'Opening a folder')
    }
  }

  async #reading<T>(id: FolderId, work: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await this.#open(await this.#find(id))
    try {
      return await work(file)
    } catch (error) {
      throw this.#failure(error, 'Reading messages')
    } finally {
      await file.close()
    }
  }

  async #source(path: string, id: ItemId): Promise<RawMessage | undefined> {
    const file = await this.#open(path)
    let streams = false
    try {
      const found = await findItem(file, id, this.#quoting)
      if (!found) return undefined
      const { start, end } = found.content
      const size = end - start
      if (size < STREAM_FROM) return { id, size, source: unquote(await readAt(file, start, size), this.#quoting) }
      streams = true
      const pieces = streamOf(file, start, end, `Reading the message ${id}`)
      const source = Readable.from(unquoted(pieces, this.#quoting), { objectMode: false })
      source.once('close', () => pieces.destroy())
      return { id, size, source }
    } catch (error) {
      throw this.#failure(error, 'Reading a message')
    } finally {
      if (!streams) await file.close()
    }
  }

  #failure(error: unknown, what: string) {
    return fileFailure(error, `${what} in ${this.#root} failed`)
  }
}
