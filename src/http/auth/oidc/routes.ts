import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Regarding } from '#sync'
import { giveCookie, giveShortCookie, shortCookie, takeShortCookie } from '../../cookie.ts'
import { RequestError } from '../../failure.ts'
import { sendPage } from '../../pages/html.ts'
import { signInPage } from '../../pages/signInPage.ts'
import { ownOrigin, requestOrigin } from '../../place.ts'
import { note } from '../audit.ts'
import { openSession } from '../sessions.ts'
import { beginSignIn, safeReturn, takeSignIn } from './attempts.ts'
import { userOf } from './people.ts'
import type { OidcProvider } from './provider.ts'

const CALLBACK = '/signin/oidc/callback'

/** Signing in by the installation's OpenID provider (OpenID Connect Core 1.0 §3.1). */
export function oidcRoutes(app: FastifyInstance, regarding: Regarding, provider: OidcProvider): void {
  app.get('/signin/oidc', async (request, reply) => {
    const challenge = provider.newChallenge()
    const url = await provider.authorizationUrl(challenge, ownOrigin(request) + CALLBACK)
    const { return: returnTo } = request.query as { return?: unknown }
    giveShortCookie(request, reply, await beginSignIn(regarding, challenge, safeReturn(returnTo)))
    return reply.redirect(url.href, 303)
  })
  app.get(CALLBACK, (request, reply) => comeBack(regarding, provider, request, reply))
}

async function comeBack(
  regarding: Regarding,
  provider: OidcProvider,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const from = requestOrigin(request)
  const { state } = request.query as { state?: unknown }
  const browser = shortCookie(request)
  takeShortCookie(request, reply)
  const begun =
    typeof state === 'string' && state.length <= 200 && browser !== undefined
      ? await takeSignIn(regarding, state, browser)
      : undefined
  // Begun in another browser, used already, or too long ago: nobody is signed in as somebody else by a link.
  if (!begun) return refuse(reply, 'This sign-in has ended or was begun elsewhere. Begin again.')
  const claims = await provider.claimsOf(new URL(request.url, ownOrigin(request)), begun.challenge).catch((error) => {
    if (error instanceof RequestError && error.status === 401) return error
    throw error
  })
  if (claims instanceof RequestError) {
    await note(regarding, 'refused', { from })
    return refuse(reply, claims.message)
  }
  const userId = await userOf(regarding, claims, from)
  if (userId === undefined) {
    await note(regarding, 'refused', { from })
    return refuse(reply, 'You are known to the provider, but no user here is linked to you. Ask an administrator.')
  }
  const session = await openSession(regarding, userId, from, { byOpenId: true })
  await note(regarding, 'signedIn', { userId, subjectId: session.id, from })
  giveCookie(request, reply, session.secret)
  return reply.redirect(begun.returnTo, 303)
}

function refuse(reply: FastifyReply, message: string): FastifyReply {
  return sendPage(reply.code(401), signInPage(message, true))
}
