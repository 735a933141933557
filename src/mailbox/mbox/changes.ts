import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '#time'
import { checkPageSize, checkSignal, cursorLost } from '../failures.ts'
import { readAt } from '../files.ts'
import type { ChangeOptions, ChangePage, Cursor, FolderId } from '../port.ts'
import { describe, type MboxItem, readItem } from './item.ts'
import { type Span, spans } from './scanner.ts'
import type { Quoting } from './unquote.ts'

/**
 * An mbox file grows at its end; any other change moves what follows. So the cursor is an offset, guarded by a digest of
 * the bytes before it: while the guard holds, what follows is new, and when it does not, the file was rewritten and is
 * listed again.
 */
interface Position {
  phase: 'first' | 'next'
  offset: number
  guard: string
  /** Of the file when it was read to its end, in milliseconds; 0 on the way there. */
  modified: number
}

export interface OpenMbox {
  file: FileHandle
  fingerprint: string
  quoting: Quoting
  clock: Clock
}

const GUARD = 4096
/** For how long an unfinished last line means that a message is still being written. Milliseconds. */
const STILL_WRITING = 60_000
const VERSION = 'b1'

export async function* changes(
  mbox: OpenMbox,
  id: FolderId,
  since: Cursor | undefined,
  options: ChangeOptions,
): AsyncGenerator<ChangePage> {
  checkPageSize(options.pageSize)
  checkSignal(options.signal)
  const { file, quoting } = mbox
  const { size, mtimeMs } = await file.stat()
  let position: Position = { phase: 'first', offset: 0, guard: await guardAt(file, 0), modified: 0 }
  if (since !== undefined) {
    position = read(mbox, id, since)
    await check(file, id, position, size)
    if (position.offset === size && position.modified !== 0 && position.modified !== mtimeMs) {
      throw cursorLost(id, 'the file was changed in place')
    }
  }
  const end = await endOfComplete(mbox, position.offset, size, mtimeMs)
  const { phase } = position
  const isWanted = ({ received }: MboxItem) =>
    phase === 'next' || !options.receivedAfter || received >= options.receivedAfter
  for await (const { page, last } of pages(spans(file, position.offset, end), options)) {
    const items: MboxItem[] = []
    for (const span of page) items.push(await readItem(file, span, quoting))
    // Someone may have rewritten the file while it was read.
    await check(file, id, position, (await file.stat()).size)
    const offset = last ? end : (page.at(-1) as Span).end
    const modified = last && end === size ? mtimeMs : 0
    position = { phase: last ? 'next' : phase, offset, guard: await guardAt(file, offset), modified }
    const upserts = items.filter(isWanted).map(describe)
    yield { upserts, removals: [], cursor: write(mbox, position), more: !last }
    checkSignal(options.signal)
  }
}

async function* pages(
  all: AsyncIterable<Span>,
  size: Pick<ChangeOptions, 'pageSize'>,
): AsyncGenerator<{ page: Span[]; last: boolean }> {
  let page: Span[] = []
  for await (const span of all) {
    if (page.length >= size.pageSize) {
      yield { page, last: false }
      page = []
    }
    page.push(span)
  }
  yield { page, last: true }
}

/** Where the complete messages end: before one that a delivery agent seems to be writing still. */
async function endOfComplete({ file, clock }: OpenMbox, from: number, size: number, mtimeMs: number): Promise<number> {
  const last = await readAt(file, Math.max(0, size - 1), 1)
  const isWhole = size === 0 || last[0] === 10 || clock.now().getTime() - mtimeMs > STILL_WRITING
  if (isWhole) return size
  let start = from
  for await (const span of spans(file, from, size)) start = span.start
  return start
}

async function check(file: FileHandle, id: FolderId, { offset, guard }: Position, size: number): Promise<void> {
  if (offset <= size && guard === (await guardAt(file, offset))) return
  throw cursorLost(id, 'the file was rewritten')
}

async function guardAt(file: FileHandle, offset: number): Promise<string> {
  const bytes = await readAt(file, Math.max(0, offset - GUARD), Math.min(GUARD, offset))
  return createHash('sha256').update(bytes).digest('hex').slice(0, 24)
}

function write({ fingerprint }: OpenMbox, { phase, offset, guard, modified }: Position): Cursor {
  return [VERSION, fingerprint, phase, offset, guard, modified].join(';')
}

function read({ fingerprint }: OpenMbox, id: FolderId, cursor: Cursor): Position {
  const found = /^b1;([0-9a-z-]{1,40});(first|next);(\d{1,15});([0-9a-f]{24});(\d{1,15}(?:\.\d{1,20})?)$/.exec(cursor)
  if (!found) throw cursorLost(id, 'the cursor is not one of an mbox file')
  if (found[1] !== fingerprint) throw cursorLost(id, 'the file was replaced by another')
  const [, , phase, offset, guard, modified] = found
  return {
    phase: phase as Position['phase'],
    offset: Number(offset),
    guard: guard as string,
    modified: Number(modified),
  }
}
