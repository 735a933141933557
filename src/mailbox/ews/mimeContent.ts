const LESS = 60 // <
const GREATER = 62 // >
const SLASH = 47 // /
const NAME = 'MimeContent'
/** Longer start tags are not of Exchange: `<t:MimeContent CharacterSet="UTF-8">`. */
const TAG_AT_MOST = 512

/** Bytes of the XML without the content, or bytes of the content, decoded. */
export type Piece = { xml: Buffer } | { mime: Buffer }

/**
 * Takes the base64 of `MimeContent` out of an answer while it comes, so that a large message is never held as text. What
 * remains is the same XML with the element empty. In XML a `<` begins markup wherever it stands (2.4), so its bytes can
 * be looked for before any parsing.
 */
export class MimeSplitter {
  #rest: Buffer = Buffer.alloc(0)
  #inContent = false
  #base64 = '';

  *push(bytes: Buffer): Generator<Piece> {
    let input = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    this.#rest = Buffer.alloc(0)
    while (input.length > 0) {
      if (this.#inContent) {
        const end = input.indexOf(LESS)
        const mime = this.#decode(input.toString('latin1', 0, end < 0 ? input.length : end), end >= 0)
        if (mime.length > 0) yield { mime }
        if (end < 0) return
        this.#inContent = false
        input = input.subarray(end)
        continue
      }
      const start = findContent(input)
      if (start.xml > 0) yield { xml: input.subarray(0, start.xml) }
      input = input.subarray(start.xml)
      if (start.kind === 'cut') this.#rest = Buffer.from(input)
      if (start.kind !== 'content') return
      this.#inContent = true
    }
  }

  /** What is left when everything has come. */
  *end(): Generator<Piece> {
    if (this.#rest.length > 0) yield { xml: this.#rest }
    this.#rest = Buffer.alloc(0)
  }

  #decode(text: string, last: boolean): Buffer {
    const base64 = this.#base64 + text.replaceAll(/\s+/g, '')
    const whole = last ? base64.length : base64.length - (base64.length % 4)
    this.#base64 = base64.slice(whole)
    return Buffer.from(base64.slice(0, whole), 'base64')
  }
}

/** How many bytes are plain XML, and what follows: the content, a tag that is cut off, or nothing. */
function findContent(input: Buffer): { xml: number; kind: 'content' | 'cut' | 'none' } {
  for (let at = input.indexOf(LESS); at >= 0; at = input.indexOf(LESS, at + 1)) {
    const tag = startOf(input, at)
    if (tag === 'other') continue
    if (tag === 'cut') return { xml: at, kind: 'cut' }
    const end = input.indexOf(GREATER, at)
    if (end < 0 && input.length - at < TAG_AT_MOST) return { xml: at, kind: 'cut' }
    if (end < 0 || input[end - 1] === SLASH) continue
    return { xml: end + 1, kind: 'content' }
  }
  return { xml: input.length, kind: 'none' }
}

/** Whether the tag at `at` is `MimeContent`, with or without prefix; `cut` when too few bytes are there to tell. */
function startOf(input: Buffer, at: number): 'content' | 'other' | 'cut' {
  const text = input.toString('latin1', at + 1, at + 1 + 32)
  const match = /^(?:[A-Za-z0-9_.-]{1,16}:)?([A-Za-z]*)([\s/>])?/.exec(text)
  const name = match?.[1] ?? ''
  if (match?.[2] !== undefined) return name === NAME ? 'content' : 'other'
  if (match && match[0].length < text.length) return 'other'
  return text.length < 32 && (NAME.startsWith(name) || !text.includes(':')) && !text.startsWith('/') ? 'cut' : 'other'
}
