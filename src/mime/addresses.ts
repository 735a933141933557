import { clip } from '#text'
import { isBlank, trimBlanks } from './blanks.ts'
import { cleanHeaderText, decodeHeaderText, decodeRaw, encodedWordAt } from './encoded-words.ts'
import type { Address } from './headers.ts'

/** More recipients than this are not read; the largest lists in the field have a few thousand. */
export const MAX_ADDRESSES = 20_000

/**
 * The addresses of From, To, Cc and the like (RFC 5322 §3.4 and the obsolete forms of §4.4): names, groups (their members
 * only), comments, quoted strings, routes, semicolons for commas. A broken entry never spoils its neighbours. The name is
 * decoded after the entry was taken apart, so an encoded word cannot smuggle in an address. Linear in time.
 * @param raw one character per byte, unfolded
 */
export function parseAddresses(raw: string, charset?: string): Address[] {
  const reader = new AddressReader(raw, charset)
  return reader.read()
}

/** Characters that mean nothing special, up to the next one that may. */
const PLAIN = /[^"(<>,;:=\t-\r ]+/y
const MAX_NAME = 1_000
/** RFC 5321 allows 320; what is longer than a header line is no address. */
const MAX_ADDRESS = 998
/** What follows in an entry of more characters is dropped. */
const MAX_ENTRY = 2_000

class AddressReader {
  #raw: string
  #charset: string | undefined
  #position = 0
  #found: Address[] = []
  /** The entry so far: what is to be shown, the same with its quotes, a comment, what stood in angle brackets. */
  #phrase = ''
  #bare = ''
  #comment = ''
  #angle: string | undefined
  /** Delimiters known not to occur any more; without this a list of nothing but `(` would take quadratic time. */
  #missing = new Set<string>()

  constructor(raw: string, charset: string | undefined) {
    this.#raw = raw
    this.#charset = charset
  }

  read(): Address[] {
    while (this.#position < this.#raw.length && this.#found.length < MAX_ADDRESSES) this.#step()
    this.#finishEntry()
    return this.#found
  }

  #step(): void {
    switch (this.#raw.charAt(this.#position)) {
      case '"':
        return this.#quoted()
      case '(':
        return this.#commented()
      case '<':
        return this.#angled()
      case ',':
      case ';':
        this.#position++
        return this.#finishEntry()
      case ':':
        return this.#colon()
      case '=':
        return this.#word()
      case '>':
        this.#position++
        return
      default:
        return this.#plain()
    }
  }

  #plain(): void {
    PLAIN.lastIndex = this.#position
    const text = PLAIN.exec(this.#raw)?.[0]
    if (text !== undefined) return this.#append(text)
    while (isBlank(this.#raw.charCodeAt(this.#position))) this.#position++
    this.#keep(' ', ' ')
  }

  #append(text: string, shown = text): void {
    this.#position += text.length
    this.#keep(text, shown)
  }

  #keep(text: string, shown: string): void {
    if (this.#bare.length > MAX_ENTRY) return
    this.#phrase += shown
    this.#bare += text
  }

  #quoted(): void {
    const end = this.#closing('"', (from) => closingQuote(this.#raw, from))
    if (end === undefined) return
    const text = this.#raw.slice(this.#position, end + 1)
    this.#append(text, text.slice(1, -1).replaceAll(/\\([\s\S])/g, '$1'))
  }

  #commented(): void {
    const end = this.#closing('(', (from) => closingParenthesis(this.#raw, from))
    if (end === undefined) return
    this.#comment ||= this.#raw.slice(this.#position + 1, end).replaceAll(/\\([\s\S])/g, '$1')
    this.#position = end + 1
  }

  /** The index of the closing delimiter, or undefined after skipping an opening one that is never closed. */
  #closing(opening: string, find: (from: number) => number): number | undefined {
    const end = this.#missing.has(opening) ? -1 : find(this.#position)
    if (end >= 0) return end
    this.#missing.add(opening)
    this.#position++
    return undefined
  }

  #angled(): void {
    const start = this.#position + 1
    const { end, closed } = angleEnd(this.#raw, start)
    const text = this.#raw.slice(start, end)
    if (trimBlanks(text) !== '' || this.#angle === undefined) this.#angle = text
    this.#position = closed ? end + 1 : end
  }

  /** A colon after a name begins a group (`Team: a@x, b@y;`), whose name is not kept; elsewhere it is text. */
  #colon(): void {
    const beginsGroup = this.#angle === undefined && trimBlanks(this.#phrase) !== '' && !this.#bare.includes('@')
    if (!beginsGroup) return this.#append(':')
    this.#position++
    this.#reset()
  }

  #word(): void {
    const word = this.#missing.has('=?') ? undefined : encodedWordAt(this.#raw, this.#position)
    if (word === 'none') this.#missing.add('=?')
    if (!word || word === 'none') return this.#append('=')
    this.#append(this.#raw.slice(this.#position, word.end))
  }

  #finishEntry(): void {
    if (this.#bare === '' && this.#angle === undefined) return this.#reset()
    const address = this.#angle === undefined ? undefined : cleanAddress(this.#angle)
    const entry = address ? { name: this.#name(this.#phrase), address } : this.#withoutAngle()
    if (entry.name !== '' || entry.address !== '') this.#found.push(entry)
    this.#reset()
  }

  #withoutAngle(): Address {
    const bare = clip(this.#bare, MAX_ENTRY).replaceAll(/ ?@ ?/g, '@')
    const place = findAddress(bare)
    if (!place) return { name: this.#name(this.#phrase), address: '' }
    const rest = bare.slice(0, place.start) + bare.slice(place.end)
    return { name: this.#name(rest.replaceAll('"', '')), address: cleanAddress(bare.slice(place.start, place.end)) }
  }

  #name(phrase: string): string {
    const raw = trimBlanks(phrase) || trimBlanks(this.#comment)
    if (raw === '') return ''
    const name = decodeHeaderText(raw, this.#charset).trim()
    const unquoted = /^'(.*)'$/.exec(name)?.[1] ?? name
    return clip(unquoted.trim(), MAX_NAME)
  }

  #reset(): void {
    this.#phrase = ''
    this.#bare = ''
    this.#comment = ''
    this.#angle = undefined
  }
}

/**
 * An address among words: `Jane jane@x.test`. One outside quotes wins, so that `"boss@x.test" thief@y.test` is what it
 * is; a quoted local part (`"jane doe"@x.test`) counts as outside.
 */
function findAddress(text: string): { start: number; end: number } | undefined {
  if (!text.includes('@')) return undefined
  let quoted: { start: number; end: number } | undefined
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(?:@[^\t-\r "@]+)?|[^\t-\r "]+/g)) {
    const place = { start: match.index, end: match.index + match[0].length }
    const at = match[0].lastIndexOf('@')
    const isComplete = at > 0 && at < match[0].length - 1
    if (!isComplete) continue
    if (!match[0].endsWith('"')) return place
    quoted ??= { start: place.start + 1, end: place.end - 1 }
  }
  return quoted
}

function closingQuote(raw: string, from: number): number {
  for (let index = from + 1; index < raw.length; index++) {
    if (raw[index] === '\\') index++
    else if (raw[index] === '"') return index
  }
  return -1
}

function closingParenthesis(raw: string, from: number): number {
  let depth = 0
  for (let index = from; index < raw.length; index++) {
    if (raw[index] === '\\') index++
    else if (raw[index] === '(') depth++
    else if (raw[index] === ')' && --depth === 0) return index
  }
  return -1
}

/** The closing bracket; where it is missing, the entry ends at the next comma. `<<a@x>>` counts as `<a@x>`. */
function angleEnd(raw: string, start: number): { end: number; closed: boolean } {
  let comma = -1
  let inQuotes = false
  for (let index = start; index < raw.length; index++) {
    const character = raw[index]
    if (character === '\\' && inQuotes) index++
    else if (character === '"') inQuotes = !inQuotes
    else if (inQuotes) continue
    else if (character === '>') return { end: index, closed: true }
    else if (character === '<') return { end: comma < 0 ? index : comma, closed: false }
    else if (character === ',' && comma < 0 && raw[start] !== '@') comma = index
  }
  return { end: comma < 0 ? raw.length : comma, closed: false }
}

/** Without route (`@a,@b:x@y`), comments, blanks and `mailto:`; empty when it is longer than any address may be. */
function cleanAddress(raw: string): string {
  let text = trimBlanks(raw)
  if (text.length > MAX_ENTRY) return ''
  if (text.startsWith('@') && text.includes(':')) text = text.slice(text.indexOf(':') + 1)
  if (text.includes('(')) text = text.replaceAll(/\([^()]*\)/g, '')
  if (/^mailto:/i.test(text)) text = text.slice(7)
  text = cleanHeaderText(decodeRaw(text))
  if (!text.includes('"')) text = (text.split(',')[0] as string).replaceAll(/\s+/g, '')
  return text.length > MAX_ADDRESS ? '' : text.trim()
}
