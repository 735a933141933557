const LINE_LIMIT = 64 * 1024 * 1024
const LITERAL_LIMIT = 64 * 1024 * 1024

/**
 * Cuts a server's bytes into responses. A response is a list of segments: text, literal, text, literal, … text; texts end
 * where a literal begins or the line ends (RFC 9051 §4.3).
 */
export class ResponseReader {
  readonly #onResponse: (segments: Buffer[]) => void
  #segments: Buffer[] = []
  #line: Buffer[] = []
  #lineLength = 0
  #literal: Buffer | undefined
  #filled = 0

  constructor(onResponse: (segments: Buffer[]) => void) {
    this.#onResponse = onResponse
  }

  /** @throws Error when a line or a literal exceeds 64 MB; the connection cannot be used any more. */
  push(chunk: Buffer): void {
    let position = 0
    while (position < chunk.length) {
      if (this.#literal) {
        position += this.#fillLiteral(this.#literal, chunk, position)
        continue
      }
      const end = chunk.indexOf(0x0a, position)
      if (end < 0) {
        this.#hold(chunk.subarray(position))
        return
      }
      this.#hold(chunk.subarray(position, end))
      position = end + 1
      this.#endLine()
    }
  }

  #hold(part: Buffer): void {
    this.#lineLength += part.length
    if (this.#lineLength > LINE_LIMIT) throw new Error(`The server sent a line longer than ${LINE_LIMIT} bytes`)
    this.#line.push(part)
  }

  #fillLiteral(literal: Buffer, chunk: Buffer, position: number): number {
    const copied = chunk.copy(literal, this.#filled, position)
    this.#filled += copied
    if (this.#filled === literal.length) {
      this.#segments.push(literal)
      this.#literal = undefined
    }
    return copied
  }

  #endLine(): void {
    let line = this.#line.length === 1 ? (this.#line[0] as Buffer) : Buffer.concat(this.#line)
    this.#line = []
    this.#lineLength = 0
    if (line.at(-1) === 0x0d) line = line.subarray(0, -1)
    const size = literalSize(line)
    this.#segments.push(line)
    if (size === undefined) {
      const segments = this.#segments
      this.#segments = []
      this.#onResponse(segments)
      return
    }
    if (size > LITERAL_LIMIT) throw new Error(`The server announced a literal of ${size} bytes`)
    if (size === 0) this.#segments.push(Buffer.alloc(0))
    else this.#literal = Buffer.allocUnsafe(size)
    this.#filled = 0
  }
}

/** The size in a text's closing `{123}`. */
function literalSize(line: Buffer): number | undefined {
  if (line.at(-1) !== 0x7d) return undefined
  const tail = line.toString('latin1', Math.max(0, line.length - 24))
  const match = /\{(\d+)\+?\}$/.exec(tail)
  return match ? Number(match[1]) : undefined
}
