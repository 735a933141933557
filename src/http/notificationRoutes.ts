import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { NOTIFICATIONS_PATH, type Notification, type Regarding, receiveNotifications } from '#sync'
import { RequestError } from './failure.ts'

/** Bytes. Graph sends a few hundred notifications in one call at most. */
const MOST_BYTES = 512 * 1024
const MOST_NOTIFICATIONS = 1_000
/** Calls per minute of one address: Microsoft calls from few, for all mailboxes. */
const CALLS_PER_MINUTE = 6_000

const calls = z.object({
  value: z
    .array(
      z.object({
        clientState: z.string().max(128).optional(),
        lifecycleEvent: z.string().max(100).optional(),
      }),
    )
    .max(MOST_NOTIFICATIONS),
})

const LIFECYCLE = ['reauthorizationRequired', 'subscriptionRemoved', 'missed'] as const

/**
 * What Microsoft Graph calls back about (B-10). A call with `validationToken` asks whether we are the ones who
 * subscribed: the token is the answer, as plain text. Every other call is accepted whatever it holds, so that nobody
 * learns from the answer which mailboxes there are.
 */
export function notificationRoutes(app: FastifyInstance, regarding: Regarding): void {
  app.post(
    NOTIFICATIONS_PATH,
    {
      bodyLimit: MOST_BYTES,
      config: { rateLimit: { max: CALLS_PER_MINUTE, timeWindow: 60_000 } },
      // Before the body is read: there is none, of whatever type it claims to be.
      async onRequest(request, reply) {
        const token = tokenOf(request)
        if (token !== undefined) await reply.type('text/plain; charset=utf-8').send(token)
      },
    },
    async (request, reply) => {
      const parsed = calls.safeParse(request.body)
      if (!parsed.success)
        throw new RequestError(400, 'ParameterInvalid', 'This is no notification of Microsoft Graph.')
      await receiveNotifications(
        regarding,
        parsed.data.value.map(({ clientState, lifecycleEvent }): Notification => {
          const lifecycle = LIFECYCLE.find((event) => event === lifecycleEvent)
          return { secret: clientState ?? '', ...(lifecycle ? { lifecycle } : {}) }
        }),
      )
      return reply.status(202).send()
    },
  )
}

/** Printable text of at most 2,000 characters. */
function tokenOf(request: FastifyRequest): string | undefined {
  const { validationToken } = request.query as { validationToken?: unknown }
  if (validationToken === undefined) return undefined
  if (typeof validationToken === 'string' && /^[^\p{Cc}]{1,2000}$/u.test(validationToken)) return validationToken
  throw new RequestError(400, 'ParameterInvalid', 'The validation token is not one of Microsoft Graph.')
}
