import { trimBlanks } from './blanks.ts'
import { decodeCharset } from './charset.ts'
import { cleanHeaderText, decodeHeaderText } from './encoded-words.ts'

/** A structured value such as that of Content-Type or Content-Disposition. */
export interface ParameterizedValue {
  /** Lower-case, without white space, e.g. `text/plain` or `attachment`. */
  value: string
  /** Lower-case names; the first of duplicates wins. */
  parameters: ReadonlyMap<string, string>
}

/**
 * Reads a value with parameters (RFC 2045 §5.1), with those split or encoded by RFC 2231 joined and decoded, and those
 * encoded by RFC 2047 against the rules decoded too. Tolerates missing quotes and semicolons at will. Linear in time.
 * @param raw one character per byte, unfolded
 */
export function parseParameterized(raw: string, charset?: string): ParameterizedValue {
  const source = raw.length > MAX_LENGTH ? raw.slice(0, MAX_LENGTH) : raw
  const head = /^[^;\t-\r (]*/.exec(source)?.[0] ?? ''
  const value = head.toLowerCase()
  if (head.length === source.length) return { value, parameters: NONE }
  const { plain, parts } = readParameters(source, head.length)
  const parameters = new Map<string, string>()
  for (const [name, text] of plain) parameters.set(name, decodeHeaderText(text, charset))
  // The extended form is the better one where a program wrote both (RFC 5987 §4.2 says so of HTTP; mail does the same).
  for (const [name, segments] of parts) parameters.set(name, joinSegments(segments, charset))
  return { value, parameters }
}

const MAX_LENGTH = 65_536
const MAX_PARAMETERS = 200
const NONE: ReadonlyMap<string, string> = new Map()

interface Segment {
  order: number
  encoded: boolean
  text: string
}

const NAME = /[;\t-\r ]*([^=;\t-\r "]+)[\t-\r ]*=[\t-\r ]*/y
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"?/y
const BARE = /[^;]*/y
const SKIP = /[^;]*;?/y

function readParameters(source: string, from: number) {
  const plain = new Map<string, string>()
  const parts = new Map<string, Segment[]>()
  let position = from
  for (let seen = 0; position < source.length && seen < MAX_PARAMETERS; seen++) {
    const name = at(NAME, source, position)
    if (!name) {
      position += Math.max(1, at(SKIP, source, position)?.[0].length ?? 1)
      continue
    }
    position = NAME.lastIndex
    const quoted = at(QUOTED, source, position)
    const key = (name[1] as string).toLowerCase()
    const text = quoted
      ? (quoted[1] as string).replaceAll(/\\([\s\S])/g, '$1')
      : bareText(key, at(BARE, source, position)?.[0] ?? '')
    position = quoted ? QUOTED.lastIndex : BARE.lastIndex
    keep(key, text)
  }
  return { plain, parts }

  function keep(name: string, text: string) {
    const extended = /^([^*]+)\*(?:(\d{1,4})(\*)?)?$/.exec(name)
    if (!extended) {
      if (!plain.has(name)) plain.set(name, text)
      return
    }
    const [, base, order, star] = extended as unknown as [string, string, string?, string?]
    const segments = parts.get(base) ?? []
    parts.set(base, segments)
    segments.push({ order: Number(order ?? 0), encoded: order === undefined || star === '*', text })
  }
}

/** Unquoted file names with blanks are common; after any other value a blank begins a comment. */
function bareText(name: string, text: string): string {
  return name.includes('name') ? trimBlanks(text) : (/^[^\s(]*/.exec(text)?.[0] ?? '')
}

function at(pattern: RegExp, source: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position
  return pattern.exec(source)
}

/** RFC 2231 §3 and §4: the charset stands before the first segment; only segments with a star are percent-encoded. */
function joinSegments(segments: Segment[], fallback?: string): string {
  const inOrder = segments.toSorted((a, b) => a.order - b.order)
  let charset = ''
  let bytes = ''
  inOrder.forEach((segment, index) => {
    let text = segment.text
    const prefix = index === 0 && segment.encoded ? /^([^']*)'[^']*'/.exec(text) : undefined
    if (prefix) {
      charset = (prefix[1] as string).toLowerCase()
      text = text.slice(prefix[0].length)
    }
    bytes += segment.encoded ? percentDecode(text) : text
  })
  if (charset === '') return decodeHeaderText(bytes, fallback)
  return cleanHeaderText(decodeCharset(Buffer.from(bytes, 'latin1'), charset))
}

function percentDecode(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
