import { request } from 'undici'
import * as z from 'zod'
import type { Clock } from '#time'
import { MailboxError } from '../../errors.ts'
import { networkError } from '../../network.ts'
import type { Secret } from '../../secret.ts'
import type { TokenSource } from './credentials.ts'

/** A token is renewed so long before its end, in milliseconds. */
const EARLY = 5 * 60_000
const ANSWER_AT_MOST = 64 * 1024

const answer = z.object({
  access_token: z.string().min(1).max(32_768),
  expires_in: z.coerce.number().min(0).max(864_000),
})
const refusal = z.object({ error: z.string().max(200), error_description: z.string().max(4_000).optional() })

export interface ClientCredentials {
  tokenUrl: string
  clientId: string
  secret: Secret
  scope: string
  timeoutMs: number
  clock: Clock
}

/** A token that was given to us and cannot be renewed here. */
export function fixedToken(token: Secret): TokenSource {
  return { get: () => Promise.resolve(token.reveal()), forget: () => undefined }
}

/** Tokens for an application (OAuth 2.0 client credentials, RFC 6749 4.4). One request serves all who wait. */
export function applicationTokens(credentials: ClientCredentials): TokenSource {
  const { clock } = credentials
  let current: { token: string; until: number } | undefined
  let asking: Promise<string> | undefined
  async function ask(): Promise<string> {
    const { access_token: token, expires_in: seconds } = await fetchToken(credentials)
    current = { token, until: clock.now().getTime() + seconds * 1_000 - EARLY }
    return token
  }
  return {
    async get() {
      if (current && current.until > clock.now().getTime()) return current.token
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
    forget(token) {
      if (current?.token === token) current = undefined
    },
  }
}

async function fetchToken({ tokenUrl, clientId, secret, scope, timeoutMs }: ClientCredentials) {
  const where = new URL(tokenUrl).host
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret.reveal(),
    scope,
  }).toString()
  let status: number
  let text: string
  try {
    const data = await request(tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    })
    status = data.statusCode
    text = await data.body.text()
  } catch (error) {
    throw networkError(error, where)
  }
  const said = text.length <= ANSWER_AT_MOST ? parsed(text) : undefined
  const given = answer.safeParse(said)
  if (status === 200 && given.success) return given.data
  if (status === 429 || status >= 500)
    throw new MailboxError(
      'transient',
      'ErrorInternalServerTransientError',
      `${where} answered ${status}. It is tried again.`,
      { scope: 'server' },
    )
  const refused = refusal.safeParse(said)
  const why = refused.success
    ? (refused.data.error_description ?? refused.data.error).split(/[\r\n]/, 1)[0]
    : `it answered ${status}`
  const words = `${where} gives the application no token: ${why}. Check tenant, client id, secret and the permissions of the application (full_access_as_app, with the consent of an administrator).`
  throw new MailboxError('denied', 'CredentialsIncorrect', words)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // What is no JSON is told by its status.
  }
}
