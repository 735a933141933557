import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'

/** The text of a file that spreadsheets write: by its byte order mark, else UTF-8 where it is that, else windows-1252. */
export function decodeTable(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const marked = (...mark: number[]) => mark.every((byte, at) => buffer[at] === byte)
  const name = marked(0xff, 0xfe)
    ? 'utf-16le'
    : marked(0xfe, 0xff)
      ? 'utf-16be'
      : isUtf8(buffer)
        ? 'utf-8'
        : 'windows-1252'
  return iconv.decode(buffer, name)
}
