import { StringDecoder } from 'node:string_decoder'
import { SaxesParser } from 'saxes'
import { isForeignCharacter, withoutForeignCharacters } from '../xmlCharacters.ts'
import { ElementNames } from './names.ts'

/** An element that was read, by a short name of its namespace: `D:getetag`, `C:calendar-data`. */
export interface Element {
  name: string
  attributes: Record<string, string>
  children: Element[]
  /** The text directly in it. */
  text: string
  /** Its text is longer than what is read of one element; the rest was dropped. */
  tooLong?: true
}

const PREFIXES: Record<string, string> = {
  'DAV:': 'D:',
  'urn:ietf:params:xml:ns:caldav': 'C:',
  'urn:ietf:params:xml:ns:carddav': 'CARD:',
  'http://calendarserver.org/ns/': 'CS:',
  'http://me.com/_namespace/': 'ME:',
  'urn:regarding': 'R:',
}

/** What is read at most: of the text of one element, of the elements of one that is handed out, of their depth. */
const LIMIT = { characters: 24 * 1024 * 1024, elements: 100_000, depth: 60 } as const

/** What came is not XML, or too much of it. */
export class UnreadableXml extends Error {
  override readonly name = 'UnreadableXml'
}

/**
 * The wanted elements of an XML document, whole and one by one as they come; nothing else is kept.
 * @throws UnreadableXml
 */
export async function* readElements(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  wanted: ReadonlySet<string>,
): AsyncGenerator<Element> {
  const ready: Element[] = []
  const parser = new ElementParser(wanted, (element) => ready.push(element))
  for await (const chunk of source) {
    parser.push(chunk)
    yield* ready.splice(0)
  }
  parser.end()
  yield* ready.splice(0)
}

class ElementParser {
  readonly #parser = new SaxesParser({ xmlns: false, position: false })
  readonly #names = new ElementNames(PREFIXES)
  readonly #decoder = new StringDecoder('utf8')
  readonly #wanted: ReadonlySet<string>
  readonly #onElement: (element: Element) => void
  readonly #open: Element[] = []
  /** The text that comes next holds characters that no XML may hold. */
  #hasForeign = false
  #depth = 0
  #elements = 0

  constructor(wanted: ReadonlySet<string>, onElement: (element: Element) => void) {
    this.#wanted = wanted
    this.#onElement = onElement
    this.#parser.on('error', (error) => {
      this.#hasForeign = isForeignCharacter(error)
      if (!this.#hasForeign) throw new UnreadableXml(`it is not well-formed XML (${error.message.slice(0, 200)})`)
    })
    this.#parser.on('doctype', () => {
      throw new UnreadableXml('it holds a document type')
    })
    this.#parser.on('opentag', (tag) => {
      const attributes = tag.attributes as Record<string, string>
      const name = this.#names.open(tag.name, attributes)
      if (name === undefined) throw new UnreadableXml(`the prefix of “${tag.name.slice(0, 100)}” was not declared`)
      this.#begin(name, attributes)
    })
    this.#parser.on('text', (text) => this.#text(this.#clean(text)))
    this.#parser.on('cdata', (text) => this.#text(this.#clean(text)))
    this.#parser.on('closetag', () => this.#end())
  }

  push(bytes: Uint8Array): void {
    const text = this.#decoder.write(bytes)
    if (text) this.#parser.write(text)
  }

  end(): void {
    this.#parser.write(this.#decoder.end())
    this.#parser.close()
  }

  #begin(name: string, attributes: Record<string, string>): void {
    if (++this.#depth > LIMIT.depth) throw new UnreadableXml(`it is nested more than ${LIMIT.depth} deep`)
    const parent = this.#open.at(-1)
    if (!parent && !this.#wanted.has(name)) return
    if (++this.#elements > LIMIT.elements)
      throw new UnreadableXml(`one part holds more than ${LIMIT.elements} elements`)
    const element: Element = { name, attributes, children: [], text: '' }
    parent?.children.push(element)
    this.#open.push(element)
  }

  #clean(text: string): string {
    if (!this.#hasForeign) return text
    this.#hasForeign = false
    return withoutForeignCharacters(text)
  }

  #text(text: string): void {
    const element = this.#open.at(-1)
    if (!element || element.tooLong) return
    if (element.text.length + text.length > LIMIT.characters) {
      element.tooLong = true
      element.text = ''
    } else element.text += text
  }

  #end(): void {
    this.#depth--
    this.#names.close()
    const element = this.#open.pop()
    if (!element || this.#open.length > 0) return
    this.#elements = 0
    this.#onElement(element)
  }
}
