import type { ItemKind } from '../items/index.ts'
import { readComponents } from './lines.ts'

const KINDS: Record<string, ItemKind> = { VEVENT: 'event', VTODO: 'task' }

/** What a text of iCalendar or vCard holds. @throws MailboxError `permanent` for what is no such text */
export function kindsOf(text: string): ItemKind[] {
  const kinds = readComponents(text).flatMap(({ name, parts }) =>
    name === 'VCARD'
      ? (['contact'] as const)
      : parts.flatMap((part) => ('parts' in part ? (KINDS[part.name] ?? []) : [])),
  )
  return [...new Set(kinds)]
}
