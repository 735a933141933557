import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'

/**
 * Text of bytes in a named charset, as mail programs name them. Never fails: an unknown or missing name means UTF-8 where
 * the bytes are that, else windows-1252. iconv-lite decodes, because `TextDecoder` of Node 20 gets windows-1252 wrong.
 */
export function decodeCharset(bytes: Uint8Array, charset = ''): string {
  const name = canonicalCharset(charset)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (name === 'utf-8') return decodeUtf8(buffer)
  if (name === 'iso-2022-jp') return decodeIso2022Jp(buffer)
  if (name === '' || !iconv.encodingExists(name)) return isUtf8(buffer) ? utf8(buffer) : iconv.decode(buffer, FALLBACK)
  return iconv.decode(buffer, name)
}

/** Whether `decodeCharset` would decode by this name rather than guess. */
export function isKnownCharset(charset: string): boolean {
  const name = canonicalCharset(charset)
  return name === 'iso-2022-jp' || (name !== '' && iconv.encodingExists(name))
}

const FALLBACK = 'windows-1252'

/** Names as found in mail, to the superset that decodes them best (as browsers do, WHATWG Encoding §4.2). */
const CANONICAL = new Map<string, string>([
  ['utf8', 'utf-8'],
  ['utf-8', 'utf-8'],
  ['utf8mb4', 'utf-8'],
  ['unicode-1-1-utf-8', 'utf-8'],
  ['us-ascii', ''],
  ['ascii', ''],
  ['ansi_x3.4-1968', ''],
  ['unknown-8bit', ''],
  ['8bit', ''],
  ['iso-8859-1', 'windows-1252'],
  ['iso8859-1', 'windows-1252'],
  ['iso_8859-1', 'windows-1252'],
  ['latin1', 'windows-1252'],
  ['l1', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['iso-8859-9', 'windows-1254'],
  ['iso-8859-8-i', 'windows-1255'],
  ['iso-8859-11', 'windows-874'],
  ['gb2312', 'gb18030'],
  ['gbk', 'gb18030'],
  ['x-gbk', 'gb18030'],
  ['ks_c_5601-1987', 'cp949'],
  ['ks_c_5601-1989', 'cp949'],
  ['euc-kr', 'cp949'],
  ['x-sjis', 'shift_jis'],
  ['cp932', 'shift_jis'],
  ['x-euc-jp', 'euc-jp'],
  ['iso-2022-jp', 'iso-2022-jp'],
  ['csiso2022jp', 'iso-2022-jp'],
  ['iso-2022-jp-1', 'iso-2022-jp'],
  ['iso-2022-jp-ms', 'iso-2022-jp'],
  ['unicode-1-1-utf-7', 'utf-7'],
])

function canonicalCharset(charset: string): string {
  const known = CANONICAL.get(charset)
  if (known !== undefined) return known
  const name = charset.replaceAll(/["'\s]/g, '').toLowerCase()
  return CANONICAL.get(name) ?? name
}

function utf8(buffer: Buffer): string {
  const hasMark = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf
  return buffer.toString('utf8', hasMark ? 3 : 0)
}

/** A text cut in the middle of a character is still UTF-8; one that is mostly broken was windows-1252 all along. */
function decodeUtf8(buffer: Buffer): string {
  const text = utf8(buffer)
  if (isUtf8(buffer)) return text
  const broken = count(text, /\ufffd/g)
  const good = count(text, /[^\p{ASCII}\ufffd]/gu)
  return broken > good + 1 ? iconv.decode(buffer, FALLBACK) : text
}

function count(text: string, pattern: RegExp): number {
  let total = 0
  for (const _ of text.matchAll(pattern)) total++
  return total
}

/** ISO-2022-JP (RFC 1468) by way of EUC-JP, which holds the same characters with the high bit set. */
function decodeIso2022Jp(buffer: Buffer): string {
  const eucJp = Buffer.allocUnsafe(buffer.length * 2)
  let length = 0
  let set: 'single' | 'kana' | 'double' = 'single'
  for (let index = 0; index < buffer.length; index++) {
    const byte = buffer[index] as number
    if (byte === 0x1b) {
      const escape = buffer.toString('latin1', index + 1, index + 4)
      set = /^\$(?:[@B]|\([@BDOP])/.test(escape) ? 'double' : escape.startsWith('(I') ? 'kana' : 'single'
      index += escape.startsWith('$(') ? 3 : 2
    } else if (byte < 0x21 || set === 'single') {
      if (byte === 0x0a || byte === 0x0d) set = 'single'
      eucJp[length++] = byte
    } else {
      if (set === 'kana') eucJp[length++] = 0x8e
      eucJp[length++] = byte | 0x80
    }
  }
  return iconv.decode(eucJp.subarray(0, length), 'euc-jp')
}
