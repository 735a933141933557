import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { readAt, readHeaderBlock } from '../files.ts'
import type { ItemChange, ItemId } from '../port.ts'
import { receivedOf, type Span } from './scanner.ts'
import { type Quoting, unquote } from './unquote.ts'

/** A message in an mbox file. */
export interface MboxItem {
  id: ItemId
  /** Its source, without the From_ line and the empty line that ends it. */
  content: Span
  received: Date
  headers: Buffer
}

const LINE = 512
const HEAD = 1024
const TAIL = 256

/**
 * Reads where the message lies and its header block. The id is place and length, guarded by a digest of both ends: in
 * a file that was rewritten it finds nothing rather than another message.
 */
export async function readItem(file: FileHandle, span: Span, quoting: Quoting): Promise<MboxItem> {
  const [head, tail] = await ends(file, span)
  const lineEnd = head.indexOf(10)
  const fromLine = head.toString('latin1', 0, lineEnd < 0 ? LINE : lineEnd)
  const content = { start: span.start + lineEnd + 1, end: span.end - blankLine(tail) }
  const headers = unquote(await readHeaderBlock(file, content.start, Math.max(content.start, content.end)), quoting)
  const received = receivedOf(fromLine) ?? new Date((await file.stat()).mtime)
  return { id: `${span.start}.${span.end - span.start}.${digestOf(head, tail)}`, content, received, headers }
}

/** The message of an id; undefined when it is no longer at its place. */
export async function findItem(file: FileHandle, id: ItemId, quoting: Quoting): Promise<MboxItem | undefined> {
  const found = /^(\d{1,15})\.(\d{1,15})\.[0-9a-f]{16}$/.exec(id)
  if (!found) return undefined
  const start = Number(found[1])
  const span = { start, end: start + Number(found[2]) }
  if (span.end > (await file.stat()).size) return undefined
  const [head, tail] = await ends(file, span)
  return id.endsWith(digestOf(head, tail)) ? readItem(file, span, quoting) : undefined
}

/** Its state, as mail clients note it in the headers Status, X-Status, X-Keywords and X-Mozilla-Status. */
export function describe({ id, content, received, headers }: MboxItem): ItemChange {
  const text = headers.toString('latin1')
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(text)?.[1]?.trim() ?? ''
  const mozilla = Number.parseInt(field('X-Mozilla-Status') || '0', 16)
  const categories = field('X-Keywords').split(/[ \t]+/)
  return {
    id,
    received,
    size: content.end - content.start,
    categories: categories.filter((category) => category !== ''),
    seen: field('Status').includes('R') || (mozilla & 0x0001) !== 0,
    deleted: field('X-Status').includes('D') || (mozilla & 0x0008) !== 0,
    draft: field('X-Status').includes('T'),
  }
}

async function ends(file: FileHandle, { start, end }: Span): Promise<[Buffer, Buffer]> {
  const length = end - start
  const head = await readAt(file, start, Math.min(HEAD, length))
  return [head, await readAt(file, end - Math.min(TAIL, length), Math.min(TAIL, length))]
}

function digestOf(head: Uint8Array, tail: Uint8Array): string {
  return createHash('sha256').update(head).update(tail).digest('hex').slice(0, 16)
}

/** Bytes of the empty line that separates a message from the next one. */
function blankLine(tail: Buffer): number {
  const text = tail.toString('latin1')
  if (text.endsWith('\n\r\n')) return 2
  return text.endsWith('\n\n') ? 1 : 0
}
