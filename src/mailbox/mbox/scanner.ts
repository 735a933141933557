import type { FileHandle } from 'node:fs/promises'
import { readAt } from '../files.ts'

/** Where a message lies in its file, from its From_ line to before the next one. Bytes. */
export interface Span {
  start: number
  end: number
}

const PIECE = 1024 * 1024
/** A From_ line is not longer than this. */
const LINE = 512
/** So many bytes before a line tell whether it follows an empty one. */
const BEFORE = 4
const FROM = Buffer.from('From ')
/**
 * `From sender Mon Jan  5 09:00:00 2026`, with or without seconds and zone (RFC 4155). Asking for a date keeps most
 * unquoted "From " in texts from being taken for one; Content-Length is ignored because it is often wrong.
 */
const FROM_LINE = /^From .*\b[A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d{2}(?::\d{2})?\b.*\b\d{4}\b/

/**
 * The messages from offset `from` (a From_ line, or the end of an earlier message) to `end`, read in pieces however
 * large the file is.
 */
export async function* spans(file: FileHandle, from: number, end: number): AsyncGenerator<Span> {
  let start: number | undefined
  for await (const at of fromLines(file, from, end)) {
    if (start !== undefined) yield { start, end: at }
    start = at
  }
  if (start !== undefined) yield { start, end }
}

async function* fromLines(file: FileHandle, from: number, end: number): AsyncGenerator<number> {
  const buffer = Buffer.allocUnsafe(PIECE + BEFORE)
  for (let at = from; at < end; ) {
    const before = Math.min(at, BEFORE)
    const bytes = await readAt(file, at - before, Math.min(PIECE, end - at) + before, buffer)
    const isLast = at - before + bytes.length >= end
    if (bytes.length <= before) return
    const safe = isLast ? bytes.length : bytes.length - LINE
    for (let found = bytes.indexOf(FROM, before); found >= 0 && found < safe; found = bytes.indexOf(FROM, found + 1)) {
      if (isFromLine(bytes, found, at - before === 0)) yield at - before + found
    }
    at += safe - before
    if (isLast) return
  }
}

function isFromLine(bytes: Buffer, at: number, fromStart: boolean): boolean {
  const follows = (at === 0 && fromStart) || /(?:^|\n)\r?\n$/.test(bytes.toString('latin1', Math.max(0, at - 3), at))
  if (!follows) return false
  const lineEnd = bytes.indexOf(10, at)
  return FROM_LINE.test(bytes.toString('latin1', at, lineEnd < 0 || lineEnd > at + LINE ? at + LINE : lineEnd))
}

/** Arrival as the From_ line tells it, in UTC where it names no zone. */
export function receivedOf(fromLine: string): Date | undefined {
  const found =
    /\b([A-Z][a-z]{2}) +(\d{1,2}) +(\d{1,2}:\d{2}(?::\d{2})?)\b(?: +([+-]\d{4}|[A-Z]{3,4}))? +(\d{4})(?: +([+-]\d{4}))?/.exec(
      fromLine,
    )
  if (!found) return undefined
  const [, month, day, time, before, year, after] = found
  const zone = [after, before].find((zone) => zone?.match(/^[+-]/)) ?? '+0000'
  const received = new Date(`${day} ${month} ${year} ${time} ${zone}`)
  return Number.isNaN(received.getTime()) ? undefined : received
}
