import { Readable } from 'node:stream'
import { checkSignal } from '../failures.ts'
import type { FolderId, ItemId, RawMessage, RawOptions } from '../port.ts'
import { STREAM_FROM } from '../stream.ts'
import type { Part } from './client.ts'
import { ExchangeError, failureOf } from './failures.ts'
import { getItems } from './getItems.ts'
import { idOf } from './item.ts'
import { numberOf, textOf } from './node.ts'
import { field, itemIds } from './pieces.ts'
import { checkFolder, type Place } from './place.ts'
import { xml } from './xml.ts'

/** Small messages are fetched together up to so many bytes and messages. */
const BATCH = { bytes: 8 * 1024 * 1024, messages: 100 }
const DOING = 'Reading a message'

interface Sized {
  id: ItemId
  size: number
}

/** See `Mailbox.raw`: small messages many at a time, large ones as they come, each on a connection of its own. */
export async function* raw(
  place: Place,
  folder: FolderId,
  ids: readonly ItemId[],
  { sizes, signal }: RawOptions = {},
): AsyncGenerator<RawMessage> {
  checkSignal(signal)
  const sized = sizes ? ids.map((id) => ({ id, size: sizes.get(id) ?? 0 })) : await sizesOf(place, folder, ids, signal)
  let found = false
  for (const batch of batches(sized)) {
    checkSignal(signal)
    const [first] = batch
    const messages =
      first && first.size >= STREAM_FROM ? readLarge(place, first, signal) : readSmall(place, batch, signal)
    for await (const message of messages) {
      found = true
      yield message
      checkSignal(signal)
    }
  }
  if (sizes && !found) await checkFolder(place, folder) // SC-57
}

async function sizesOf(place: Place, folder: FolderId, ids: readonly ItemId[], signal: AbortSignal | undefined) {
  const items = await getItems(place, ids, [field('item:Size')], { doing: DOING, atOnce: 512, signal })
  if (items.length === 0) await checkFolder(place, folder) // SC-57
  return items.map((item): Sized => ({ id: idOf(item) as ItemId, size: numberOf(textOf(item, 'Size')) }))
}

/** In the order asked for; a large message is a batch of its own. */
function batches(sized: readonly Sized[]): Sized[][] {
  const result: Sized[][] = []
  let bytes = 0
  for (const item of sized) {
    const last = result.at(-1)
    const full = !last || bytes + item.size > BATCH.bytes || last.length >= BATCH.messages
    if (full || item.size >= STREAM_FROM || (last[0] as Sized).size >= STREAM_FROM) {
      result.push([item])
      bytes = 0
    } else last.push(item)
    bytes += item.size
  }
  return result
}

function parts(
  { client }: Place,
  ids: readonly ItemId[],
  signal: AbortSignal | undefined,
  own: boolean,
): AsyncGenerator<Part> {
  const shape = xml`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape>`
  const body = xml`<m:GetItem>${shape}${itemIds(ids)}</m:GetItem>`
  return client.stream(
    { name: 'GetItem', body, doing: DOING },
    { again: true, signal, ...(own && { use: 'reading' as const }) },
  )
}

async function* readSmall(
  place: Place,
  batch: readonly Sized[],
  signal: AbortSignal | undefined,
): AsyncGenerator<RawMessage> {
  const messages: RawMessage[] = []
  let pieces: Buffer[] = []
  let answered = 0
  const ids = batch.map((item) => item.id)
  for await (const part of parts(place, ids, signal, false)) {
    if ('mime' in part) {
      pieces.push(part.mime)
      continue
    }
    const asked = batch[answered++]
    const failure = failureOf(part.message, DOING)
    const source = Buffer.concat(pieces)
    pieces = []
    if (!asked || failure?.kind === 'notFound') continue
    messages.push(failure ? unreadable(asked, failure) : { id: asked.id, size: source.length, source })
  }
  yield* messages
}

/** A damaged message fails alone, when it is read; the others of its page are none the worse for it. */
function unreadable({ id, size }: Sized, failure: ExchangeError): RawMessage {
  if (failure.scope !== 'item') throw failure
  const source = new Readable({ read: () => source.destroy(failure) })
  return { id, size, source }
}

async function* readLarge(place: Place, item: Sized, signal: AbortSignal | undefined): AsyncGenerator<RawMessage> {
  const source = parts(place, [item.id], signal, true)
  const first = await nextPiece(source)
  if (!first) return
  if (first instanceof ExchangeError) {
    yield unreadable(item, first)
    return
  }
  const stream = Readable.from(pieces(first, source), { objectMode: false })
  try {
    yield { ...item, source: stream }
  } finally {
    stream.destroy()
    await source.return(undefined)
  }
}

async function* pieces(first: Buffer, source: AsyncGenerator<Part>): AsyncGenerator<Buffer> {
  for (let piece: Buffer | ExchangeError | undefined = first; piece; piece = await nextPiece(source)) {
    if (piece instanceof ExchangeError) throw piece
    yield piece
  }
}

/** The next bytes, or why there are none; undefined at the end, and for a message that is gone. */
async function nextPiece(source: AsyncGenerator<Part>): Promise<Buffer | ExchangeError | undefined> {
  for (;;) {
    const next = await source.next()
    if (next.done) return undefined
    if ('mime' in next.value) return next.value.mime
    const failure = failureOf(next.value.message, DOING)
    if (failure && failure.kind !== 'notFound') return failure
  }
}
