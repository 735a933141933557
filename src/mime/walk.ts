import { findBlankLine, MAX_HEADER_BYTES } from './header-block.ts'
import { type PartHeaders, parsePartHeaders } from './part-headers.ts'

/** A multipart that encloses a part. */
export interface Multipart {
  /** E.g. `alternative`. */
  subtype: string
  parent: Multipart | undefined
}

/** A part that holds content: anything but a multipart. Messages inside a message count as content. */
export interface Leaf {
  headers: PartHeaders
  parent: Multipart | undefined
  /** The multipart could not be opened: it names no boundary, or is nested too deep. */
  sealed: boolean
}

/** Takes the content of a leaf as it stands in the message, still transfer-encoded. */
export interface LeafSink {
  write(bytes: Buffer): void
  end(): void
}

export interface Visitor {
  /** The header block of the message itself, before any leaf. */
  root(block: Buffer): void
  /** A leaf begins. Without a sink its content is skipped. */
  leaf(leaf: Leaf): LeafSink | undefined
}

interface OpenMultipart extends Multipart {
  boundary: string
  /** Index in the stack of an outer multipart with the same boundary: a mistake that is made. */
  shadows: number | undefined
}

interface Delimiter {
  /** End of the content before it: its own line break belongs to the delimiter (RFC 2046 §5.1.1). */
  contentEnd: number
  lineEnd: number
  depth: number
  closes: boolean
}

/**
 * Walks the tree of a MIME message (RFC 2046) that arrives in pieces, without keeping it, and tells a visitor what it
 * meets. Never throws on its own account: a missing delimiter ends a part with the message, a delimiter of an outer
 * multipart ends the inner ones. Linear in time.
 */
export class MimeWalker {
  #visitor: Visitor
  #maxDepth: number
  #stack: OpenMultipart[] = []
  #boundaries = new Map<string, number>()
  #pending: Buffer = NOTHING
  #reading: 'headers' | 'body' = 'headers'
  #isRoot = true
  #sink: LeafSink | undefined
  /** What stands before the first part of the message: its text, should no part follow because the boundary is wrong. */
  #preamble: Buffer[] | undefined
  /** The next byte of the body begins a line. */
  #atLineStart = false

  constructor(visitor: Visitor, maxDepth: number) {
    this.#visitor = visitor
    this.#maxDepth = maxDepth
  }

  write(chunk: Buffer): void {
    this.#read(this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk, false)
  }

  end(): void {
    this.#read(this.#pending, true)
    if (this.#preamble) this.#readPreambleAsText(this.#preamble)
    this.#endLeaf()
  }

  #read(data: Buffer, final: boolean): void {
    this.#pending = NOTHING
    let position: number | undefined = 0
    while (position !== undefined && (position < data.length || this.#owesPart(final))) {
      position = this.#reading === 'headers' ? this.#headers(data, position, final) : this.#body(data, position, final)
    }
  }

  /** A delimiter at the very end begins a part all the same, and so does an empty message. */
  #owesPart(final: boolean): boolean {
    return final && this.#reading === 'headers'
  }

