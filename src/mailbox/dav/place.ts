import { MailboxError } from '../errors.ts'

const HREF_AT_MOST = 4_096

/**
 * The path of an address that the server names. Whatever leads to another origin is refused: no credentials go there,
 * and nobody makes us ask machines of the inside.
 * @throws MailboxError `permanent`
 */
export function pathOf(href: string, origin: string, base = '/'): string {
  const said = href.trim()
  const from = new URL(base, origin).href
  const url = said.length <= HREF_AT_MOST && URL.canParse(said, from) ? new URL(said, from) : undefined
  if (url?.origin === origin) return url.pathname
  const where = url ? url.origin : JSON.stringify(said.slice(0, 100))
  const words = `${new URL(origin).host} leads to ${where}. Credentials are not sent there: if that is the right server, enter its address in the profile.`
  throw new MailboxError('permanent', 'SettingsInvalid', words, { scope: 'server' })
}

/** The last segment of a path as text: servers do not agree on what they encode in it. */
export function nameOf(path: string): string {
  const segment = path.slice(path.lastIndexOf('/', path.length - 2) + 1)
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The path of a member of a collection. */
export function memberOf(collection: string, name: string): string {
  return `${collection}${encodeURIComponent(name)}`
}

/** A path for comparing, whatever is encoded in it. */
export function samePath(a: string, b: string): boolean {
  return plain(a) === plain(b)
}

function plain(path: string): string {
  try {
    return decodeURIComponent(path).replace(/\/$/, '')
  } catch {
    return path.replace(/\/$/, '')
  }
}
