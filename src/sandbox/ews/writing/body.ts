import type { Body } from '../../model/index.ts'
import type { Element } from '../xml.ts'

/** What a Body element says; an empty text without one. */
export function readBody(element: Element | undefined): Body {
  const type = element?.attributes.get('BodyType') === 'HTML' ? 'html' : 'text'
  return { type, content: element?.text ?? '' }
}
