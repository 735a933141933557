import { type SaxesAttributeNS, SaxesParser } from 'saxes'

/** An element of a request, with the place of its name in the start tag, as Exchange counts it. */
export interface Element {
  namespace: string
  name: string
  attributes: ReadonlyMap<string, string>
  children: Element[]
  /** Character data directly within, joined. */
  text: string
  /** From 1. */
  line: number
  /** From 1. */
  column: number
}

export class MalformedXml extends Error {
  override readonly name = 'MalformedXml'
}

const MAX_DEPTH = 100

/**
 * Reads a document strictly: no document type, no undeclared prefix or entity, at most 100 levels.
 * @throws MalformedXml
 */
export function parseXml(source: string): Element {
  const parser = new SaxesParser({ xmlns: true })
  const open: Element[] = []
  let root: Element | undefined
  parser.on('error', (error) => {
    throw new MalformedXml(error.message)
  })
  parser.on('doctype', () => {
    throw new MalformedXml('A document type is not allowed.')
  })
  let place = { line: 1, column: 1 }
  parser.on('opentagstart', (tag) => {
    // The parser has read the name and one character more.
    place = { line: parser.line, column: parser.column - tag.name.length }
  })
  parser.on('opentag', (tag) => {
    if (open.length >= MAX_DEPTH) throw new MalformedXml(`More than ${MAX_DEPTH} levels.`)
    const element: Element = {
      namespace: tag.uri,
      name: tag.local,
      attributes: attributesOf(Object.values(tag.attributes)),
      children: [],
      text: '',
      ...place,
    }
    const parent = open.at(-1)
    if (parent) parent.children.push(element)
    else root = element
    open.push(element)
  })
  parser.on('closetag', () => open.pop())
  const addText = (text: string) => {
    const element = open.at(-1)
    if (element) element.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(source).close()
  if (!root) throw new MalformedXml('There is no element.')
  return root
}

/** Attributes of no namespace; those of others (`xml:lang`, `xsi:type`) say nothing to EWS. */
function attributesOf(attributes: readonly SaxesAttributeNS[]): ReadonlyMap<string, string> {
  return new Map(attributes.filter(({ uri }) => uri === '').map(({ local, value }) => [local, value]))
}

/** The first child of the name, of whichever namespace. */
export function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((other) => other.name === name)
}

/** The text of the child of the name. */
export function textOf(element: Element | undefined, name: string): string | undefined {
  return child(element, name)?.text
}

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** Markup that stands for itself; made by `tag` and `raw` only, so that no text gets into an answer unescaped. */
export class Xml {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

export type Content = Xml | string | number | boolean | undefined | readonly Content[]

/** An element with its content: markup as it is, anything else escaped. */
export function tag(name: string, attributes: Attributes = {}, ...content: readonly Content[]): Xml {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escape(String(value))}"`)
    .join('')
  const inside = render(content)
  return new Xml(inside === '' ? `<${name}${given}/>` : `<${name}${given}>${inside}</${name}>`)
}

function render(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Xml) return content.source
  if (typeof content === 'object') return content.map(render).join('')
  return escape(String(content))
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Escapes markup; what XML cannot carry at all becomes a question mark. */
function escape(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ENTITIES[character] as string)
    .replace(/\r/g, '&#xD;')
    .replace(UNSPEAKABLE, '?')
}

// Control characters, and surrogates without their other half.
const UNSPEAKABLE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** Content of an element that says everything in its attributes. */
export const EMPTY = new Xml('')
