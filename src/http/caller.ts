import type { FastifyRequest } from 'fastify'
import type { Standing } from '#records'
import type { Regarding } from '#sync'
import { userOf } from './auth/oidc/people.ts'
import { findSession } from './auth/sessions.ts'
import { findToken, type TokenScope } from './auth/tokens.ts'
import { sessionSecret } from './cookie.ts'
import { RequestError } from './failure.ts'
import { requestOrigin } from './place.ts'
import { requireSameSite } from './sameSite.ts'

/** On whose behalf a request is made, and by what it proved that. */
export interface Caller {
  userId: string
  /** Who really calls, in the name of that user. */
  actorId?: string
  by: 'session' | 'token'
  /** Of the session or token. */
  id: string
  scope: TokenScope
  /** What was known when the caller was found out; absent for tokens of the OpenID provider. */
  standing?: Standing
  knownUntil?: Date
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined
  }
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

function isSafe(request: FastifyRequest): boolean {
  return SAFE.has(request.method)
}

/** What the request presents to come in: a bearer token, else a cookie of ours. */
export function presentedBy(request: FastifyRequest): { by: Caller['by']; secret: string | undefined } {
  const { authorization } = request.headers
  if (authorization !== undefined) return { by: 'token', secret: bearerIn(authorization) }
  return { by: 'session', secret: sessionSecret(request) }
}

function bearerIn(authorization: string): string | undefined {
  return /^Bearer +(\S{1,4096})$/i.exec(authorization)?.[1]
}

/**
 * Finds out who calls: by bearer token, else by cookie. A token that is wrong is an error, even beside a good cookie.
 * @throws RequestError 401 for a bad token, 403 for a change asked for by another site.
 */
export async function identify(regarding: Regarding, request: FastifyRequest): Promise<Caller | undefined> {
  const { by, secret } = presentedBy(request)
  if (by === 'token') return byToken(regarding, request, secret)
  const session = secret === undefined ? undefined : await findSession(regarding, secret)
  if (!session) return undefined
  if (!isSafe(request)) requireSameSite(request)
  return { ...session, by: 'session', scope: 'full' }
}

async function byToken(regarding: Regarding, request: FastifyRequest, secret: string | undefined): Promise<Caller> {
  const token = secret === undefined ? undefined : await tokenOf(regarding, request, secret)
  if (!token) throw new RequestError(401, 'TokenInvalid', 'The bearer token is not valid, has expired or was revoked.')
  if (token.scope === 'read' && !isSafe(request))
    throw new RequestError(403, 'TokenScope', 'This token only reads; make one with the scope “full”.')
  return { ...token, by: 'token' }
}

/** One of our own tokens, or an access token of the OpenID provider where it is one for this API. */
async function tokenOf(regarding: Regarding, request: FastifyRequest, secret: string) {
  const { oidc } = request.server
  if (!secret.includes('.') || !oidc) return findToken(regarding, secret, requestOrigin(request))
  const claims = await oidc.bearerOf(secret)
  const userId = claims && (await userOf(regarding, claims, requestOrigin(request), ['objectId']))
  return userId === undefined ? undefined : { id: NO_TOKEN, userId, scope: 'full' as const }
}

/** Tokens of the provider are not kept here. */
const NO_TOKEN = '00000000-0000-0000-0000-000000000000'

/** @throws RequestError 401 */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller) return request.caller
  throw new RequestError(401, 'NotSignedIn', 'Sign in, or send a bearer token.')
}
