/** How lines that begin with "From " were quoted: `mboxrd` adds a `>` to `>From ` too, `mboxo` only to `From `. */
export type Quoting = 'mboxrd' | 'mboxo'

const PATTERN = { mboxrd: /(^|\n)>(>*From )/g, mboxo: /(^|\n)>(From )/g }

/** Undoes the quoting of a whole message or of a piece that begins at the beginning of a line. */
export function unquote(bytes: Buffer, quoting: Quoting): Buffer {
  if (!bytes.includes('>From ')) return bytes
  return Buffer.from(bytes.toString('latin1').replace(PATTERN[quoting], '$1$2'), 'latin1')
}

/** Undoes the quoting of pieces cut anywhere. A line longer than a piece is passed on as it is, but for its beginning. */
export async function* unquoted(pieces: AsyncIterable<Buffer>, quoting: Quoting): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
    const lineEnd = bytes.lastIndexOf(10) + 1
    rest = bytes.subarray(lineEnd)
    if (lineEnd > 0) yield unquote(bytes.subarray(0, lineEnd), quoting)
  }
  if (rest.length > 0) yield unquote(rest, quoting)
}
