import { trimBlanks } from './blanks.ts'

/** Of a header block at most this many bytes are read. */
export const MAX_HEADER_BYTES = 1024 * 1024

/**
 * The header block of a raw message: everything before the first empty line, without it; the whole source when there is
 * none. At most `MAX_HEADER_BYTES`. A view, not a copy.
 */
export function parseHeaderBlockOf(source: Uint8Array): Uint8Array {
  const bytes = Buffer.from(source.buffer, source.byteOffset, Math.min(source.byteLength, MAX_HEADER_BYTES))
  return source.subarray(0, findBlankLine(bytes)?.start ?? bytes.length)
}

/** Where the first empty line between two offsets begins and ends; undefined when there is none. */
export function findBlankLine(bytes: Buffer, from = 0, to = bytes.length): { start: number; end: number } | undefined {
  for (let lineStart = from; lineStart < to; ) {
    if (bytes[lineStart] === LF) return { start: lineStart, end: lineStart + 1 }
    if (bytes[lineStart] === CR && bytes[lineStart + 1] === LF) return { start: lineStart, end: lineStart + 2 }
    const lineEnd = bytes.indexOf(LF, lineStart)
    if (lineEnd < 0) return undefined
    lineStart = lineEnd + 1
  }
  return undefined
}

/**
 * Reads the fields of a header block (RFC 5322 §2.2) and hands over those whose lower-case name `wants` knows: unfolded,
 * one character per byte, trimmed. Lines that are no field are skipped; LF alone and CR alone end lines too. Stops at an
 * empty line.
 */
export function readFields(block: Uint8Array, wants: ReadonlySet<string>, take: (name: string, value: string) => void) {
  const text = lines(block)
  let position = text.charCodeAt(0) === 0xef && text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0
  while (position < text.length) {
    const first = text.charCodeAt(position)
    if (first === LF || (first === CR && text.charCodeAt(position + 1) === LF)) return
    let end = lineEndAfter(text, position)
    let folded = false
    for (let next = text.charCodeAt(end + 1); next === SPACE || next === TAB; next = text.charCodeAt(end + 1)) {
      folded = true
      end = lineEndAfter(text, end + 1)
    }
    const colon = colonAfterName(text, position, end)
    if (colon > position) {
      const name = text.slice(position, colon).trimEnd().toLowerCase()
      if (wants.has(name)) {
        const value = text.slice(colon + 1, end)
        take(name, trimBlanks(folded ? value.replaceAll(LINE_BREAK, '') : value))
      }
    }
    position = end + 1
  }
}

const LF = 0x0a
const CR = 0x0d
const TAB = 0x09
const SPACE = 0x20
const COLON = 0x3a
const LINE_BREAK = /\r?\n/g
/** No name that anybody wants is longer. */
const MAX_NAME = 64

function lines(block: Uint8Array): string {
  const buffer = Buffer.from(block.buffer, block.byteOffset, Math.min(block.byteLength, MAX_HEADER_BYTES))
  const text = buffer.toString('latin1')
  return text.includes('\r') && !text.includes('\n') ? text.replaceAll('\r', '\n') : text
}

function lineEndAfter(text: string, position: number): number {
  const end = text.indexOf('\n', position)
  return end < 0 ? text.length : end
}

function colonAfterName(text: string, start: number, lineEnd: number): number {
  const limit = Math.min(lineEnd, start + MAX_NAME)
  for (let index = start; index < limit; index++) if (text.charCodeAt(index) === COLON) return index
  return -1
}
