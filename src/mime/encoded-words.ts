import { trimBlanks } from './blanks.ts'
import { decodeCharset } from './charset.ts'

/**
 * Text of an unfolded header value given as one character per byte: encoded words (RFC 2047) are decoded, adjacent ones
 * joined before decoding so that a character split across them survives, and raw 8-bit bytes read as UTF-8 (RFC 6532)
 * or else as `charset`. No control character, line break or half a surrogate pair is left. Linear in time.
 */
export function decodeHeaderText(raw: string, charset?: string): string {
  if (!raw.includes('=?')) return cleanHeaderText(decodeRaw(raw, charset))
  const decoded = new Decoded()
  let position = 0
  for (let start = raw.indexOf('=?'); start >= 0; start = raw.indexOf('=?', Math.max(start + 2, position))) {
    const word = encodedWordAt(raw, start)
    if (word === 'none') break
    if (!word) continue
    const between = raw.slice(position, start)
    if (!decoded.endsInWord || trimBlanks(between) !== '') decoded.addPlain(decodeRaw(between, charset))
    decoded.addWord(word)
    position = word.end
  }
  decoded.addPlain(decodeRaw(raw.slice(position), charset))
  return cleanHeaderText(decoded.text())
}

/** What must never survive in a decoded value: CR, LF, NUL and their kin, line separators, half surrogate pairs. */
export function cleanHeaderText(text: string): string {
  return CLEAN.test(text) ? text : text.replaceAll(UNWANTED, ' ')
}

const CLEAN = /^[ -~]*$/
const UNWANTED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu
const EIGHT_BIT = /[\u0080-\u00ff]/

/** Raw 8-bit text: UTF-8 where it is valid, else the charset the message claims for its body. Raw ISO-2022-JP is 7-bit. */
export function decodeRaw(raw: string, charset?: string): string {
  if (raw.includes('\u001b$')) return decodeCharset(Buffer.from(raw, 'latin1'), 'iso-2022-jp')
  if (!EIGHT_BIT.test(raw)) return raw
  const bytes = Buffer.from(raw, 'latin1')
  const asUtf8 = bytes.toString('utf8')
  return asUtf8.includes('\ufffd') ? decodeCharset(bytes, charset) : asUtf8
}

export interface EncodedWord {
  charset: string
  bytes: () => Buffer
  /** Index after the word. */
  end: number
}

/**
 * The encoded word that begins at `start`, undefined when there is none, `none` when no word can end after `start`.
 * Blanks and question marks inside are tolerated: many programs write them.
 */
export function encodedWordAt(raw: string, start: number): EncodedWord | 'none' | undefined {
  WORD_START.lastIndex = start
  const match = WORD_START.exec(raw)
  if (!match) return undefined
  const textStart = WORD_START.lastIndex
  const textEnd = raw.indexOf('?=', textStart)
  if (textEnd < 0) return 'none'
  const [, charset, encoding] = match as unknown as [string, string, string]
  const isBase64 = encoding === 'B' || encoding === 'b'
  return {
    charset: charset.replace(/\*.*/, '').toLowerCase(),
    bytes: () => {
      const text = raw.slice(textStart, textEnd)
      return isBase64 ? Buffer.from(text, 'base64') : decodeQ(text)
    },
    end: textEnd + 2,
  }
}

const WORD_START = /=\?([^?\s]{1,64})\?([bBqQ])\?/y

function decodeQ(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length)
  let length = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const pair = code === EQUALS ? text.slice(index + 1, index + 3) : ''
    if (HEX_PAIR.test(pair)) {
      bytes[length++] = Number.parseInt(pair, 16)
      index += 2
    } else bytes[length++] = code === UNDERSCORE ? 0x20 : code
  }
  return bytes.subarray(0, length)
}

const EQUALS = 0x3d
const UNDERSCORE = 0x5f
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/

/** Joins the bytes of adjacent words of one charset before decoding them. */
class Decoded {
  #text = ''
  #charset = ''
  #bytes: Buffer[] = []
  endsInWord = false

  addPlain(text: string): void {
    if (text === '') return
    this.#flush()
    this.#text += text
    this.endsInWord = false
  }

  addWord(word: EncodedWord): void {
    if (word.charset !== this.#charset) this.#flush()
    this.#charset = word.charset
    this.#bytes.push(word.bytes())
    this.endsInWord = true
  }

  text(): string {
    this.#flush()
    return this.#text
  }

  #flush(): void {
    if (this.#bytes.length === 0) return
    const bytes = this.#bytes.length === 1 ? (this.#bytes[0] as Buffer) : Buffer.concat(this.#bytes)
    this.#text += decodeCharset(bytes, this.#charset)
    this.#bytes = []
  }
}
