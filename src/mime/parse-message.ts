import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import { MessageCollector } from './message-collector.ts'
import type { ParsedMessage } from './parsed-message.ts'
import { MimeWalker } from './walk.ts'

export interface ParseOptions {
  /** Of HTML and of plain text each; what is beyond is cut (`bodyTruncated`). Default 5,000,000. */
  maxBodyCharacters?: number
  /** A larger attachment is left out. Default 150 MB. */
  maxAttachmentBytes?: number
  /** Lower-case, without dots. Default none. */
  blockedExtensions?: readonly string[]
  /** Parts beyond it are left out. Default 1,000. */
  maxParts?: number
  /** A multipart nested deeper is left out. Default 50. */
  maxDepth?: number
  /** Bytes of attachments kept in memory; beyond it they are kept in a file. Default 4 MB. */
  memoryLimit?: number
  /** Where that file is; it has no name and vanishes with the process. Default the system's. */
  directory?: string
  signal?: AbortSignal
}

/**
 * Reads a whole message (RFC 5322, 2045–2049, 2183, 2231, 2387, 3676). What is broken is read as far as it goes and
 * nothing is an error but a source that fails, a full disk and the signal. A streamed message is never in memory whole.
 * @throws whatever the stream, the file system or the signal gives as reason
 */
export async function parseMessage(source: Uint8Array | Readable, options: ParseOptions = {}): Promise<ParsedMessage> {
  const collector = new MessageCollector({
    maxBodyCharacters: options.maxBodyCharacters ?? 5_000_000,
    maxAttachmentBytes: options.maxAttachmentBytes ?? 150 * 1024 * 1024,
    blockedExtensions: new Set(options.blockedExtensions),
    maxParts: options.maxParts ?? 1_000,
    memoryLimit: options.memoryLimit ?? 4 * 1024 * 1024,
    directory: options.directory ?? tmpdir(),
  })
  const walker = new MimeWalker(collector, options.maxDepth ?? 50)
  let size = 0
  try {
    for await (const chunk of source instanceof Uint8Array ? slices(source) : coalesced(source)) {
      options.signal?.throwIfAborted()
      walker.write(chunk)
      size += chunk.length
      if (collector.spool.isHeavy) await collector.spool.relieve()
    }
    options.signal?.throwIfAborted()
    walker.end()
    return collector.finish(size)
  } catch (error) {
    await collector.spool.close()
    throw error
  }
}

const SLICE = 256 * 1024

/** A view of a large source piece by piece, so that no part of it is copied whole. */
function* slices(source: Uint8Array): Generator<Buffer> {
  const whole = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  for (let start = 0; start < whole.length; start += SLICE) yield whole.subarray(start, start + SLICE)
}

/** Pieces of a useful size: what is left over from one is copied to the next. */
async function* coalesced(source: Readable): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = []
  let length = 0
  for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, 'utf8')
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    chunks.push(bytes)
    length += bytes.length
    if (length < COALESCED) continue
    yield chunks.length === 1 ? bytes : Buffer.concat(chunks)
    chunks = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(chunks)
}

const COALESCED = 64 * 1024