  /** Reads one header block; returns where to go on, or undefined to wait for more. */
  #headers(data: Buffer, from: number, final: boolean): number | undefined {
    const furthest = Math.min(data.length, from + MAX_HEADER_BYTES)
    // The delimiter first: its search ends at the next one, whereas the next empty line may be far behind it. The line
    // break before a delimiter may itself be the empty line.
    const delimiter = this.#findDelimiter(data, from, furthest, final, true)
    const isFound = typeof delimiter === 'object'
    const blank = findBlankLine(data, from, isFound ? delimiter.contentEnd + 1 : furthest)
    if (isFound && !blank) {
      this.#begin(data.subarray(from, Math.max(from, delimiter.contentEnd)))
      return this.#cross(delimiter)
    }
    if (!blank && !final && data.length - from < MAX_HEADER_BYTES) {
      this.#pending = Buffer.from(data.subarray(from))
      return undefined
    }
    this.#begin(data.subarray(from, blank?.start ?? furthest))
    this.#atLineStart = true
    return blank?.end ?? furthest
  }

  /** Reads content up to the next delimiter; returns where to go on, or undefined when all was used or kept back. */
  #body(data: Buffer, from: number, final: boolean): number | undefined {
    const found = this.#findDelimiter(data, from, data.length, final, this.#atLineStart)
    if (typeof found === 'object') {
      this.#content(data.subarray(from, Math.max(from, found.contentEnd)))
      return this.#cross(found)
    }
    this.#content(data.subarray(from, found))
    if (found > from) this.#atLineStart = false
    if (found < data.length) this.#pending = Buffer.from(data.subarray(found))
    return undefined
  }

  #content(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#sink?.write(bytes)
    if (this.#preamble && this.#preamble.length < MAX_PREAMBLE_PIECES) this.#preamble.push(bytes)
  }

  #readPreambleAsText(pieces: Buffer[]): void {
    if (pieces.length === 0) return
    this.#sink = this.#visitor.leaf({ headers: parsePartHeaders(NOTHING), parent: undefined, sealed: false })
    for (const piece of pieces) this.#sink?.write(piece)
  }

  #begin(block: Buffer): void {
    const parent = this.#stack.at(-1)
    const headers = parsePartHeaders(block, parent?.subtype === 'digest' ? 'message/rfc822' : 'text/plain')
    const isRoot = this.#isRoot
    if (isRoot) this.#visitor.root(block)
    this.#isRoot = false
    this.#reading = 'body'
    const boundary = headers.type.parameters.get('boundary')?.trimEnd() ?? ''
    const isMultipart = headers.type.value.startsWith('multipart/')
    if (isMultipart && boundary !== '' && boundary.length <= MAX_BOUNDARY && this.#stack.length < this.#maxDepth) {
      this.#open({ subtype: headers.type.value.slice('multipart/'.length), parent, boundary, shadows: undefined })
      if (isRoot) this.#preamble = []
    } else this.#sink = this.#visitor.leaf({ headers, parent, sealed: isMultipart })
  }

  #open(multipart: OpenMultipart): void {
    multipart.shadows = this.#boundaries.get(multipart.boundary)
    this.#boundaries.set(multipart.boundary, this.#stack.length)
    this.#stack.push(multipart)
  }

  /** Goes past a delimiter: the leaf and the inner multiparts end, and a part begins or the multipart ends too. */
  #cross(delimiter: Delimiter): number {
    this.#endLeaf()
    this.#preamble = undefined
    // A closed multipart stays open to parts that follow all the same, unless its delimiter is an outer one's too.
    const leaves = delimiter.closes && this.#stack[delimiter.depth]?.shadows !== undefined
    const keep = leaves ? delimiter.depth : delimiter.depth + 1
    while (this.#stack.length > keep) {
      const { boundary, shadows } = this.#stack.pop() as OpenMultipart
      if (shadows === undefined) this.#boundaries.delete(boundary)
      else this.#boundaries.set(boundary, shadows)
    }
    this.#reading = delimiter.closes ? 'body' : 'headers'
    this.#atLineStart = true
    return delimiter.lineEnd
  }

  #endLeaf(): void {
    this.#sink?.end()
    this.#sink = undefined
  }

  /** The next delimiter line between two offsets; without one, the offset up to which there can be none. */
  #findDelimiter(data: Buffer, from: number, to: number, final: boolean, atLineStart: boolean): Delimiter | number {
    if (this.#stack.length === 0) return to
    if (atLineStart && !final && to - from < 2) return from
    let dashes = atLineStart && data[from] === DASH && data[from + 1] === DASH ? from : next(from)
    for (; dashes >= 0 && dashes < to; dashes = next(dashes)) {
      const newline = data.indexOf(LF, dashes)
      if (newline < 0 && !final && data.length - dashes <= MAX_LINE) return lineBreakBefore(data, dashes, from)
      const lineEnd = newline < 0 ? data.length : newline + 1
      if (lineEnd - dashes > MAX_LINE) continue
      const line = trimEndBlanks(data.toString('latin1', dashes + 2, lineEnd))
      const depth = this.#boundaries.get(line)
      const closed = depth === undefined && line.endsWith('--') ? this.#boundaries.get(line.slice(0, -2)) : undefined
      const found = depth ?? closed
      if (found === undefined) continue
      const contentEnd = lineBreakBefore(data, dashes, from)
      return { contentEnd, lineEnd, depth: found, closes: depth === undefined }
    }
    return final ? to : undecidedFrom(data, from, to)

    function next(after: number): number {
      const lineBreak = data.indexOf('\n--', after, 'latin1')
      return lineBreak < 0 ? -1 : lineBreak + 1
    }
  }
}

const NOTHING = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d
const DASH = 0x2d
/** RFC 2046 allows 70. */
const MAX_BOUNDARY = 250
const MAX_LINE = 998
/** Pieces are at most a quarter of a megabyte. */
const MAX_PREAMBLE_PIECES = 16

/** Where the line break begins that ends the line before `lineStart`. */
function lineBreakBefore(data: Buffer, lineStart: number, from: number): number {
  if (lineStart <= from) return lineStart
  return lineStart - 2 >= from && data[lineStart - 2] === CR ? lineStart - 2 : lineStart - 1
}

/** A line break at the end, with at most one dash after it, may turn out to begin a delimiter. */
function undecidedFrom(data: Buffer, from: number, to: number): number {
  const lineStart = data[to - 1] === DASH ? to - 1 : to
  if (data[lineStart - 1] === LF) return Math.max(from, lineBreakBefore(data, lineStart, from))
  return data[to - 1] === CR && to > from ? to - 1 : to
}

function trimEndBlanks(line: string): string {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) <= 0x20) end--
  return line.slice(0, end)
}
