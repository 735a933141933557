/** Decodes a content transfer encoding (RFC 2045 §6) piece by piece. Never fails: what is no code is skipped or kept. */
export interface TransferDecoder {
  write(bytes: Buffer): Buffer
  /** What was held back; call once. */
  end(): Buffer
}

/** The decoder for a header Content-Transfer-Encoding; `7bit`, `8bit`, `binary` and unknown ones leave bytes as they are. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new Base64Decoder()
  if (encoding === 'quoted-printable') return new QuotedPrintableDecoder()
  return IDENTITY
}

const NOTHING = Buffer.alloc(0)
const IDENTITY: TransferDecoder = { write: (bytes) => bytes, end: () => NOTHING }

const NO_VALUE = 0xff
const BASE64_VALUES = valuesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const EQUALS = 0x3d

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(256).fill(NO_VALUE)
  Buffer.from(alphabet).forEach((code, value) => {
    values[code] = value
  })
  return values
}

/** Characters outside the alphabet are skipped; after padding the next quantum begins, so that joined texts decode. */
class Base64Decoder implements TransferDecoder {
  #quantum = 0
  #characters = 0

  write(bytes: Buffer): Buffer {
    const decoded = Buffer.allocUnsafe(Math.ceil((bytes.length * 3) / 4) + 3)
    let length = 0
    let quantum = this.#quantum
    let characters = this.#characters
    for (let index = 0; index < bytes.length; index++) {
      const code = bytes[index] as number
      const value = BASE64_VALUES[code] as number
      if (value !== NO_VALUE) {
        quantum = (quantum << 6) | value
        if (++characters === 4) {
          decoded[length] = quantum >> 16
          decoded[length + 1] = quantum >> 8
          decoded[length + 2] = quantum
          length += 3
          quantum = 0
          characters = 0
        }
      } else if (code === EQUALS) {
        length += writeRest(decoded, length, quantum, characters)
        quantum = 0
        characters = 0
      }
    }
    this.#quantum = quantum
    this.#characters = characters
    return decoded.subarray(0, length)
  }

  end(): Buffer {
    const decoded = Buffer.allocUnsafe(2)
    const length = writeRest(decoded, 0, this.#quantum, this.#characters)
    this.#characters = 0
    return decoded.subarray(0, length)
  }
}

/** The one or two bytes of an incomplete quantum of two or three characters. */
function writeRest(target: Buffer, at: number, quantum: number, characters: number): number {
  if (characters < 2) return 0
  const bits = quantum << (6 * (4 - characters))
  target[at] = bits >> 16
  if (characters === 3) target[at + 1] = bits >> 8
  return characters - 1
}

const LF = 0x0a
const CR = 0x0d
const TAB = 0x09
const SPACE = 0x20
/** Enough to see `=XX`, or the blanks that a gateway put at the end of a line. */
const MAX_HELD = 1_000

class QuotedPrintableDecoder implements TransferDecoder {
  #held: Buffer = NOTHING

  write(bytes: Buffer): Buffer {
    const source = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes
    const complete = source.length - undecidedLength(source)
    this.#held = complete < source.length ? Buffer.from(source.subarray(complete)) : NOTHING
    return decodeQuotedPrintable(source.subarray(0, complete), false)
  }

  end(): Buffer {
    const rest = this.#held
    this.#held = NOTHING
    return decodeQuotedPrintable(rest, true)
  }
}

/** How many bytes at the end cannot be decoded before more is known: blanks and CR, and an equals sign with its follower. */
function undecidedLength(source: Buffer): number {
  let start = source.length
  while (start > 0 && source.length - start < MAX_HELD && isBlankOrCr(source[start - 1] as number)) start--
  if (start > 0 && source[start - 1] === EQUALS) return source.length - start + 1
  if (start === source.length && source[start - 2] === EQUALS) return 2
  return source.length - start
}

function isBlankOrCr(code: number): boolean {
  return code === SPACE || code === TAB || code === CR
}

const HEX_VALUES = hexValues()

function hexValues(): Uint8Array {
  const values = valuesOf('0123456789ABCDEF')
  for (let digit = 10; digit < 16; digit++) values[0x61 + digit - 10] = digit
  return values
}

/** @param final the text ends here, and an equals sign at its end is a soft line break */
function decodeQuotedPrintable(source: Buffer, final: boolean): Buffer {
  const decoded = Buffer.allocUnsafe(source.length)
  let length = 0
  /** Length without the blanks at the end of the line, which are not part of the text (RFC 2045 §6.7 rule 3). */
  let solid = 0
  for (let index = 0; index < source.length; index++) {
    const code = source[index] as number
    if (code === EQUALS) {
      const high = HEX_VALUES[source[index + 1] as number] ?? NO_VALUE
      const low = HEX_VALUES[source[index + 2] as number] ?? NO_VALUE
      if (high !== NO_VALUE && low !== NO_VALUE) {
        decoded[length++] = (high << 4) | low
        index += 2
        solid = length
        continue
      }
      const lineEnd = softBreakEnd(source, index + 1, final)
      if (lineEnd > 0) {
        index = lineEnd - 1
        solid = length
        continue
      }
    }
    if (code === LF) {
      const crlf = source[index - 1] === CR
      length = solid
      if (crlf) decoded[length++] = CR
    }
    decoded[length++] = code
    if (!isBlankOrCr(code)) solid = length
  }
  return decoded.subarray(0, length)
}

/** The index after a soft line break whose equals sign stands before `index`; 0 when there is none. */
function softBreakEnd(source: Buffer, index: number, final: boolean): number {
  let at = index
  while (at < source.length && isBlankOrCr(source[at] as number)) at++
  if (at === source.length) return final ? at : 0
  return source[at] === LF ? at + 1 : 0
}
