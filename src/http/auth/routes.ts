import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Regarding } from '#sync'
import { callerOf, identify } from '../caller.ts'
import { giveCookie, takeCookie } from '../cookie.ts'
import { RequestError } from '../failure.ts'
import { instant, text } from '../fields.ts'
import { acceptForms } from '../forms.ts'
import { sendPage } from '../pages/html.ts'
import { signInPage } from '../pages/signInPage.ts'
import { ownOrigin, requestOrigin } from '../place.ts'
import { requireSameSite } from '../sameSite.ts'
import { oauthRoutes } from './oauth.ts'
import { oidcRoutes } from './oidc/routes.ts'
import { endSession, sessionsOf } from './sessions.ts'
import { LONGEST_NAME, LONGEST_PASSWORD, signIn } from './signIn.ts'
import { createToken, revokeToken, tokensOf } from './tokens.ts'

const credentials = z.object({ name: z.string().max(LONGEST_NAME), password: z.string().max(LONGEST_PASSWORD) })
const one = z.object({ id: z.guid() })
const newToken = z.strictObject({
  name: text(100),
  expiresOn: instant,
  scope: z.enum(['full', 'read']).default('full'),
})

/** Signing in and out, and what a person is signed in by. */
export async function authRoutes(app: FastifyInstance, regarding: Regarding): Promise<void> {
  acceptForms(app)
  app.post('/signin', (request, reply) => handleSignIn(regarding, request, reply))
  oauthRoutes(app, regarding)
  if (app.oidc) oidcRoutes(app, regarding, app.oidc)
  await app.register((scope) => ownRoutes(scope, regarding))
}

async function handleSignIn(regarding: Regarding, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  // A form of another site could sign a person in as somebody else; JSON cannot be sent across sites unasked.
  if (form) requireSameSite(request)
  const { name, password } = read(request.body)
  const result = await signIn(regarding, name, password, requestOrigin(request))
  if (result.kind === 'signedIn') {
    giveCookie(request, reply, result.secret)
    return form ? reply.redirect('/', 303) : reply.send({ userId: result.userId })
  }
  const refusal =
    result.kind === 'throttled'
      ? new RequestError(429, 'TooManyRequests', `Too many attempts. Try again in ${result.wait} seconds.`, {
          retryAfter: result.wait,
        })
      : new RequestError(401, 'SignInRefused', 'The name or the password is not right.')
  if (!form) throw refusal
  if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter))
  return sendPage(reply.code(refusal.status), signInPage(refusal.message, request.server.oidc !== undefined))
}

function read(body: unknown): z.output<typeof credentials> {
  const parsed = credentials.safeParse(body)
  if (parsed.success) return parsed.data
  throw new RequestError(400, 'ParameterInvalid', 'Signing in takes a name and a password.')
}

/** What people see and revoke of their own. */
function ownRoutes(scope: FastifyInstance, regarding: Regarding): void {
  const app = scope.withTypeProvider<ZodTypeProvider>()
  app.addHook('onRequest', async (request) => {
    request.caller = await identify(regarding, request)
    callerOf(request)
  })
  app.post('/signout', async (request, reply) => {
    const caller = callerOf(request)
    const ended =
      caller.by === 'session'
        ? await endSession(regarding, caller.userId, caller.id, 'signedOut', requestOrigin(request))
        : undefined
    takeCookie(request, reply)
    // Who is still signed in at the provider would be signed in here again by one click of anybody at this browser.
    const there = ended?.byOpenId ? await app.oidc?.endSessionUrl(`${ownOrigin(request)}/signin`) : undefined
    return reply.redirect(there?.href ?? '/signin', 303)
  })
  app.get('/api/auth/sessions', async (request) => {
    const caller = callerOf(request)
    const sessions = await sessionsOf(regarding, caller.userId)
    return { value: sessions.map((session) => ({ ...session, current: session.id === caller.id })) }
  })
  app.delete('/api/auth/sessions/:id', { schema: { params: one } }, async (request, reply) => {
    const { userId } = callerOf(request)
    if (!(await endSession(regarding, userId, request.params.id, 'sessionRevoked', requestOrigin(request))))
      throw new RequestError(404, 'NotFound', 'You have no such session.')
    return reply.code(204).send()
  })
  app.get('/api/auth/tokens', async (request) => ({ value: await tokensOf(regarding, callerOf(request).userId) }))
  app.post('/api/auth/tokens', { schema: { body: newToken } }, async (request, reply) => {
    const caller = callerOf(request)
    // A stolen token must not be able to outlive itself.
    if (caller.by === 'token') throw new RequestError(403, 'TokenScope', 'Tokens are made by people who are signed in.')
    const { name, expiresOn, scope: reach } = request.body
    const made = await createToken(regarding, caller.userId, name, new Date(expiresOn), reach, requestOrigin(request))
    return reply.code(201).send({ id: made.id, token: made.secret })
  })
  app.delete('/api/auth/tokens/:id', { schema: { params: one } }, async (request, reply) => {
    if (!(await revokeToken(regarding, callerOf(request).userId, request.params.id, requestOrigin(request))))
      throw new RequestError(404, 'NotFound', 'You have no such token.')
    return reply.code(204).send()
  })
}
