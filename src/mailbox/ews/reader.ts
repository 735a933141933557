import { StringDecoder } from 'node:string_decoder'
import { SaxesParser } from 'saxes'
import { isForeignCharacter, withoutForeignCharacters } from '../xmlCharacters.ts'
import type { Node } from './node.ts'

/** What is read at most of one element that is handed out: its text and names, its depth, its elements. */
const LIMIT = { characters: 64 * 1024 * 1024, depth: 60, elements: 500_000 } as const

/** What Exchange may answer is not what came: cut off, a page of HTML, or too much. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer'
}

export interface ReaderOptions {
  /** Elements that are handed out whole, by name. */
  wanted: ReadonlySet<string>
  onNode: (node: Node) => void
}

/**
 * Reads XML as it comes and hands out the wanted elements one by one; nothing else is kept. A wanted element within
 * another is part of it.
 */
export class AnswerReader {
  readonly #parser = new SaxesParser({ xmlns: false, position: false })
  readonly #decoder = new StringDecoder('utf8')
  readonly #options: ReaderOptions
  readonly #open: Node[] = []
  readonly #names = new Map<string, string>()
  /** The text that comes next holds characters that no XML may hold. */
  #hasForeign = false
  #depth = 0
  #characters = 0
  #elements = 0
  /** The name of the outermost element, once it is known. */
  root: string | undefined
  #ended = false

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#parser.on('error', (error) => {
      this.#hasForeign = isForeignCharacter(error)
      if (!this.#hasForeign) throw new UnreadableAnswer(`it is not well-formed XML (${error.message.slice(0, 200)})`)
    })
    this.#parser.on('doctype', () => {
      throw new UnreadableAnswer('it holds a document type, which SOAP forbids')
    })
    this.#parser.on('opentag', (tag) => this.#begin(tag.name, tag.attributes as Record<string, string>))
    this.#parser.on('text', (text) => this.#text(this.#clean(text)))
    this.#parser.on('cdata', (text) => this.#text(this.#clean(text)))
    this.#parser.on('closetag', () => this.#end())
  }

  /** @throws UnreadableAnswer */
  push(bytes: Uint8Array): void {
    const text = this.#decoder.write(bytes)
    if (text) this.#parser.write(text)
  }

  /** @throws UnreadableAnswer when the outermost element is not closed */
  end(): void {
    this.#parser.write(this.#decoder.end())
    this.#parser.close()
    if (!this.#ended) throw new UnreadableAnswer('it ends in the middle')
  }

  #begin(qualified: string, attributes: Record<string, string>): void {
    const name = this.#local(qualified)
    if (this.#depth++ === 0) this.root = name
    if (this.#depth > LIMIT.depth) throw new UnreadableAnswer(`it is nested more than ${LIMIT.depth} deep`)
    const parent = this.#open.at(-1)
    if (!parent && !this.#options.wanted.has(name)) return
    if (++this.#elements > LIMIT.elements)
      throw new UnreadableAnswer(`one part holds more than ${LIMIT.elements} elements`)
    const node: Node = { name, attributes, children: [], text: '' }
    parent?.children.push(node)
    this.#open.push(node)
  }

  #clean(text: string): string {
    if (!this.#hasForeign) return text
    this.#hasForeign = false
    return withoutForeignCharacters(text)
  }

  #text(text: string): void {
    const node = this.#open.at(-1)
    if (!node) return
    this.#characters += text.length
    if (this.#characters > LIMIT.characters)
      throw new UnreadableAnswer(`one part holds more than ${LIMIT.characters} characters`)
    node.text += text
  }

  #end(): void {
    if (--this.#depth === 0) this.#ended = true
    const node = this.#open.pop()
    if (!node || this.#open.length > 0) return
    this.#characters = 0
    this.#elements = 0
    this.#options.onNode(node)
  }

  #local(qualified: string): string {
    let name = this.#names.get(qualified)
    if (name === undefined) {
      name = qualified.slice(qualified.indexOf(':') + 1)
      if (this.#names.size < 1_000) this.#names.set(qualified, name)
    }
    return name
  }
}
