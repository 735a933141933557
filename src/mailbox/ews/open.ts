import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import type { Mailbox } from '../port.ts'
import type { EwsSettings } from '../settings.ts'
import { forgetLocation, isLoopback, locate, usualWays } from './autodiscover/index.ts'
import { EwsClient } from './client.ts'
import { EwsMailbox } from './ewsMailbox.ts'
import type { Credentials } from './http/credentials.ts'
import type { Endpoint } from './http/endpoint.ts'
import { endpointFor } from './http/endpoints.ts'
import { applicationTokens, fixedToken } from './http/tokens.ts'

/**
 * Opens a mailbox of Exchange 2013 or later over Exchange Web Services. Signs in at once, so that wrong settings are known
 * here. Connections are shared with other mailboxes of the same server and account.
 * @throws MailboxError
 */
export async function openEws(settings: EwsSettings, { clock }: { clock: Clock }): Promise<Mailbox> {
  if (settings.url !== undefined) return openAt(new URL(settings.url), settings, clock)
  const discovery = {
    address: settings.mailbox,
    start: settings.autodiscoverUrl,
    ways: usualWays,
    timeoutMs: Math.min(settings.timeoutMs, 20_000),
    clock,
    send: (url: URL, request: Parameters<Endpoint['send']>[0]) => endpointAt(url, settings, clock).send(request),
  }
  try {
    return await openAt(await locate(discovery), settings, clock)
  } catch (error) {
    if (!isElsewhere(error) || !forgetLocation(discovery)) throw error
    return openAt(await locate(discovery), settings, clock)
  }
}

async function openAt(url: URL, settings: EwsSettings, clock: Clock): Promise<Mailbox> {
  const { mailbox: address, impersonate } = settings
  const own = isOwn(settings)
  const client = new EwsClient({
    endpoint: endpointAt(url, settings, clock),
    url,
    impersonated: impersonate ? address : undefined,
    anchor: address,
    timeoutMs: settings.timeoutMs,
    clock,
  })
  const owner = impersonate || own ? undefined : address
  const mailbox = new EwsMailbox({ place: { client, owner }, address, push: owner === undefined })
  try {
    await mailbox.signIn()
    return mailbox
  } catch (error) {
    await mailbox.close()
    throw error
  }
}

/** Whether the account signs in to its own mailbox, as far as its name tells. */
function isOwn({ auth, mailbox, own }: EwsSettings): boolean {
  return own || (auth.kind === 'password' && auth.user.toLowerCase() === mailbox.toLowerCase())
}

function endpointAt(url: URL, settings: EwsSettings, clock: Clock): Endpoint {
  const { ca, allowUntrusted, timeoutMs, connections } = settings
  return endpointFor(
    { origin: url.origin, ca, allowUntrusted, timeoutMs, connections },
    identityOf(settings),
    () => credentialsOf(settings, url, clock),
    clock,
  )
}

function credentialsOf({ auth, timeoutMs }: EwsSettings, url: URL, clock: Clock): Credentials {
  switch (auth.kind) {
    case 'password':
      return auth
    case 'bearer':
      return { kind: 'bearer', token: fixedToken(auth.accessToken) }
    case 'oauth': {
      const { clientId, secret, tenant } = auth
      const login = auth.loginUrl ?? 'https://login.microsoftonline.com'
      const tokenUrl = new URL(
        `${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
        login.endsWith('/') ? login : `${login}/`,
      ).href
      const scope = auth.scope ?? `${isLoopback(url.hostname) ? 'https://outlook.office365.com' : url.origin}/.default`
      return { kind: 'bearer', token: applicationTokens({ tokenUrl, clientId, secret, scope, timeoutMs, clock }) }
    }
  }
}

/** Whose connections may be shared. Hashed before it is kept. */
function identityOf({ auth }: EwsSettings): string {
  switch (auth.kind) {
    case 'password':
      return JSON.stringify([auth.scheme, auth.user, auth.password.reveal()])
    case 'bearer':
      return JSON.stringify(['bearer', auth.accessToken.reveal()])
    case 'oauth':
      return JSON.stringify([auth.tenant, auth.clientId, auth.secret.reveal(), auth.loginUrl, auth.scope])
  }
}

/** The mailbox may have been moved to another server. */
function isElsewhere(error: unknown): boolean {
  return (
    error instanceof MailboxError &&
    ['ConnectFailure', 'SettingsInvalid', 'MailboxNotFound', 'SecureConnectionFailed'].includes(error.code)
  )
}
