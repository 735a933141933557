import type { Folder } from './port.ts'

const USES: [NonNullable<Folder['use']>, RegExp][] = [
  ['sent', /^sent( (items|messages|mail))?$/i],
  ['drafts', /^drafts?$/i],
  ['junk', /^(junk( (e-?mail|mail))?|spam)$/i],
  ['trash', /^(trash|deleted( (items|messages))?)$/i],
  ['archive', /^archives?$/i],
]

/** What a folder at the top, or right below the inbox, is for by its usual English name. */
export function useOf(path: readonly string[]): Folder['use'] {
  if (isInbox(path)) return 'inbox'
  const [name] = path[0]?.toUpperCase() === 'INBOX' ? path.slice(1) : path
  const depth = path[0]?.toUpperCase() === 'INBOX' ? 2 : 1
  return path.length === depth ? USES.find(([, pattern]) => pattern.test(name ?? ''))?.[0] : undefined
}

/** Whatever the case it is written in (RFC 9051 5.1). */
export function isInbox(path: readonly string[]): boolean {
  return path.length === 1 && path[0]?.toUpperCase() === 'INBOX'
}
