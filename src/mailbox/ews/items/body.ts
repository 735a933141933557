import { htmlToText } from '#text'
import type { Body } from '../../items/index.ts'
import { childOf, type Node, textOf } from '../node.ts'
import { field } from '../pieces.ts'
import { xml } from '../xml.ts'
import type { Property } from './property.ts'

/** The notes of an item: HTML where Exchange keeps it, and text. Undefined where there is nothing to see. */
export function readBody(item: Node): Body | undefined {
  const node = childOf(item, 'Body')
  if (!node) return undefined
  if (node.attributes['BodyType'] !== 'HTML') {
    const text = lines(node.text)
    return text === '' ? undefined : { text }
  }
  const html = node.text
  const text = lines(textOf(item, 'TextBody') ?? htmlToText(html))
  return text === '' && !/<img\b/i.test(html) ? undefined : { text, html }
}

/** Text alone replaces HTML too; nothing empties both. */
export function writeBody(body: Body | undefined): Property {
  const type = body?.html === undefined ? 'Text' : 'HTML'
  const content = xml`<t:Body BodyType="${type}">${body?.html ?? body?.text ?? ''}</t:Body>`
  return { path: field('item:Body'), name: 'Body', content }
}

function lines(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replace(/\n+$/, '')
}
