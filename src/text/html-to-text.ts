import { decodeEntities } from './entities.ts'

/**
 * The words of an HTML text, for searching and for people without HTML: paragraphs, rows and list items on lines of their
 * own, without scripts, styles, comments and markup. Never throws and takes time linear in the length, whatever the input.
 * The result is plain text: it must be escaped like any other before it is shown as HTML.
 */
export function htmlToText(html: string): string {
  const lines = new Lines()
  for (let position = 0; position < html.length; ) {
    const open = html.indexOf('<', position)
    const textEnd = open < 0 ? html.length : open
    if (textEnd > position) lines.add(decodeEntities(html.slice(position, textEnd)))
    if (open < 0) break
    position = afterMarkup(html, open, lines)
  }
  return lines.text()
}

const TAG_NAME = /<(\/?)([A-Za-z][^\s/>]{0,30})/y
/** What stands in these is not for reading. */
const HIDDEN = new Set(['script', 'style', 'title', 'template', 'noframes', 'iframe'])
const PARAGRAPHS = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'blockquote',
  'pre',
  'ul',
  'ol',
  'dl',
  'table',
  'hr',
])
const LINES = new Set(
  'address article aside br center dd details div dt fieldset figure footer form header li main nav option section tr'.split(
    ' ',
  ),
)

/** Goes past the markup at `open` and keeps what it means for the layout. */
function afterMarkup(html: string, open: number, lines: Lines): number {
  if (html.startsWith('<!--', open)) return after(html, '-->', open + 2)
  const next = html.charAt(open + 1)
  if (next === '!' || next === '?') return after(html, '>', open)
  TAG_NAME.lastIndex = open
  const tag = TAG_NAME.exec(html)
  if (!tag) {
    lines.add('<')
    return open + 1
  }
  const [, slash, written] = tag as unknown as [string, string, string]
  const name = written.toLowerCase()
  if (PARAGRAPHS.has(name)) lines.breakLine(2)
  else if (name === 'br') lines.lineFeed()
  else if (LINES.has(name)) lines.breakLine(1)
  else if (name === 'td' || name === 'th') lines.add(' ')
  if (name === 'li' && slash === '') lines.add('- ')
  const end = tagEnd(html, TAG_NAME.lastIndex)
  return HIDDEN.has(name) && slash === '' ? afterHidden(html, end, name) : end
}

function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from)
  return found < 0 ? html.length : found + mark.length
}

/** Behind the `>` that ends a tag; one inside quotes does not. Where a quote never ends, the first one does. */
function tagEnd(html: string, from: number): number {
  for (let index = from; index < html.length; index++) {
    const character = html[index]
    if (character === '>') return index + 1
    if (character !== '"' && character !== "'") continue
    if (html[index - 1] !== '=') continue
    const close = html.indexOf(character, index + 1)
    if (close < 0) return after(html, '>', index)
    index = close
  }
  return html.length
}

function afterHidden(html: string, from: number, name: string): number {
  const closing = new RegExp(`</${name}[\\s/>]`, 'gi')
  closing.lastIndex = from
  const found = closing.exec(html)
  return found ? after(html, '>', found.index) : html.length
}

/** Collects words and line breaks; blanks count once, and never at the ends of a line. */
class Lines {
  #pieces: string[] = []
  #breaks = 0
  #blank = false

  add(text: string): void {
    const words = text.replaceAll(/[\s\0]+/g, ' ')
    if (words.startsWith(' ')) this.#blank = true
    const trimmed = words.trim()
    if (trimmed === '') return
    if (this.#pieces.length > 0) {
      if (this.#breaks > 0) this.#pieces.push('\n'.repeat(Math.min(this.#breaks, 2)))
      else if (this.#blank) this.#pieces.push(' ')
    }
    this.#pieces.push(trimmed)
    this.#breaks = 0
    this.#blank = words.endsWith(' ')
  }

  breakLine(atLeast: number): void {
    this.#breaks = Math.max(this.#breaks, atLeast)
  }

  lineFeed(): void {
    this.#breaks++
  }

  text(): string {
    return this.#pieces.join('')
  }
}
