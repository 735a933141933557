import type { ItemKind } from '../items/index.ts'

/** A new item as a part of a request that makes many. */
export interface BulkPart {
  uid: string
  /** Of a calendar: the lines before its first component. */
  head: string
  /** VTIMEZONEs by their TZID. */
  zones: ReadonlyMap<string, string>
  /** A card, or the components of an appointment or a task. */
  body: string
}

const LINES_KEPT = /^(?:BEGIN:VCALENDAR|VERSION:.*|PRODID:.*|CALSCALE:.*)$/
const COMPONENT = /^BEGIN:(VTIMEZONE|VEVENT|VTODO)\r\n[^]*?^END:\1\r\n/gm
const END = 'END:VCALENDAR\r\n'

/**
 * Undefined for what would lose something: of a calendar a server keeps VERSION, PRODID and CALSCALE, and gives each item
 * the zones that it names.
 */
export function bulkPart(kind: ItemKind, text: string, uid: string): BulkPart | undefined {
  if (kind === 'contact') return { uid, head: '', zones: new Map(), body: text }
  const start = text.indexOf('\r\nBEGIN:', 'BEGIN:VCALENDAR'.length) + 2
  if (start < 2 || !text.endsWith(END)) return undefined
  const head = text.slice(0, start)
  if (
    !head
      .slice(0, -2)
      .split('\r\n')
      .every((line) => LINES_KEPT.test(line))
  )
    return undefined
  const inner = text.slice(start, -END.length)
  const zones = new Map<string, string>()
  let body = ''
  let length = 0
  for (const [component, name] of inner.matchAll(COMPONENT)) {
    length += component.length
    if (name !== 'VTIMEZONE') body += component
    else zones.set(/^TZID[^:]*:(.*(?:\r\n[ \t].*)*)/m.exec(component)?.[1] ?? '', component)
  }
  return length === inner.length && body ? { uid, head, zones, body } : undefined
}

/** Puts together what may go together: a UID is there once, and the zones of a name are the same. */
export function groupsOf<T>(all: readonly T[], partOf: (one: T) => BulkPart): T[][] {
  const groups: { head: string; uids: Set<string>; zones: Map<string, string>; members: T[] }[] = []
  for (const one of all) {
    const { uid, head, zones } = partOf(one)
    let group = groups.find((some) => some.head === head && !some.uids.has(uid) && areAlike(zones, some.zones))
    if (!group) groups.push((group = { head, uids: new Set(), zones: new Map(), members: [] }))
    group.uids.add(uid)
    for (const [name, text] of zones) group.zones.set(name, text)
    group.members.push(one)
  }
  return groups.map(({ members }) => members)
}

function areAlike(zones: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): boolean {
  return [...zones].every(([name, text]) => (known.get(name) ?? text) === text)
}

/** The body of the request: cards after each other, or one calendar. The parts are those of one group. */
export function bulkText(kind: ItemKind, parts: readonly BulkPart[]): string {
  const body = parts.map((part) => part.body).join('')
  if (kind === 'contact') return body
  const zones = new Map(parts.flatMap((part) => [...part.zones]))
  return `${parts[0]?.head ?? ''}${[...zones.values()].join('')}${body}${END}`
}
