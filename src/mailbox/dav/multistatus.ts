import type { Element } from './reader.ts'

/** What a server says of one resource (RFC 4918 §14.24). */
export interface ResourceAnswer {
  /** As it was written. */
  href: string
  /** Of the resource itself, where it is said at all. */
  status?: number
  /** The properties that were told. */
  props: ReadonlyMap<string, Element>
  /** Those that were not, by status. */
  denied: ReadonlyMap<string, number>
}

export function resourceAnswer(response: Element): ResourceAnswer {
  const props = new Map<string, Element>()
  const denied = new Map<string, number>()
  for (const propstat of childrenOf(response, 'D:propstat')) {
    const status = statusOf(propstat) ?? 200
    for (const prop of childrenOf(propstat, 'D:prop').flatMap(({ children }) => children)) {
      if (status >= 200 && status < 300) props.set(prop.name, prop)
      else denied.set(prop.name, status)
    }
  }
  const status = statusOf(response)
  return { href: childOf(response, 'D:href')?.text ?? '', ...(status !== undefined && { status }), props, denied }
}

export function childrenOf(element: Element | undefined, name: string): Element[] {
  return element?.children.filter((child) => child.name === name) ?? []
}

export function childOf(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((child) => child.name === name)
}

/** The address within a property such as `calendar-home-set`; several of them are all told. */
export function hrefsOf(prop: Element | undefined): string[] {
  return childrenOf(prop, 'D:href')
    .map(({ text }) => text.trim())
    .filter(Boolean)
}

/** An ETag as it is sent in conditions: strong, and in quotes. A proxy that compresses makes it weak on its way. */
export function etagOf(text: string | undefined): string | undefined {
  const said = text?.trim().replace(/^W\//, '')
  if (!said) return undefined
  return said.startsWith('"') ? said : `"${said}"`
}

function statusOf(element: Element): number | undefined {
  const match = /^HTTP\/\d(?:\.\d)?\s+(\d{3})/.exec(childOf(element, 'D:status')?.text.trim() ?? '')
  return match ? Number(match[1]) : undefined
}
