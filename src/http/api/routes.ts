import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Regarding } from '#sync'
import { callerOf, identify } from '../caller.ts'
import { RequestError } from '../failure.ts'
import { inWhoseName } from '../impersonation.ts'
import { findOperation, operations } from '../operations/index.ts'
import { answerOf, checkInput, type Operation } from '../operations/operation.ts'
import { readAlong } from './along.ts'
import { batchRoute } from './batch/routes.ts'
import { callOf, ROOT } from './call.ts'
import { withFreshNames } from './fresh.ts'
import { idByKey } from './keys.ts'
import { csdlOf } from './metadata/csdl.ts'
import { isAboutDefinitions, readMetadata } from './metadata/read.ts'
import { openApi } from './openApi.ts'
import { parseParameters } from './parameters.ts'
import { parsePath, parseSegments } from './path.ts'
import { parsePrefer } from './prefer.ts'
import { countSet, readableTable, readRow } from './read.ts'
import type { Json } from './rows.ts'
import { readSet } from './set.ts'
import { acceptJson, writeRoutes } from './write/routes.ts'

/** An act may wait for a mail server; everything else for the database only. */
const ACTION_MILLISECONDS = 300_000

/** The Web API: entity sets, functions and actions below one root (OData v4, in the manner of Dataverse). */
export async function dataRoutes(app: FastifyInstance, regarding: Regarding): Promise<void> {
  app.get('/api/openapi.json', () => openApi())
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        reply.header('odata-version', '4.0')
        request.caller = await inWhoseName(regarding, await identify(regarding, request), request.headers)
        callerOf(request)
      })
      acceptJson(scope)
      for (const operation of operations)
        if (operation.kind === 'action' && operation.bound === undefined) actionRoute(scope, regarding, operation)
      const read = (request: FastifyRequest, reply: FastifyReply) =>
        withFreshNames(regarding, () => get(regarding, request, reply))
      scope.get('/', read)
      scope.get('/*', { handlerTimeout: ACTION_MILLISECONDS }, read)
      writeRoutes(scope, regarding)
      batchRoute(scope, regarding)
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
      return send(reply, { '@odata.context': contextOf(call.root, operation), ...output })
    },
  )
}

async function get(regarding: Regarding, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const call = callOf(regarding, request)
  const path = (request.params as { '*'?: string })['*'] ?? ''
  const options = new URLSearchParams(request.url.split('?').slice(1).join('?'))
  const isOfNames = path === '' || path === '$metadata' || isAboutDefinitions(path)
  if (isOfNames) await regarding.records.refresh()
  if (path === '$metadata')
    return reply.type('application/xml; charset=utf-8').send(csdlOf(regarding.records.catalogue))
  if (isAboutDefinitions(path)) {
    const found = readMetadata(call, parseSegments(path), options)
    return found ? send(reply, found) : reply.code(204).send()
  }
  const prefer = parsePrefer(request.headers.prefer)
  const resource = parsePath(path)
  if (resource.kind === 'root') return send(reply, serviceDocument(call.root, regarding))
  if (resource.kind === 'count') return sendText(reply, String(await countSet(call, resource.name, options)))
  if (resource.kind === 'path') {
    if (prefer.applied) reply.header('preference-applied', prefer.applied)
    const found = await readAlong(call, resource.segments, options, prefer)
    if ('nothing' in found) return reply.code(204).send()
    return 'text' in found ? sendText(reply, found.text) : sendRow(request, reply, found.json)
  }
  const inside = resource.kind === 'call' ? resource.inside : ''
  const operation = findOperation(resource.name)
  if (operation) {
    if (operation.kind === 'action') throw methodNotAllowed(reply, 'POST', `${operation.name} is an action; use POST.`)
    const output = await operation.run(call, checkInput(operation, parseParameters(inside, options)))
    return send(reply, answerOf(operation).parse({ '@odata.context': contextOf(call.root, operation), ...output }))
  }
  if (prefer.applied) reply.header('preference-applied', prefer.applied)
  if (resource.kind === 'set') return send(reply, await readSet(call, resource.name, options, prefer))
  const table = await readableTable(call, resource.name)
  const id = await idByKey(call, table, inside)
  return sendRow(request, reply, await readRow(call, resource.name, () => id, options, prefer))
}

function sendRow(request: FastifyRequest, reply: FastifyReply, row: Json): FastifyReply {
  const etag = row['@odata.etag']
  if (typeof etag === 'string') {
    reply.header('etag', etag)
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  }
  return send(reply, row)
}

function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/plain; charset=utf-8').send(text)
}

function methodNotAllowed(reply: FastifyReply, allowed: string, message: string): RequestError {
  reply.header('allow', allowed)
  return new RequestError(405, 'MethodNotAllowed', message)
}

function send(reply: FastifyReply, body: object): FastifyReply {
  return reply.type('application/json; odata.metadata=minimal; charset=utf-8').send(body)
}

function contextOf(root: string, { name }: Operation): string {
  return `${root}$metadata#Microsoft.Dynamics.CRM.${name}Response`
}

/** OData v4 JSON §5. */
function serviceDocument(root: string, { records }: Regarding) {
  const sets = records.catalogue.tables.map(({ set }) => ({ name: set, kind: 'EntitySet', url: set }))
  return { '@odata.context': `${root}$metadata`, value: sets.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}
