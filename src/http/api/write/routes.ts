import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Regarding } from '#sync'
import { callOf, JSON_TYPE, optionsOf } from '../call.ts'
import { withFreshNames } from '../fresh.ts'
import type { Method } from './command.ts'
import { parseJson } from './json.ts'
import { perform, type WriteAnswer } from './perform.ts'

/** Bytes: a few bodies of email. */
const LARGEST_BODY = 8 * 1024 * 1024
/** A transaction may wait for others that write the same rows. */
const WRITE_MILLISECONDS = 120_000

/** The Web API takes JSON, and nothing that a form of another site could send. */
export function acceptJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_request: FastifyRequest, text: string) => parseJson(text),
  )
}

/** Rows are created, changed and deleted at their addresses (OData v4 protocol §11.4). */
export function writeRoutes(scope: FastifyInstance, regarding: Regarding): void {
  scope.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/*',
    bodyLimit: LARGEST_BODY,
    handlerTimeout: WRITE_MILLISECONDS,
    handler: (request, reply) => write(regarding, request, reply),
  })
}

async function write(regarding: Regarding, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await withFreshNames(regarding, () =>
    perform(callOf(regarding, request), {
      method: request.method as Method,
      path: (request.params as { '*': string })['*'],
      options: optionsOf(request),
      headers: request.headers,
      body: request.body,
    }),
  )
  return send(reply, answer)
}

function send(reply: FastifyReply, { status, headers, body }: WriteAnswer): FastifyReply {
  reply.code(status).headers(headers)
  if (body === undefined) return reply.send()
  return reply.type(JSON_TYPE).send(body)
}
