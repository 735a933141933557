import { mkdir, mkdtemp, readdir, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import iconv from 'iconv-lite'
import type { OtherSide, TrueItem } from '../conformance.ts'

/** A mail client and a delivery agent that use a Maildir++ directory as they always did, knowing nothing of us. */
export class MaildirClient implements OtherSide {
  readonly root: string
  #count = 0

  constructor(root: string) {
    this.root = root
  }

  static async make(): Promise<MaildirClient> {
    const client = new MaildirClient(await mkdtemp(join(tmpdir(), 'connectors-maildir-')))
    await makeDirectories(client.root)
    return client
  }

  async deliver(
    path: readonly string[],
    source: Uint8Array,
    options: { received?: Date; seen?: boolean; categories?: readonly string[] } = {},
  ): Promise<void> {
    const folder = this.folder(path)
    const letters: string[] = []
    for (const category of options.categories ?? []) letters.push(await letterOf(folder, category))
    const flags = `${options.seen ? 'S' : ''}${letters.sort().join('')}`
    const now = performance.timeOrigin + performance.now()
    const micro = Math.floor((now % 1000) * 1000)
    const name = `${Math.floor(now / 1000)}.M${String(micro).padStart(6, '0')}P9Q${this.#count++}.host`
    const draft = join(folder, 'tmp', name)
    await writeFile(draft, source)
    if (options.received) await utimes(draft, options.received, options.received)
    await rename(draft, flags ? join(folder, 'cur', `${name}:2,${flags}`) : join(folder, 'new', name))
  }

  async moveByUser(path: readonly string[], messageId: string, to: readonly string[]): Promise<void> {
    const { file, name } = await this.#find(path, messageId)
    await rename(file, join(this.folder(to), 'cur', name.includes(':') ? name : `${name}:2,`))
  }

  async deleteByUser(path: readonly string[], messageId: string): Promise<void> {
    await unlink((await this.#find(path, messageId)).file)
  }

  async setSeenByUser(path: readonly string[], messageId: string, seen: boolean): Promise<void> {
    await this.#flag(path, messageId, 'S', seen)
  }

  async setCategoryByUser(path: readonly string[], messageId: string, category: string, on: boolean): Promise<void> {
    await this.#flag(path, messageId, await letterOf(this.folder(path), category), on)
  }

  async createFolder(path: readonly string[]): Promise<void> {
    await makeDirectories(this.folder(path))
  }

  async renameFolder(path: readonly string[], to: readonly string[]): Promise<void> {
    const [from, target] = [basename(this.folder(path)), basename(this.folder(to))]
    for (const name of await readdir(this.root)) {
      if (name !== from && !name.startsWith(`${from}.`)) continue
      await rename(join(this.root, name), join(this.root, target + name.slice(from.length)))
    }
  }

  async deleteFolder(path: readonly string[]): Promise<void> {
    await rm(this.folder(path), { recursive: true })
  }

  async list(path: readonly string[]): Promise<TrueItem[]> {
    const keywords = await keywordsOf(this.folder(path))
    return (await this.files(path)).map(({ name, messageId }) => {
      const flags = (name.split(':2,')[1] ?? '').split('')
      const categories = flags.filter((flag) => flag >= 'a').map((flag) => keywords[flag.charCodeAt(0) - 97] ?? flag)
      return { messageId, seen: flags.includes('S'), categories }
    })
  }

  folder(path: readonly string[]): string {
    if (path.length === 1 && path[0] === 'INBOX') return this.root
    return join(this.root, path.map((part) => `.${iconv.encode(part, 'utf-7-imap').toString('latin1')}`).join(''))
  }

  async files(path: readonly string[]): Promise<{ file: string; name: string; messageId: string }[]> {
    const result = []
    for (const directory of ['new', 'cur']) {
      for (const name of await readdir(join(this.folder(path), directory))) {
        const file = join(this.folder(path), directory, name)
        const messageId = /^message-id: *(\S+)/im.exec((await readFile(file)).toString('latin1'))?.[1] ?? ''
        result.push({ file, name, messageId })
      }
    }
    return result
  }

  async #find(path: readonly string[], messageId: string) {
    const found = (await this.files(path)).find((file) => file.messageId === messageId)
    if (!found) throw new Error(`${messageId} is not in ${path.join('/')}`)
    return found
  }

  async #flag(path: readonly string[], messageId: string, flag: string, on: boolean): Promise<void> {
    const { file, name } = await this.#find(path, messageId)
    const [id, flags = ''] = name.split(':2,') as [string, string?]
    const now = new Set(flags)
    if (on) now.add(flag)
    else now.delete(flag)
    await rename(file, join(this.folder(path), 'cur', `${id}:2,${[...now].sort().join('')}`))
  }
}

export async function makeDirectories(folder: string): Promise<void> {
  for (const name of ['cur', 'new', 'tmp']) await mkdir(join(folder, name), { recursive: true })
}

async function keywordsOf(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'dovecot-keywords'), 'utf8').catch(() => '')
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => line.slice(line.indexOf(' ') + 1))
}

async function letterOf(folder: string, category: string): Promise<string> {
  const keywords = await keywordsOf(folder)
  if (!keywords.includes(category)) {
    keywords.push(category)
    await writeFile(join(folder, 'dovecot-keywords'), keywords.map((name, index) => `${index} ${name}\n`).join(''))
  }
  return String.fromCharCode(97 + keywords.indexOf(category))
}
