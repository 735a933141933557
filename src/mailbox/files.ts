import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { MailboxError } from './errors.ts'
import { endOfHeaders } from './source.ts'

const PIECE = 64 * 1024
const FIRST_READ = 64 * 1024
/** A header block that is longer is cut here. */
const HEADERS_AT_MOST = 16 * 1024 * 1024

/**
 * The header block that begins at `start`, read in growing steps so that no body is read needlessly.
 * @returns at most 16 MB
 */
export async function readHeaderBlock(file: FileHandle, start = 0, end = Number.POSITIVE_INFINITY): Promise<Buffer> {
  for (let length = FIRST_READ; ; length *= 4) {
    const wanted = Math.min(length, end - start, HEADERS_AT_MOST)
    const buffer = await readAt(file, start, wanted)
    const headers = endOfHeaders(buffer)
    if (headers !== undefined) return buffer.subarray(0, headers)
    if (buffer.length < length || wanted === HEADERS_AT_MOST) return buffer
  }
}

/** Up to `length` bytes from `start`, in `buffer` if one is given; fewer only at the end of the file. */
export async function readAt(
  file: FileHandle,
  start: number,
  length: number,
  buffer = Buffer.allocUnsafe(length),
): Promise<Buffer> {
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** Runs `work` on an open file; undefined when there is no such file. */
export async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  const file = await unlessMissing(open(path, 'r'))
  if (!file) return undefined
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/**
 * The bytes from `start` to `end` as a stream that closes the file when it ends or is destroyed.
 * Its errors are MailboxErrors that begin with `what`.
 */
export function streamOf(file: FileHandle, start: number, end: number, what: string): Readable {
  async function* pieces() {
    try {
      for (let at = start; at < end; ) {
        const piece = await readAt(file, at, Math.min(PIECE, end - at))
        if (piece.length === 0) return
        at += piece.length
        yield piece
      }
    } catch (error) {
      throw fileFailure(error, what)
    }
  }
  const stream = Readable.from(pieces(), { objectMode: false })
  stream.once('close', () => void file.close())
  return stream
}

/** The result, or undefined when the file or directory is missing. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code
}

/** What a failing file system means to the engine. A MailboxError stays what it is. */
export function fileFailure(error: unknown, what: string): MailboxError {
  if (error instanceof MailboxError) return error
  const because = `${what}: ${error instanceof Error ? error.message : String(error)}.`
  switch (codeOf(error) ?? '') {
    case 'ENOENT':
    case 'ENOTDIR':
      return new MailboxError('notFound', 'MailboxNotFound', `${because} Check the path.`, { cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new MailboxError('denied', 'CredentialsIncorrect', `${because} Grant access to the files.`, {
        cause: error,
      })
    case 'ENOSPC':
    case 'EDQUOT':
      return new MailboxError('full', 'ErrorQuotaExceeded', `${because} Make room on the disk.`, { cause: error })
    case 'ENAMETOOLONG':
      return new MailboxError('unsupported', 'NotSupported', `${because} Choose a shorter name.`, { cause: error })
    default:
      return new MailboxError('transient', 'ErrorInternalServerTransientError', `${because} It is tried again.`, {
        cause: error,
      })
  }
}
