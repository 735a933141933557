import { randomUUID } from 'node:crypto'
import { createReadStream, statSync, unlinkSync, utimesSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { syncDirectory } from '../embedded/disk.ts'

/**
 * Content in files beside the embedded database, `ab/cdef…` by its hash. A file appears under its name only when it is
 * whole and on the disk. This process is the only one to touch them.
 */
export class BlobFiles {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Where content is written while its hash is not known yet. */
  async temporary(): Promise<string> {
    const folder = join(this.#root, 'new')
    await mkdir(folder, { recursive: true })
    return join(folder, randomUUID())
  }

  async write(hash: string, content: Uint8Array, now: Date): Promise<void> {
    if (this.#touch(hash, now)) return
    const temporary = await this.temporary()
    try {
      await writeSynced(temporary, content)
    } catch (error) {
      // What a full disk kept of it would fill the disk further with every attempt.
      await rm(temporary, { force: true })
      throw error
    }
    await this.adopt(temporary, hash, now)
  }

  /** Takes a file that is complete and synced. */
  async adopt(temporary: string, hash: string, now: Date): Promise<void> {
    if (this.#touch(hash, now)) return rm(temporary)
    const folder = join(this.#root, hash.slice(0, 2))
    await mkdir(folder, { recursive: true })
    utimesSync(temporary, now, now)
    await rename(temporary, this.#path(hash))
    await syncDirectory(folder)
    await syncDirectory(this.#root)
  }

  /** @throws Error naming the file when it is gone. */
  read(hash: string): Promise<Buffer> {
    return readFile(this.#path(hash))
  }

  stream(hash: string): Readable {
    return createReadStream(this.#path(hash))
  }

  /** Hashes of files not touched since `before`, folder by folder; leftovers of crashed writes are removed on the way. */
  async *untouchedSince(before: Date): AsyncGenerator<string[]> {
    for (const folder of await readdir(this.#root)) {
      const names = await readdir(join(this.#root, folder))
      if (folder === 'new') {
        for (const name of names) removeIfOlder(join(this.#root, folder, name), before)
      } else {
        yield names.map((name) => folder + name).filter((hash) => statSync(this.#path(hash)).mtime < before)
      }
    }
  }

  /** Removes the file unless it was touched meanwhile. */
  removeIfUntouched(hash: string, before: Date): boolean {
    return removeIfOlder(this.#path(hash), before)
  }

  /**
   * True when the content is there already; then it counts as new again, so that a sweep that is deciding now spares
   * it. Without waiting in between, as the removal: the two cannot mix.
   */
  #touch(hash: string, now: Date): boolean {
    try {
      utimesSync(this.#path(hash), now, now)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  #path(hash: string): string {
    return join(this.#root, hash.slice(0, 2), hash.slice(2))
  }
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

function removeIfOlder(path: string, before: Date): boolean {
  if (statSync(path).mtime >= before) return false
  unlinkSync(path)
  return true
}
