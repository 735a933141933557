import { clip, htmlToText } from '#text'
import { decodeCharset, isKnownCharset } from './charset.ts'
import type { PartHeaders } from './part-headers.ts'
import { transferDecoder } from './transfer-decoder.ts'
import type { Leaf, LeafSink, Multipart } from './walk.ts'

/** The readable text of a message. */
export interface Body {
  /** As the sender wrote it, not made safe; absent when the message has no HTML. */
  html?: string
  /** Absent when the message has no plain text. Lines end with LF. */
  text?: string
  /** Plain text, of whichever there is. */
  searchText: string
  truncated: boolean
}

/** One stretch of the message: what its sender offers as alternatives of one another stands in one section. */
interface Section {
  html: string[]
  text: string[]
}

/** Gathers the parts of a message that are its body, in their order. */
export class BodyCollector {
  #maxCharacters: number
  #sections: Section[] = []
  #alternatives = new Map<Multipart, Section>()
  #truncated = false

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters
  }

  get isEmpty(): boolean {
    return this.#sections.length === 0
  }

  /** A sink that takes the leaf into the body. */
  add(leaf: Leaf): LeafSink {
    const section = this.#sectionOf(leaf.parent)
    const decoder = transferDecoder(leaf.headers.transferEncoding)
    const chunks: Buffer[] = []
    /** No charset needs more than 4 bytes for a UTF-16 unit that is kept, byte order marks and escapes aside. */
    let room = this.#maxCharacters * 4 + 16
    const keep = (bytes: Buffer) => {
      if (bytes.length > room) this.#truncated = true
      if (bytes.length > 0 && room > 0) chunks.push(bytes.subarray(0, room))
      room = Math.max(0, room - bytes.length)
    }
    return {
      write: (bytes) => {
        if (room > 0) keep(decoder.write(bytes))
        else this.#truncated = true
      },
      end: () => {
        keep(decoder.end())
        const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
        const text = this.#clip(readText(whole, leaf.headers))
        ;(isHtml(leaf.headers) ? section.html : section.text).push(text)
      },
    }
  }

  finish(): Body {
    const sections = this.#sections
    const hasHtml = sections.some((section) => isWritten(section.html))
    const hasText = sections.some((section) => section.text.length > 0)
    const text = this.#clip(sections.map(textOf).filter(Boolean).join('\n\n'))
    const body: Body = { searchText: text, truncated: false }
    if (hasHtml) body.html = this.#clip(sections.map(htmlOf).filter(Boolean).join('<br>\n'))
    if (hasText) body.text = text
    body.truncated = this.#truncated
    return body
  }

  #sectionOf(parent: Multipart | undefined): Section {
    const alternative = outermostAlternative(parent)
    const known = alternative && this.#alternatives.get(alternative)
    if (known) return known
    const section: Section = { html: [], text: [] }
    this.#sections.push(section)
    if (alternative) this.#alternatives.set(alternative, section)
    return section
  }

  #clip(text: string): string {
    if (text.length > this.#maxCharacters) this.#truncated = true
    return clip(text, this.#maxCharacters)
  }
}

export function isHtml(headers: PartHeaders): boolean {
  return headers.type.value === 'text/html'
}

function outermostAlternative(parent: Multipart | undefined): Multipart | undefined {
  let found: Multipart | undefined
  for (let multipart = parent; multipart; multipart = multipart.parent) {
    if (multipart.subtype === 'alternative') found = multipart
  }
  return found
}

function textOf(section: Section): string {
  const text = section.text.join('\n')
  return text.trim() !== '' || section.html.length === 0 ? text : htmlToText(section.html.join('\n'))
}

function htmlOf(section: Section): string {
  if (isWritten(section.html)) return section.html.join('\n')
  if (!isWritten(section.text)) return ''
  return `<div style="white-space: pre-wrap">${escapeHtml(section.text.join('\n'))}</div>`
}

function isWritten(texts: readonly string[]): boolean {
  return texts.some((text) => text.trim() !== '')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Decoded, with LF line ends, without what a database refuses: NUL and half surrogate pairs. */
function readText(bytes: Buffer, headers: PartHeaders): string {
  const html = isHtml(headers)
  let text = decodeCharset(bytes, charsetOf(bytes, headers))
  if (text.includes('\r')) text = text.replaceAll(/\r\n?/g, '\n')
  if (REFUSED.test(text)) text = text.replaceAll(/[\0\p{Cs}]/gu, '')
  const isFlowed = !html && headers.type.parameters.get('format')?.toLowerCase() === 'flowed'
  return isFlowed ? unflow(text, headers.type.parameters.get('delsp')?.toLowerCase() === 'yes') : text
}

const REFUSED = /[\0\p{Cs}]/u

/** The charset of the header; of HTML without a usable one, that of its own `meta`. */
function charsetOf(bytes: Buffer, headers: PartHeaders): string {
  const declared = headers.type.parameters.get('charset') ?? ''
  if (!isHtml(headers) || isKnownCharset(declared)) return declared
  const meta = /<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(bytes.toString('latin1', 0, 4096))?.[1] ?? ''
  return meta.toLowerCase().startsWith('utf-16') ? '' : meta
}

/** RFC 3676: lines that end with a blank go on in the next one of the same quote depth. */
function unflow(text: string, deletesBlank: boolean): string {
  const lines: string[] = []
  let open = false
  let openDepth = 0
  for (const line of text.split('\n')) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0
    const unquoted = line.slice(depth)
    const content = unquoted.startsWith(' ') ? unquoted.slice(1) : unquoted
    const isSignature = content === '-- '
    const flows = content.endsWith(' ') && !isSignature
    const kept = flows && deletesBlank ? content.slice(0, -1) : content
    if (open && depth === openDepth && !isSignature) lines.push((lines.pop() as string) + kept)
    else lines.push((depth > 0 ? `${'>'.repeat(depth)} ` : '') + kept)
    open = flows
    openDepth = depth
  }
  return lines.join('\n')
}
