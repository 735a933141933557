import { Readable } from 'node:stream'
import { MailboxError } from '../errors.ts'
import { checkSignal } from '../failures.ts'
import { networkError } from '../network.ts'
import type { FolderId, ItemId, RawMessage, RawOptions } from '../port.ts'
import { STREAM_FROM } from '../stream.ts'
import { batch } from './batch.ts'
import { isGone } from './details.ts'
import { segment } from './query.ts'
import type { Reader } from './reader.ts'

/** Messages up to this size come 20 in a request; it is what Exchange says, the source may be somewhat larger. */
const SMALL = 256 * 1024
const MOST_PARTS = 20
const MOST_BYTES = 4 * 1024 * 1024

/** The MIME source of messages: small ones in batches, others one by one, large ones as streams. */
export async function* raw(
  reader: Reader,
  folder: FolderId,
  ids: readonly ItemId[],
  options: RawOptions,
): AsyncGenerator<RawMessage> {
  const sizeOf = (id: ItemId) => options.sizes?.get(id) ?? reader.memory.stateOf(folder, id)?.size
  for (const group of groups(ids, sizeOf)) {
    checkSignal(options.signal)
    if (group.length > 1) {
      for (const message of await small(reader, group, options.signal)) {
        yield message
        checkSignal(options.signal)
      }
      continue
    }
    const id = group[0] as ItemId
    const body = await open(reader, id, options.signal)
    if (!body) continue
    try {
      yield await collected(id, body, sizeOf(id), options.signal)
    } finally {
      // Whoever stops reading early must not keep the place.
      body.stream.destroy()
    }
    checkSignal(options.signal)
  }
}

/** In the order asked for: neighbours that are small go together. */
function groups(ids: readonly ItemId[], sizeOf: (id: ItemId) => number | undefined): ItemId[][] {
  const all: ItemId[][] = []
  let open: ItemId[] | undefined
  let bytes = 0
  for (const id of ids) {
    const size = sizeOf(id)
    if (size === undefined || size > SMALL) {
      open = undefined
      all.push([id])
      continue
    }
    bytes += size
    if (!open || open.length === MOST_PARTS || bytes > MOST_BYTES) {
      open = []
      bytes = size
      all.push(open)
    }
    open.push(id)
  }
  return all
}

async function small({ client }: Reader, ids: readonly ItemId[], signal: AbortSignal | undefined) {
  const parts = ids.map((id) => ({ method: 'GET' as const, path: `/messages/${segment(id)}/$value` }))
  const answers = await batch(client, parts, 'Reading messages', { signal })
  return ids.flatMap((id, index): RawMessage[] => {
    const answer = answers[index]
    if (!answer || isGone(answer)) return []
    if (answer.error) throw answer.error
    const source = bytesOf(answer.body)
    return [{ id, size: source.length, source }]
  })
}

/** A body that is not JSON comes as base64; a MIME source never looks like it, for it has a colon or a line break. */
function bytesOf(body: unknown): Buffer {
  if (typeof body !== 'string')
    throw new MailboxError(
      'transient',
      'ErrorInternalServerTransientError',
      'Microsoft Graph answered a message that is none. It is tried again.',
      { scope: 'server' },
    )
  return /^[A-Za-z0-9+/_-]*={0,2}$/.test(body) ? Buffer.from(body, 'base64') : Buffer.from(body, 'utf8')
}

interface Body {
  stream: Readable
  length?: number
}

/** Undefined when the message is gone. */
async function open({ client }: Reader, id: ItemId, signal: AbortSignal | undefined): Promise<Body | undefined> {
  try {
    const path = `/messages/${segment(id)}/$value`
    const { headers, body } = await client.stream({ path, deed: 'Reading a message', signal })
    const length = Number(headers['content-length'])
    return { stream: body, ...(Number.isSafeInteger(length) && length > 0 ? { length } : {}) }
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') return undefined
    throw error
  }
}

/** Small sources as bytes; of a large one the first pieces are put before the rest. */
async function collected(
  id: ItemId,
  { stream, length }: Body,
  listed: number | undefined,
  signal: AbortSignal | undefined,
): Promise<RawMessage> {
  const pieces: Buffer[] = []
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  const next = async () => {
    try {
      return await iterator.next()
    } catch (error) {
      checkSignal(signal)
      throw networkError(error, 'Microsoft Graph')
    }
  }
  let size = 0
  while (size < STREAM_FROM) {
    const { value, done } = await next()
    if (done) return { id, size, source: Buffer.concat(pieces, size) }
    pieces.push(value)
    size += value.length
  }
  async function* whole() {
    yield* pieces
    for (let piece = await next(); !piece.done; piece = await next()) yield piece.value
  }
  return { id, size: length ?? listed ?? size, source: Readable.from(whole(), { objectMode: false }) }
}
