import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { OtherSide, TrueItem } from '../conformance.ts'

interface Stored extends TrueItem {
  source: Buffer
  received: Date
}

/** A mail client that keeps its folders in mbox files: it appends what arrives and rewrites the file for all else. */
export class MboxClient implements OtherSide {
  readonly root: string
  readonly #folders = new Map<string, Stored[]>()

  constructor(root: string) {
    this.root = root
  }

  static async make(): Promise<MboxClient> {
    const client = new MboxClient(await mkdtemp(join(tmpdir(), 'connectors-mbox-')))
    await client.createFolder(['INBOX'])
    return client
  }

  async deliver(
    path: readonly string[],
    source: Uint8Array,
    options: { received?: Date; seen?: boolean } = {},
  ): Promise<void> {
    const messageId = /^message-id: *(\S+)/im.exec(Buffer.from(source).toString('latin1'))?.[1] ?? ''
    const { received = new Date(), seen = false } = options
    const item = { messageId, seen, categories: [], source: Buffer.from(source), received }
    this.#at(path).push(item)
    await appendFile(this.file(path), written(item))
  }

  async moveByUser(path: readonly string[], messageId: string, to: readonly string[]): Promise<void> {
    const item = this.#find(path, messageId)
    await this.deleteByUser(path, messageId)
    this.#at(to).push(item)
    await appendFile(this.file(to), written(item))
  }

  async deleteByUser(path: readonly string[], messageId: string): Promise<void> {
    const items = this.#at(path)
    items.splice(items.indexOf(this.#find(path, messageId)), 1)
    await this.#rewrite(path)
  }

  async setSeenByUser(path: readonly string[], messageId: string, seen: boolean): Promise<void> {
    this.#find(path, messageId).seen = seen
    await this.#rewrite(path)
  }

  setCategoryByUser(): Promise<void> {
    return Promise.reject(new Error('This client keeps no categories'))
  }

  async createFolder(path: readonly string[]): Promise<void> {
    this.#folders.set(path.join('/'), [])
    await mkdir(dirname(this.file(path)), { recursive: true })
    await writeFile(this.file(path), '')
  }

  async renameFolder(path: readonly string[], to: readonly string[]): Promise<void> {
    const [from, target] = [path.join('/'), to.join('/')]
    for (const [name, items] of Array.from(this.#folders)) {
      if (name !== from && !name.startsWith(`${from}/`)) continue
      this.#folders.delete(name)
      this.#folders.set(target + name.slice(from.length), items)
    }
    await mkdir(dirname(this.file(to)), { recursive: true })
    await rename(this.file(path), this.file(to))
    await rename(join(this.root, ...path), join(this.root, ...to)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }

  async deleteFolder(path: readonly string[]): Promise<void> {
    this.#folders.delete(path.join('/'))
    await rm(this.file(path))
  }

  list(path: readonly string[]): Promise<TrueItem[]> {
    return Promise.resolve(
      this.#at(path).map(({ messageId, seen, categories }) => ({ messageId, seen, categories: [...categories] })),
    )
  }

  file(path: readonly string[]): string {
    return `${join(this.root, ...path)}.mbox`
  }

  #at(path: readonly string[]): Stored[] {
    const items = this.#folders.get(path.join('/'))
    if (!items) throw new Error(`There is no folder ${path.join('/')}`)
    return items
  }

  #find(path: readonly string[], messageId: string): Stored {
    const found = this.#at(path).find((item) => item.messageId === messageId)
    if (!found) throw new Error(`${messageId} is not in ${path.join('/')}`)
    return found
  }

  async #rewrite(path: readonly string[]): Promise<void> {
    await writeFile(this.file(path), Buffer.concat(this.#at(path).map(written)))
  }
}

/** One message as mboxrd, with LF line ends. */
function written({ source, received, seen }: Stored): Buffer {
  const text = source
    .toString('latin1')
    .replaceAll('\r\n', '\n')
    .replace(/^(>*From )/gm, '>$1')
  const status = seen ? 'Status: RO\n' : ''
  const [day, date, month, year, time] = received.toUTCString().replace(',', '').split(' ')
  const from = `From sender@adatum.example ${day} ${month} ${Number(date)} ${time} ${year}\n`
  return Buffer.from(`${from}${status}${text}${text.endsWith('\n') ? '' : '\n'}\n`, 'latin1')
}
