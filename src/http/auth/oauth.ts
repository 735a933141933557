import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Regarding } from '#sync'
import { requestOrigin } from '../place.ts'
import { issueToken } from './applications.ts'

const request = z.object({
  grant_type: z.string().max(100),
  client_id: z.string().max(100).optional(),
  client_secret: z.string().max(200).optional(),
})

/** `/oauth/token`, RFC 6749 §4.4; its errors have the form of §5.2. */
export function oauthRoutes(app: FastifyInstance, regarding: Regarding): void {
  app.post('/oauth/token', async (incoming, reply) => {
    const refuse = (status: number, error: string, error_description: string) =>
      reply.code(status).send({ error, error_description })
    const parsed = request.safeParse(incoming.body)
    if (!parsed.success)
      return refuse(400, 'invalid_request', 'Send grant_type, client_id and client_secret as a form.')
    if (parsed.data.grant_type !== 'client_credentials')
      return refuse(400, 'unsupported_grant_type', 'Only client_credentials is supported.')
    const client = basic(incoming) ?? { id: parsed.data.client_id, secret: parsed.data.client_secret }
    if (!client.id || !client.secret) return refuse(400, 'invalid_request', 'The client id or secret is missing.')
    const result = await issueToken(regarding, client.id, client.secret, requestOrigin(incoming))
    if (result.kind === 'issued')
      return reply.send({ access_token: result.token, token_type: 'Bearer', expires_in: result.expiresIn })
    if (result.kind === 'throttled') {
      reply.header('retry-after', String(result.wait))
      return refuse(429, 'temporarily_unavailable', `Too many attempts; try again in ${result.wait} seconds.`)
    }
    reply.header('www-authenticate', 'Basic realm="regarding"')
    return refuse(401, 'invalid_client', 'The client is not known, or its secret is wrong or has expired.')
  })
}

/** RFC 6749 §2.3.1: id and secret are form-encoded within Basic credentials. */
function basic({ headers }: FastifyRequest): { id: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]{1,1000})$/i.exec(headers.authorization ?? '')?.[1]
  if (!encoded) return undefined
  const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return { id: decoded(id), secret: decoded(rest.join(':')) }
}

function decoded(text: string): string {
  return new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? ''
}
