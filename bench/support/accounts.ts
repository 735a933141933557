import type { Values } from '#records'
import type { SandboxPlace } from '../children/sandbox.ts'
import type { ImapAccount } from './peers.ts'

export type Face = 'graph' | 'ews'

export const FACE_NAME: Record<Face, string> = { graph: 'Graph', ews: 'EWS' }

/** A mailbox of the sandbox, and the face of Exchange it is reached by. Its address is that of the mailbox. */
interface ExchangeAccount {
  face: Face
  place: SandboxPlace
}

/** Calendars and contacts of a server, beside mail that nobody reads here. */
interface DavAccount extends ImapAccount {
  dav: string
}

/** A simulated server of the measuring process itself. */
interface SimulatedAccount {
  simulated: string
}

export type Account = ImapAccount | DavAccount | ExchangeAccount | SimulatedAccount

/** Of every mailbox here. */
export const PASSWORD = 'secret'

/** What the server profile and the mailbox of an account say. */
export function recordsOf(account: Account, address: string): { profile: Values; mailbox: Values } {
  if ('simulated' in account)
    return {
      profile: { name: 'Simulated', servertype: 1, incomingserverlocation: `memory:${account.simulated}` },
      mailbox: {},
    }
  if (!('face' in account))
    return {
      profile: {
        name: 'Dovecot',
        servertype: 3,
        incomingserverlocation: account.host,
        incomingportnumber: account.port,
        incomingsecurity: 0,
        ...('dav' in account ? { calendarserverlocation: account.dav } : {}),
      },
      mailbox: { username: account.user, password: PASSWORD },
    }
  const { place } = account
  if (account.face === 'ews')
    return {
      profile: { name: 'EWS', servertype: 1, authenticateusing: 0, incomingserverlocation: place.ewsUrl },
      mailbox: { username: address, password: PASSWORD, allowemailconnectortousecredentials: true },
    }
  return {
    profile: {
      name: 'Graph',
      servertype: 0,
      authenticateusing: 2,
      incomingserverlocation: place.graphUrl,
      oauthloginlocation: place.url,
      exchangeonlinetenantid: place.tenant,
      oauthclientid: place.clientId,
      oauthclientsecret: place.secret,
    },
    mailbox: {},
  }
}
