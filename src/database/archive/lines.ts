import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

const LONGEST = 256 * 1024 * 1024
const NEWLINE = 0x0a

/** Writes lines of JSON, compressed and hashed, no faster than they are taken. */
export class LineWriter {
  readonly #hash = createHash('sha256')
  readonly #gzip = createGzip({ level: 4 })
  readonly #done: Promise<void>
  #failure: unknown

  constructor(target: Writable) {
    this.#done = pipeline(this.#gzip, target)
    // Told to the next write, or at the end.
    this.#done.catch((error: unknown) => {
      this.#failure = error
    })
  }

  async write(line: unknown): Promise<void> {
    if (this.#failure) throw this.#failure
    const text = `${JSON.stringify(line)}\n`
    this.#hash.update(text)
    if (!this.#gzip.write(text)) await Promise.race([once(this.#gzip, 'drain'), this.#done])
  }

  /** Of all lines so far. */
  checksum(): string {
    return this.#hash.copy().digest('hex')
  }

  async end(): Promise<void> {
    this.#gzip.end()
    await this.#done
  }

  abandon(error: unknown): void {
    this.#gzip.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

/** A line, and the checksum of all lines before it. */
export interface ReadLine {
  value: unknown
  before: string
}

/** @throws Error when the archive is not one, is damaged or has a line longer than 256 MB. */
export async function* readLines(source: Readable): AsyncGenerator<ReadLine> {
  const gunzip = createGunzip()
  const done = pipeline(source, gunzip)
  done.catch(() => {}) // Comes out of the loop as well.
  const hash = createHash('sha256')
  let pieces: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      let from = 0
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        pieces.push(chunk.subarray(from, at + 1))
        from = at + 1
        const line = Buffer.concat(pieces)
        pieces = []
        length = 0
        const before = hash.copy().digest('hex')
        hash.update(line)
        yield { value: JSON.parse(line.toString('utf8')), before }
      }
      pieces.push(chunk.subarray(from))
      length += chunk.length - from
      if (length > LONGEST) throw new Error(`it has a line longer than ${LONGEST} bytes`)
    }
    await done
  } finally {
    gunzip.destroy()
  }
}
