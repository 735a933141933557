import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Content } from './content.ts'

/**
 * Keeps the contents of one message: in memory up to a limit for all of them, beyond it in one file without a name, so
 * that not even a killed process leaves it behind. Contents grow one after the other, never two at a time.
 */
export class Spool {
  #limit: number
  #directory: string
  #inMemory = 0
  #waiting: SpooledContent[] = []
  #file: FileHandle | undefined
  #written = 0

  constructor(memoryLimit: number, directory: string) {
    this.#limit = memoryLimit
    this.#directory = directory
  }

  begin(): SpooledContent {
    const content = new SpooledContent(() => this.#file)
    this.#waiting.push(content)
    return content
  }

  append(content: SpooledContent, chunk: Buffer): void {
    content.chunks.push(chunk)
    content.size += chunk.length
    this.#inMemory += chunk.length
  }

  /** Drops what there is of a content that is not wanted after all. */
  forget(content: SpooledContent): void {
    this.#inMemory -= lengthOf(content.chunks)
    content.chunks = []
    this.#waiting = this.#waiting.filter((other) => other !== content)
  }

  /** More is in memory than should be: call `relieve`. */
  get isHeavy(): boolean {
    return this.#inMemory > this.#limit
  }

  /** Moves everything to the file. Errors are those of the file system. */
  async relieve(): Promise<void> {
    const file = await this.#openFile()
    for (const content of this.#waiting) {
      content.start ??= this.#written
      for (const chunk of content.chunks) await this.#write(file, chunk)
      content.chunks = []
    }
    this.#inMemory = 0
    this.#waiting = this.#waiting.slice(-1)
  }

  /** Afterwards no content can be read. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #openFile(): Promise<FileHandle> {
    this.#file ??= await openNameless(this.#directory)
    return this.#file
  }

  async #write(file: FileHandle, chunk: Buffer): Promise<void> {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, this.#written)
      done += bytesWritten
      this.#written += bytesWritten
    }
  }
}

export class SpooledContent implements Content {
  size = 0
  /** What is not in the file; all of it while `start` is undefined. */
  chunks: Buffer[] = []
  /** Where it begins in the file. */
  start: number | undefined
  #file: () => FileHandle | undefined

  /** @param file what was written to; undefined once it is closed */
  constructor(file: () => FileHandle | undefined) {
    this.#file = file
  }

  async bytes(): Promise<Uint8Array> {
    const pieces: Buffer[] = []
    for await (const piece of this.#pieces()) pieces.push(piece)
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  stream(): Readable {
    return Readable.from(this.#pieces(), { objectMode: false })
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    if (this.start !== undefined) yield* this.#filed(this.start, this.size - lengthOf(this.chunks))
    yield* this.chunks
  }

  async *#filed(start: number, length: number): AsyncGenerator<Buffer> {
    for (let position = 0; position < length; ) {
      const file = this.#file()
      if (!file) throw new Error(`Attachment of ${this.size} bytes: its message is closed. Read the message again.`)
      const piece = Buffer.allocUnsafe(Math.min(PIECE, length - position))
      const { bytesRead } = await file.read(piece, 0, piece.length, start + position)
      if (bytesRead === 0)
        throw new Error(`Attachment of ${this.size} bytes: its temporary file ends early. Read the message again.`)
      position += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  }
}

const PIECE = 256 * 1024

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}

/** Readable by this process alone: opened for it only, and its name removed at once. */
async function openNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `regarding-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}
