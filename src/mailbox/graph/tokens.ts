import { createHash } from 'node:crypto'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { retryAfterOf } from '../retryAfter.ts'
import { Secret } from '../secret.ts'
import type { GraphSettings } from '../settings.ts'
import { cloudOf } from './cloud.ts'
import { exchange } from './exchange.ts'
import { signInError } from './signInFailures.ts'

export interface TokenDependencies {
  clock: Clock
  /**
   * Told the new refresh token whenever the directory gives one in place of the old; awaited before the access token
   * that came with it is used, so that it is stored or the call fails.
   */
  onRefreshToken?: (token: Secret) => Promise<void>
}

/** Gives access tokens of one application for one purpose. */
export interface TokenSource {
  /** A token that is valid for some minutes yet. */
  get(): Promise<string>
  /** The server refused this token although it looked valid; the next `get` asks for another. */
  refused(token: string): void
}

interface Entry {
  token?: string
  /** Milliseconds of the epoch. */
  renewAt: number
  /** The newest refresh token, when the directory gave one. */
  refresh?: Secret
  pending?: Promise<string>
}

/** A token is renewed when less than this is left of it. */
const SPARE = 5 * 60_000
/** Applications of this process whose tokens are kept; the one used longest ago is forgotten. */
const MOST = 1_000
const cache = new Map<string, Entry>()

/** Tokens are shared by all mailboxes of the process that use the same application, tenant, secret and scope. */
export function tokenSource(settings: GraphSettings, dependencies: TokenDependencies): TokenSource {
  const key = keyOf(settings)
  const entry = () => {
    const found = cache.get(key) ?? { renewAt: 0 }
    cache.delete(key)
    cache.set(key, found)
    if (cache.size > MOST) cache.delete(cache.keys().next().value as string)
    return found
  }
  return {
    get() {
      const found = entry()
      if (found.token !== undefined && dependencies.clock.now().getTime() < found.renewAt)
        return Promise.resolve(found.token)
      found.pending ??= renew(found, settings, dependencies).finally(() => {
        delete found.pending
      })
      return found.pending
    },
    refused(token) {
      const found = entry()
      if (found.token === token) delete found.token
    },
  }
}

async function renew(entry: Entry, settings: GraphSettings, { clock, onRefreshToken }: TokenDependencies) {
  const { tokenUrl, scope } = cloudOf(settings)
  const { auth } = settings
  const form = new URLSearchParams({ client_id: settings.clientId })
  if (auth.kind === 'clientSecret') {
    form.set('grant_type', 'client_credentials')
    form.set('scope', scope)
    form.set('client_secret', auth.secret.reveal())
  } else {
    form.set('grant_type', 'refresh_token')
    form.set('scope', `${scope} offline_access`)
    form.set('refresh_token', (entry.refresh ?? auth.token).reveal())
    if (auth.secret) form.set('client_secret', auth.secret.reveal())
  }
  const answer = await exchange(
    clock,
    {
      method: 'POST',
      url: tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      timeoutMs: settings.timeoutMs,
    },
    MOST_BYTES,
  )
  const { host } = new URL(tokenUrl)
  const fields = fieldsOf(answer.body)
  if (answer.status !== 200 || typeof fields['access_token'] !== 'string' || !isToken(fields['access_token']))
    throw signInError(answer.status, fields, host, retryAfterOf(answer.headers, clock.now()))
  const refresh = fields['refresh_token']
  if (auth.kind === 'refreshToken' && typeof refresh === 'string' && refresh.length <= MOST_TOKEN) {
    const before = entry.refresh ?? auth.token
    if (refresh !== before.reveal()) {
      const secret = new Secret(refresh)
      await onRefreshToken?.(secret)
      entry.refresh = secret
      // Whoever opens the mailbox from now on brings the new one.
      cache.set(keyOf({ ...settings, auth: { ...auth, token: secret } }), entry)
    }
  }
  const lifetime = Math.min(Math.max(Number(fields['expires_in']) || 0, 0), 24 * 60 * 60) * 1000
  entry.token = fields['access_token']
  entry.renewAt = clock.now().getTime() + Math.max(lifetime - SPARE, lifetime / 2)
  return entry.token
}

const MOST_BYTES = 256 * 1024
const MOST_TOKEN = 16_384

function isToken(token: string): boolean {
  return token.length <= MOST_TOKEN && /^[\x21-\x7e]+$/.test(token)
}

function fieldsOf(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    // Not JSON: what a gateway says in place of the directory. The status tells enough.
    return {}
  }
}

/** Secrets are part of the key only as a digest. */
function keyOf(settings: GraphSettings): string {
  const { auth } = settings
  const { tokenUrl, scope } = cloudOf(settings)
  const secret = auth.kind === 'clientSecret' ? auth.secret : auth.token
  const digest = createHash('sha256').update(secret.reveal()).digest('base64url')
  return JSON.stringify([tokenUrl, settings.clientId, scope, auth.kind, digest])
}

/** The words for a server that keeps refusing fresh tokens. */
export function tokenRefused(said: string): MailboxError {
  return new MailboxError(
    'denied',
    'CredentialsIncorrect',
    `Microsoft Graph refuses the application’s token (${JSON.stringify(said.slice(0, 300))}). Check the permissions of the application and the consent to them.`,
  )
}
