/** The part of a message before its body: up to the first empty line, or everything. */
export function headerBlock(source: Uint8Array): Uint8Array {
  return source.subarray(0, endOfHeaders(source) ?? source.length)
}

/** Offset just after the empty line that ends the header block; undefined when it is not in `bytes`. RFC 5322 2.1. */
export function endOfHeaders(bytes: Uint8Array): number | undefined {
  if (bytes[0] === LF) return 1
  if (bytes[0] === CR && bytes[1] === LF) return 2
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3
  }
  return undefined
}

const LF = 10
const CR = 13
const MESSAGE_ID = /^message-id:[ \t]*(?:\r?\n[ \t]+)*(<[^>\r\n]*>|\S+)/im

/** The Message-ID of a source or header block, as written and with its angle brackets. RFC 5322 3.6.4. */
export function messageIdOf(source: Uint8Array): string | undefined {
  return MESSAGE_ID.exec(Buffer.from(headerBlock(source)).toString('latin1'))?.[1]
}
