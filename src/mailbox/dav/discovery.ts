import { MailboxError } from '../errors.ts'
import { xml } from '../xml.ts'
import type { DavClient } from './client.ts'
import { hrefsOf, type ResourceAnswer } from './multistatus.ts'
import { pathOf } from './place.ts'
import { propfind } from './requests.ts'

/** Where a server keeps what belongs to a user. Paths. */
export interface Homes {
  homes: string[]
  /** Where invitations arrive, with a server that schedules (RFC 6638). */
  inbox?: string
  /** The user's own addresses, in lower case. */
  addresses: string[]
}

export type Service = 'caldav' | 'carddav'

/**
 * Finds the homes of calendars or contacts: from the address that was given, else from the well-known one of its server
 * (RFC 6764 §5, RFC 4791 §6.2.1, RFC 6352 §7.1.1).
 * @throws MailboxError `permanent` when the server has none
 */
export async function discover(client: DavClient, start: string, service: Service): Promise<Homes> {
  const home = service === 'caldav' ? 'C:calendar-home-set' : 'CARD:addressbook-home-set'
  const trail: string[] = []
  let refused: MailboxError | undefined
  for (const path of new Set([start, `/.well-known/${service}`, '/'])) {
    try {
      const found = await homesAt(client, path, home)
      if (found) return found
      trail.push(`${path} names no ${home.replace(/^.*:/, '')}`)
    } catch (error) {
      if (!(error instanceof MailboxError) || error.code === 'CredentialsIncorrect' || error.kind === 'transient')
        throw error
      if (error.kind === 'throttled') throw error
      refused ??= error
      trail.push(error.message)
    }
  }
  const words = `${client.where} has no ${service === 'caldav' ? 'calendars (CalDAV)' : 'contacts (CardDAV)'} for this user: ${trail.join('; ')}. Correct the address in the profile.`
  throw new MailboxError('permanent', 'SettingsInvalid', words, { cause: refused })
}

const PROPS = xml`<D:current-user-principal/><C:calendar-home-set/><CARD:addressbook-home-set/><C:schedule-inbox-URL/><C:calendar-user-address-set/>`

async function homesAt(client: DavClient, start: string, home: string): Promise<Homes | undefined> {
  const doing = 'Looking for calendars and contacts'
  let path = start
  // From any resource to its user's principal, from there to the homes.
  for (let step = 0; step < 2; step++) {
    const [answer] = await propfind(client, path, { depth: 0, props: PROPS, doing })
    const homes = hrefsOf(answer?.props.get(home)).map((href) => pathOf(href, client.origin, path))
    if (homes.length > 0) return { homes: homes.map(collection), ...whoIs(client, answer, path) }
    const [principal] = hrefsOf(answer?.props.get('D:current-user-principal'))
    if (principal === undefined) return undefined
    path = pathOf(principal, client.origin, path)
  }
  return undefined
}

function whoIs(client: DavClient, answer: ResourceAnswer | undefined, path: string): Omit<Homes, 'homes'> {
  const [inbox] = hrefsOf(answer?.props.get('C:schedule-inbox-URL'))
  const addresses = hrefsOf(answer?.props.get('C:calendar-user-address-set')).filter((href) => /^mailto:/i.test(href))
  return {
    ...(inbox && { inbox: pathOf(inbox, client.origin, path) }),
    addresses: addresses.map((href) => href.slice('mailto:'.length).toLowerCase()),
  }
}

/** The path of a collection ends with a slash. */
function collection(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}
