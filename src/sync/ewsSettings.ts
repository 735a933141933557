import type { ConnectionSettingsInput } from '#mailbox'
import type { MailboxSetup } from '#mailboxes'
import type { Records, Row } from '#records'
import { invalidSettings } from './invalidSettings.ts'

type Ews = Extract<ConnectionSettingsInput, { kind: 'ews' }>

const AUTHENTICATE = { own: 0, profile: 1, serverToServer: 2, windows: 3, anonymous: 4 } as const
/** MB-7, by the values of the column; OAuth is told apart before. */
const SCHEMES = ['auto', 'negotiate', 'ntlm', 'basic'] as const
const OAUTH = 4

/** Exchange of the organization's own (MB-5 … MB-11): where it is, who signs in, and in whose name. */
export async function ewsSettings(
  records: Records,
  setup: MailboxSetup,
  profile: Row,
): Promise<Omit<Ews, 'timeoutMs'>> {
  const authority = profile['trustedauthority']
  return {
    kind: 'ews',
    mailbox: setup.address,
    ...placeOf(profile),
    auth: await authOf(records, setup, profile),
    impersonate: profile['useimpersonation'] === true, // MB-10
    own: Number(profile['authenticateusing'] ?? 0) === AUTHENTICATE.own,
    connections: Number(profile['maxconcurrentconnections'] ?? 10), // MB-14
    ...(typeof authority === 'string' && authority ? { ca: authority } : {}),
  }
}

/** MB-5: with auto-discovery the location, if there is one, is the Autodiscover that is asked. */
function placeOf(profile: Row): Pick<Ews, 'url' | 'autodiscoverUrl'> {
  const location = String(profile['incomingserverlocation'] ?? '').trim()
  if (profile['useautodiscover'] === true)
    return location ? { autodiscoverUrl: completed(location, '/autodiscover/autodiscover.svc') } : {}
  if (!location)
    throw invalidSettings(`The profile “${String(profile['name'])}” names no server and does not search for it either.`)
  return { url: completed(location, '/EWS/Exchange.asmx') }
}

/** People write the name of the server, its address, or the whole path. */
function completed(location: string, path: string): string {
  const address = /^[a-z]+:\/\//i.test(location) ? location : `https://${location}`
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  if (url.pathname === '/') url.pathname = path
  return url.href
}

async function authOf(records: Records, setup: MailboxSetup, profile: Row): Promise<Ews['auth']> {
  const using = Number(profile['authenticateusing'] ?? AUTHENTICATE.own)
  const name = `The profile “${String(profile['name'])}”`
  if (using === AUTHENTICATE.serverToServer) return application(records, setup, profile)
  if (using === AUTHENTICATE.windows || using === AUTHENTICATE.anonymous)
    throw invalidSettings(
      `${name} authenticates by ${using === AUTHENTICATE.windows ? 'Windows integrated security, which needs Kerberos' : 'nothing'}: Exchange is reached with a user name and password (NTLM or Basic), or with OAuth.`,
    )
  const onProfile = using === AUTHENTICATE.profile
  const row = onProfile ? profile : setup.row
  const table = onProfile ? 'emailserverprofile' : 'mailbox'
  const id = onProfile ? (setup.profile?.id as string) : setup.id
  const user = String(row['username'] ?? (onProfile ? '' : setup.address))
  const password = await records.openSecret(table, id, 'password')
  if (!user || password === undefined)
    throw invalidSettings(`${onProfile ? name : `The mailbox “${setup.name}”`} holds no user name or password.`)
  const protocol = Number(profile['incomingauthenticationprotocol'] ?? 0)
  if (protocol === OAUTH) return { kind: 'bearer', accessToken: password }
  return { kind: 'password', user, password, scheme: SCHEMES[protocol] ?? 'auto' }
}

/** MB-6 “server to server”: an application of the directory that Exchange trusts. */
async function application(records: Records, setup: MailboxSetup, profile: Row): Promise<Ews['auth']> {
  const text = (column: string) => String(profile[column] ?? '').trim()
  const [tenant, clientId, loginUrl] = ['exchangeonlinetenantid', 'oauthclientid', 'oauthloginlocation'].map(text)
  const secret = await records.openSecret('emailserverprofile', setup.profile?.id as string, 'oauthclientsecret')
  if (tenant && clientId && secret)
    return { kind: 'oauth', tenant, clientId, secret, ...(loginUrl ? { loginUrl } : {}) }
  throw invalidSettings(
    `The profile “${String(profile['name'])}” lacks the tenant, the application’s id or its secret (exchangeonlinetenantid, oauthclientid, oauthclientsecret).`,
  )
}
