import { open, rename, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseHeaders } from '#mime'
import type { Clock } from '#time'
import { checkCategories } from '../category.ts'
import { checkSignal, closed, folderNotFound, unsupported } from '../failures.ts'
import { fileFailure, readAt, readHeaderBlock, streamOf, unlessMissing, withFile } from '../files.ts'
import { useOf } from '../folderUse.ts'
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
import { messageIdOf } from '../source.ts'
import { STREAM_FROM } from '../stream.ts'
import { changes, receivedAt } from './changes.ts'
import { deliver, makeFolder, moveFile, uniqueName } from './deliver.ts'
import { categoriesOf, type Entry, entriesOf, fileName, idOf, pathOfEntry } from './entry.ts'
import { type Place, places, readIdentity } from './identity.ts'
import { lettersFor, readKeywords } from './keywords.ts'
import { directoryOf, pathOf } from './layout.ts'
import { watchFolder } from './watch.ts'

const MAILDIR: Capabilities = {
  kind: 'maildir',
  write: true,
  stableFolderIds: true,
  categories: true,
  move: true,
  send: false,
  push: true,
  removals: 'compared',
  filesSent: false,
  flagChanges: 'compared',
}

/** Files whose headers are read at a time. */
const AT_ONCE = 8

/** A Maildir++ directory. Safe beside mail servers and clients that use it at the same time. */
export class MaildirMailbox implements Mailbox {
  readonly can = MAILDIR
  readonly #root: string
  readonly #clock: Clock
  readonly #watches = new Set<Watch>()
  #places = new Map<FolderId, string>()
  /** The folder listed last: where its files probably are. Whoever finds a file gone lists again. */
  #listed: { folder: string; entries: Map<ItemId, Entry> } | undefined
  #closed = false

  constructor(root: string, clock: Clock) {
    this.#root = root
    this.#clock = clock
  }

  folders(): Promise<Folder[]> {
    return this.#guarded('Reading the folders', async () => (await this.#locate()).map(folderOf))
  }

