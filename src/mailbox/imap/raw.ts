import { Readable } from 'node:stream'
import { MailboxError } from '../errors.ts'
import { checkSignal } from '../failures.ts'
import type { FolderId, ItemId, RawMessage, RawOptions } from '../port.ts'
import { bodyOf, fetch, sizeOf } from './fetch.ts'
import { itemId, uidsOf } from './itemId.ts'
import type { Link, OpenFolder } from './link.ts'

/** Messages above this size are streamed. */
const LARGE = 1024 * 1024
/** Small messages are fetched together up to so many bytes and messages. */
const BATCH = { bytes: 8 * LARGE, messages: 200 }
/** Bytes of a large message asked for at once: all that is held of it, and each request ends in good time (MB-15). */
const PIECE = LARGE

interface Sized {
  uid: number
  size: number
}

/**
 * The sources of messages (see `Mailbox.raw`): small ones many at a time, large ones piece by piece. The connection is
 * free while the reader works on what it got.
 */
export async function* raw(
  link: Link,
  folder: FolderId,
  ids: readonly ItemId[],
  { sizes, signal }: RawOptions = {},
): AsyncIterable<RawMessage> {
  checkSignal(signal)
  const { uidValidity, sized } = await link.inFolder(folder, (open) => sizesOf(open, ids, sizes), { signal })
  for (const batch of batches(sized)) {
    checkSignal(signal)
    const [first] = batch
    if (first && first.size > LARGE) {
      const id = itemId(uidValidity, first.uid)
      yield { id, size: first.size, source: Readable.from(pieces(link, folder, id, signal), { objectMode: false }) }
      continue
    }
    for (const message of await link.inFolder(folder, (open) => readSmall(open, batch, uidValidity), { signal })) {
      checkSignal(signal)
      yield message
    }
  }
}

async function sizesOf(open: OpenFolder, ids: readonly ItemId[], known: RawOptions['sizes']) {
  const uids = uidsOf(ids, open.uidValidity)
  const found = known
    ? new Map(uids.map((uid) => [uid, known.get(itemId(open.uidValidity, uid)) ?? 0]))
    : await fetch(open, uids, 'UID RFC822.SIZE', (_, data) => sizeOf(data))
  const sized = uids.flatMap((uid): Sized[] => {
    const size = found.get(uid)
    return size === undefined ? [] : [{ uid, size }]
  })
  return { uidValidity: open.uidValidity, sized }
}

/** In the order asked for; a large message is a batch of its own. */
function batches(sized: readonly Sized[]): Sized[][] {
  const result: Sized[][] = []
  let bytes = 0
  for (const item of sized) {
    const last = result.at(-1)
    const full = !last || bytes + item.size > BATCH.bytes || last.length >= BATCH.messages
    if (full || item.size > LARGE || (last[0] as Sized).size > LARGE) {
      result.push([item])
      bytes = 0
    } else last.push(item)
    bytes += item.size
  }
  return result
}

async function readSmall(open: OpenFolder, batch: readonly Sized[], uidValidity: number): Promise<RawMessage[]> {
  if (open.uidValidity !== uidValidity) return []
  const uids = batch.map((item) => item.uid)
  const sources = await fetch(open, uids, 'UID BODY.PEEK[]', (_, data) => bodyOf(data))
  return uids.flatMap((uid) => {
    const source = sources.get(uid)
    return source === undefined ? [] : [{ id: itemId(uidValidity, uid), size: source.length, source }]
  })
}

/** The pieces of a large message. The server's idea of its size may be wrong: a short piece is the last one. */
async function* pieces(link: Link, folder: FolderId, id: ItemId, signal: AbortSignal | undefined) {
  for (let offset = 0; ; offset += PIECE) {
    const piece = await link.inFolder(folder, (open) => readPiece(open, id, offset), { signal })
    if (piece.length > 0) yield piece
    if (piece.length < PIECE) return
  }
}

async function readPiece(open: OpenFolder, id: ItemId, offset: number) {
  const uids = uidsOf([id], open.uidValidity)
  const pieces = await fetch(open, uids, `UID BODY.PEEK[]<${offset}.${PIECE}>`, (_, data) => bodyOf(data))
  const piece = pieces.get(uids[0] ?? 0)
  if (piece) return piece
  throw new MailboxError('notFound', 'ItemNotFound', `The message ${id} was deleted while it was read.`, {
    scope: 'item',
  })
}
