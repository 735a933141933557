import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Regarding } from '#sync'
import { callerOf } from '../../caller.ts'
import { ownOrigin } from '../../place.ts'
import { ROOT } from '../call.ts'
import { continuesOnError } from '../write/preferences.ts'
import { itemsOf } from './items.ts'
import { type Answer, printAnswers } from './print.ts'
import { runBatch, statusOf } from './run.ts'

/** Bytes. */
const LARGEST = 32 * 1024 * 1024
const MILLISECONDS = 300_000

/** Many requests in one (OData v4 protocol §11.7). */
export function batchRoute(scope: FastifyInstance, regarding: Regarding): void {
  scope.addContentTypeParser(
    'multipart/mixed',
    { parseAs: 'string' },
    async (_request: FastifyRequest, text: string) => text,
  )
  scope.post('/$batch', { bodyLimit: LARGEST, handlerTimeout: MILLISECONDS }, (request, reply) =>
    batch(scope, regarding, request, reply),
  )
}

async function batch(
  scope: FastifyInstance,
  regarding: Regarding,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const items = itemsOf(typeof request.body === 'string' ? request.body : '', request.headers['content-type'] ?? '')
  const continueOnError = continuesOnError(request.headers)
  const answers = await runBatch(
    {
      regarding,
      caller: callerOf(request),
      root: `${ownOrigin(request)}${ROOT}/`,
      headers: request.headers,
      continueOnError,
      log: request.log,
      read: (target, headers) => read(scope, request, target, headers),
    },
    items,
  )
  const failed = answers.map(statusOf).find((status) => status >= 400)
  const { type, text } = printAnswers(answers)
  if (continueOnError) reply.header('preference-applied', 'odata.continue-on-error')
  return reply
    .code(continueOnError ? 200 : (failed ?? 200))
    .type(type)
    .send(text)
}

const SHOWN = ['content-type', 'odata-version', 'preference-applied', 'etag', 'retry-after']

/** A reading request takes the way of every other, so that it is answered, refused and counted alike. */
async function read(
  scope: FastifyInstance,
  request: FastifyRequest,
  target: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const remoteAddress = request.socket.remoteAddress
  const answer = await scope.inject({
    method: 'GET',
    url: `${ROOT}/${target}`,
    headers: { ...headers },
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
  })
  const shown = SHOWN.flatMap((name) =>
    answer.headers[name] === undefined ? [] : [[name, String(answer.headers[name])]],
  )
  return { status: answer.statusCode, headers: Object.fromEntries(shown), body: answer.payload }
}
