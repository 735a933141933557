import { htmlToText } from '#text'
import type { Body, Item } from '../../model/index.ts'
import type { Subject } from './property.ts'

/** The type the body is told in: as asked, and with `Best` as it is kept. */
export function bodyType(subject: Subject): 'HTML' | 'Text' {
  if (subject.bodyType !== 'Best') return subject.bodyType
  return keptBody(subject)?.type === 'html' ? 'HTML' : 'Text'
}

/** Exchange makes HTML of text and text of HTML when it is asked to. */
export function bodyOf(subject: Subject, type: 'HTML' | 'Text'): string | undefined {
  const body = keptBody(subject)
  if (!body) return undefined
  if (type === 'Text') return body.type === 'text' ? body.content : htmlToText(body.content)
  return body.type === 'html' ? body.content : `<html><body><pre>${escaped(body.content)}</pre></body></html>`
}

function keptBody({ item, view }: Pick<Subject, 'item' | 'view'>): Body | undefined {
  return item.kind === 'message' ? view?.body : bodyOfOther(item)
}

function bodyOfOther(item: Exclude<Item, { kind: 'message' }>): Body | undefined {
  if (item.kind !== 'contact') return item.body
  return item.notes === undefined ? undefined : { type: 'text', content: item.notes }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
