import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/** Content of unknown length, read to its end: in memory when small, else in a file that has been synced. */
export type Spooled = { hash: string; size: number } & ({ content: Buffer } | { file: string })

/**
 * Reads a stream, keeping at most `inMemory` bytes of it in memory, and hashes it on the way.
 * @throws Error when it is longer than `limit`; the file is removed then, as after any failure.
 */
export async function spool(
  source: Readable,
  options: { inMemory: number; limit: number; file: () => Promise<string> },
): Promise<Spooled> {
  const hash = createHash('sha256')
  const head: Uint8Array[] = []
  let size = 0
  let path: string | undefined
  let file: Awaited<ReturnType<typeof open>> | undefined
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      if (size > options.limit)
        throw new Error(`The content is larger than ${options.limit} bytes, which is the limit.`)
      hash.update(bytes)
      if (!file && size <= options.inMemory) {
        head.push(bytes)
        continue
      }
      if (!file) {
        path = await options.file()
        file = await open(path, 'wx')
        for (const early of head.splice(0)) await file.writeFile(early)
      }
      await file.writeFile(bytes)
    }
    await file?.sync()
    await file?.close()
  } catch (error) {
    await file?.close()
    if (path) await rm(path, { force: true })
    throw error
  }
  const digest = hash.digest('hex')
  return path ? { hash: digest, size, file: path } : { hash: digest, size, content: Buffer.concat(head) }
}
