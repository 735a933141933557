import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Regarding } from '#sync'
import { KnownCallers } from '../knownCallers.ts'
import { operations } from '../operations/index.ts'
import { answerOf, type Operation } from '../operations/operation.ts'
import { batchRoute } from './batch/routes.ts'
import { callOf, contextOf, JSON_TYPE, ROOT } from './call.ts'
import { withFreshNames } from './fresh.ts'
import { openApi } from './openApi.ts'
import { readRoutes } from './reading.ts'
import { acceptJson, writeRoutes } from './write/routes.ts'

/** An act may wait for a mail server; everything else for the database only. */
const ACTION_MILLISECONDS = 300_000

/** The Web API: entity sets, functions and actions below one root (OData v4, in the manner of Dataverse). */
export async function dataRoutes(app: FastifyInstance, regarding: Regarding): Promise<void> {
  app.get('/api/openapi.json', () => openApi())
  const callers = new KnownCallers(regarding)
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', (_request, reply, done) => {
        reply.header('odata-version', '4.0')
        done()
      })
      acceptJson(scope)
      readRoutes(scope, regarding, callers)
      await scope.register(async (within) => {
        within.addHook('onRequest', async (request) => {
          await callers.found(request)
        })
        for (const operation of operations)
          if (operation.kind === 'action' && operation.bound === undefined) actionRoute(within, regarding, operation)
        writeRoutes(within, regarding)
        batchRoute(within, regarding)
      })
    },
    { prefix: ROOT },
  )
}

function actionRoute(scope: FastifyInstance, regarding: Regarding, operation: Operation): void {
  scope.withTypeProvider<ZodTypeProvider>().post(
    `/${operation.name}`,
    {
      schema: { body: operation.input, response: { 200: answerOf(operation) } },
      handlerTimeout: ACTION_MILLISECONDS,
    },
    async (request, reply) => {
      const call = callOf(regarding, request)
      const output = await withFreshNames(regarding, () => operation.run(call, request.body))
      if (operation.silent) return (reply as FastifyReply).code(204).send()
      return (reply as FastifyReply)
        .type(JSON_TYPE)
        .send({ '@odata.context': contextOf(call.root, operation), ...output })
    },
  )
}