  async *changes(id: FolderId, since: Cursor | undefined, options: ChangeOptions): AsyncGenerator<ChangePage> {
    try {
      yield* changes(await this.#find(id), id, since, options)
    } catch (error) {
      throw this.#failure(error, 'Listing a folder')
    }
  }

  headers(id: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
    return this.#guarded('Reading headers', async () => {
      const folder = await this.#find(id)
      return this.#each(folder, ids, async (entry) =>
        withFile(pathOfEntry(folder, entry), async (file) => {
          const { mtimeMs, size } = await file.stat()
          const headers = parseHeaders(await readHeaderBlock(file))
          return { id: entry.id, received: receivedAt(mtimeMs), size, headers }
        }),
      )
    })
  }

  async *raw(id: FolderId, ids: readonly ItemId[], options: RawOptions = {}): AsyncGenerator<RawMessage> {
    try {
      checkSignal(options.signal)
      const folder = await this.#find(id)
      for (const item of ids) {
        const [message] = await this.#each(folder, [item], async (entry) => sourceOf(folder, entry))
        if (!message) continue
        yield message
        if (!(message.source instanceof Uint8Array)) message.source.destroy()
        checkSignal(options.signal)
      }
    } catch (error) {
      throw this.#failure(error, 'Reading messages')
    }
  }

  find(messageId: string, folders?: readonly FolderId[]): Promise<FoundItem[]> {
    return this.#guarded('Looking for a message', async () => {
      const searched = folders ?? (await this.#locate()).map((place) => place.id)
      const found: FoundItem[] = []
      for (const folder of searched) {
        for (const id of await this.#byMessageId(await this.#find(folder), messageId)) found.push({ folder, id })
      }
      return found
    })
  }

  mark(
    id: FolderId,
    ids: readonly ItemId[],
    change: { add?: readonly Category[]; remove?: readonly Category[] },
  ): Promise<void> {
    return this.#guarded('Marking messages', async () => {
      checkCategories(change)
      const folder = await this.#find(id)
      const letters = await lettersFor(folder, ids.length > 0 ? (change.add ?? []) : [], this.#clock)
      const added = lettersOf(change.add, letters)
      const removed = lettersOf(change.remove, letters)
      await this.#each(folder, ids, async (entry) => {
        const flags = entry.flags
          .split('')
          .filter((flag) => !removed.includes(flag))
          .concat(added)
        const file = fileName(entry.id, flags)
        if (file === fileName(entry.id, entry.flags)) return true
        const moved: Entry = { ...entry, directory: 'cur', file, flags: file.slice(file.lastIndexOf(',') + 1) }
        const done = await unlessMissing(
          rename(pathOfEntry(folder, entry), pathOfEntry(folder, moved)).then(() => true),
        )
        if (done) this.#listed?.entries.set(entry.id, moved)
        return done
      })
    })
  }

  move(id: FolderId, ids: readonly ItemId[], to: FolderId): Promise<Map<ItemId, ItemId>> {
    return this.#guarded('Moving messages', async () => {
      const [folder, target] = [await this.#find(id), await this.#find(to)]
      if (folder === target) return new Map(ids.map((item) => [item, item]))
      const [keywords, there] = [await readKeywords(folder), await entriesOf(target)]
      const moved = await this.#each(folder, ids, async (entry) => {
        const categories = categoriesOf(entry, keywords)
        const letters = await lettersFor(target, categories, this.#clock)
        const flags = entry.flags
          .split('')
          .filter((flag) => flag < 'a')
          .concat(lettersOf(categories, letters))
        const twin = there.get(entry.id)
        let destination = twin ? pathOfEntry(target, twin) : join(target, 'cur', fileName(entry.id, flags))
        for (;;) {
          const result = await moveFile(pathOfEntry(folder, entry), destination)
          if (result === 'missing') return undefined
          if (result === 'moved') return [entry.id, idOf(basename(destination))] as const
          destination = join(target, 'cur', fileName(uniqueName(this.#clock.now()), flags))
        }
      })
      return new Map(moved)
    })
  }

  remove(id: FolderId, ids: readonly ItemId[]): Promise<void> {
    return this.#guarded('Deleting messages', async () => {
      const folder = await this.#find(id)
      await this.#each(folder, ids, (entry) => unlessMissing(unlink(pathOfEntry(folder, entry)).then(() => true)))
    })
  }

  createFolder(name: string, parent?: FolderId): Promise<Folder> {
    return this.#guarded('Creating a folder', async () => {
      const above = parent === undefined ? [] : pathOf((await this.#place(parent)).directory)
      const directory = directoryOf([...(above ?? []), name])
      if (directory !== '') await makeFolder(this.#root, join(this.#root, directory))
      const place = (await this.#locate()).find((place) => place.directory === directory)
      if (!place) throw folderNotFound(name)
      return folderOf(place)
    })
  }

  append(
    id: FolderId,
    source: Uint8Array,
    options: { seen?: boolean; received?: Date } = {},
  ): Promise<ItemId | undefined> {
    return this.#guarded('Storing a message', async () => {
      const folder = await this.#find(id)
      const messageId = messageIdOf(source)
      const there = messageId === undefined ? [] : await this.#byMessageId(folder, messageId)
      const { received, seen } = options
      return there[0] ?? deliver(folder, source, { now: this.#clock.now(), received, flags: seen ? 'S' : '' })
    })
  }

  send(_message: OutgoingMessage): Promise<SentReference> {
    return Promise.reject(unsupported('send', this.can.kind))
  }

  watch(
    folders: readonly FolderId[],
    onHint: (folder: FolderId) => void,
    _onEnd: (error?: Error) => void,
  ): Promise<Watch> {
    return this.#guarded('Watching folders', async () => {
      const watches: Watch[] = []
      for (const id of folders) watches.push(await watchFolder(await this.#find(id), this.#clock, () => onHint(id)))
      const close = async () => {
        this.#watches.delete(watch)
        await Promise.all(watches.splice(0).map((one) => one.close()))
      }
      const watch = { close }
      this.#watches.add(watch)
      return watch
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#watches].map((watch) => watch.close()))
  }

  async #locate(): Promise<Place[]> {
    const found = await places(this.#root)
    this.#places = new Map(found.map((place) => [place.id, place.directory]))
    return found
  }

  async #place(id: FolderId): Promise<Place> {
    if (this.#closed) throw closed()
    const directory = this.#places.get(id)
    if (directory !== undefined && (await readIdentity(join(this.#root, directory))) === id) return { id, directory }
    const place = (await this.#locate()).find((place) => place.id === id)
    if (!place) throw folderNotFound(id)
    return place
  }

  async #find(id: FolderId): Promise<string> {
    return join(this.#root, (await this.#place(id)).directory)
  }

  /** Runs `work` on each message; one whose file is not where it was (`undefined`) is looked for once more. */
  async #each<T>(folder: string, ids: readonly ItemId[], work: (entry: Entry) => Promise<T | undefined>): Promise<T[]> {
    const results = new Map<ItemId, T>()
    const pass = async (entries: ReadonlyMap<ItemId, Entry>) => {
      const left = [...new Set(ids)].filter((id) => !results.has(id) && entries.has(id))
      for (let at = 0; at < left.length; at += AT_ONCE) {
        await Promise.all(
          left.slice(at, at + AT_ONCE).map(async (id) => {
            const result = await work(entries.get(id) as Entry)
            if (result !== undefined) results.set(id, result)
          }),
        )
      }
    }
    if (this.#listed?.folder === folder) await pass(this.#listed.entries)
    if (ids.some((id) => !results.has(id))) {
      this.#listed = { folder, entries: await entriesOf(folder) }
      await pass(this.#listed.entries)
    }
    return ids.map((id) => results.get(id)).filter((result) => result !== undefined)
  }

  async #byMessageId(folder: string, messageId: string): Promise<ItemId[]> {
    this.#listed = { folder, entries: await entriesOf(folder) }
    const found = await this.#each(folder, [...this.#listed.entries.keys()], (entry) =>
      withFile(pathOfEntry(folder, entry), async (file) => ({
        id: entry.id,
        matches: messageIdOf(await readHeaderBlock(file)) === messageId,
      })),
    )
    return found.filter((item) => item.matches).map((item) => item.id)
  }

  async #guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      if (this.#closed) throw closed()
      return await work()
    } catch (error) {
      throw this.#failure(error, what)
    }
  }

  #failure(error: unknown, what: string) {
    return fileFailure(error, `${what} in the Maildir ${this.#root} failed`)
  }
}

function folderOf({ id, directory }: Place): Folder {
  const path = pathOf(directory) ?? []
  const use = useOf(path)
  return { id, path, ...(use && { use }), fingerprint: id }
}

function lettersOf(categories: readonly Category[] | undefined, letters: ReadonlyMap<Category, string>): string[] {
  return (categories ?? []).map((category) => letters.get(category)).filter((letter) => letter !== undefined)
}

async function sourceOf(folder: string, entry: Entry): Promise<RawMessage | undefined> {
  const file = await unlessMissing(open(pathOfEntry(folder, entry), 'r'))
  if (!file) return undefined
  const { size } = await file.stat()
  if (size >= STREAM_FROM) return { id: entry.id, size, source: streamOf(file, 0, size, `Reading ${entry.file}`) }
  try {
    return { id: entry.id, size, source: await readAt(file, 0, size) }
  } finally {
    await file.close()
  }
}
