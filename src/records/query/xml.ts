import { SaxesParser } from 'saxes'
import { checkLength, invalid, tooComplex } from './limits.ts'

/** An element of a small XML text. */
export interface Element {
  name: string
  attributes: Record<string, string>
  children: Element[]
  text: string
}

const DEPTH = 64

/**
 * Reads well-formed XML into elements. Declarations of document types and processing instructions are refused, so that
 * no entity can be defined.
 * @throws RecordError `QueryInvalid` with line and column, or `QueryTooComplex`.
 */
export function parseXml(text: string): Element {
  checkLength(text, 'the FetchXML')
  const parser = new SaxesParser({ position: true, xmlns: false })
  const open: Element[] = []
  let root: Element | undefined
  const refuse = (message: string) => {
    throw invalid(`${message} (line ${parser.line}, column ${parser.column})`)
  }
  parser.on('error', (error) => refuse(error.message.replace(/^\d+:\d+: /, '')))
  parser.on('doctype', () => refuse('a document type declaration is not allowed'))
  parser.on('processinginstruction', () => refuse('a processing instruction is not allowed'))
  parser.on('opentag', (tag) => {
    if (open.length >= DEPTH) throw tooComplex(`elements are nested more than ${DEPTH} deep`)
    const element: Element = { name: tag.name, attributes: tag.attributes, children: [], text: '' }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  parser.on('closetag', () => open.pop())
  const addText = (found: string) => {
    const element = open.at(-1)
    if (element) element.text += found
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(text).close()
  if (!root) throw invalid('there is no XML element')
  return root
}

/** Text for an attribute's value or an element's content. @throws RecordError for characters XML cannot carry. */
export function escapeXml(text: string): string {
  if (UNPRINTABLE.test(text)) throw invalid('a value has characters that XML cannot carry')
  return text.replace(/[&<>"\t\n\r]/g, (found) => `&#${found.charCodeAt(0)};`)
}

/** What XML 1.0 excludes, lone surrogates among it. */
const UNPRINTABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
