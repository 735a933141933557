import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Regarding } from '#sync'
import type { Caller } from '../caller.ts'
import { MethodNotAllowed } from '../failure.ts'
import type { KnownCallers } from '../knownCallers.ts'
import { findOperation } from '../operations/index.ts'
import { answerOf, checkInput, type Operation } from '../operations/operation.ts'
import { readAlong } from './along.ts'
import { type Call, callOf, contextOf, JSON_TYPE, optionsOf } from './call.ts'
import { withFreshNames } from './fresh.ts'
import { idByKey } from './keys.ts'
import { csdlOf } from './metadata/csdl.ts'
import { isAboutDefinitions, readMetadata } from './metadata/read.ts'
import { parseParameters } from './parameters.ts'
import { idOf, parsePath, parseSegments } from './path.ts'
import { type Preferences, parsePrefer } from './prefer.ts'
import { countSet, readableTable, readRow } from './read.ts'
import type { Json } from './rows.ts'
import { readSet } from './set.ts'

/** A function may wait for a mail server; everything else for the database only. */
const FUNCTION_MILLISECONDS = 300_000

interface Asked {
  path: string
  options: URLSearchParams
  prefer: Preferences
}

/** What is answered. */
type Answer =
  | { kind: 'json' | 'row'; body: object; applied?: string }
  | { kind: 'text' | 'xml'; body: string; applied?: string }
  | { kind: 'nothing'; applied?: string }

/** Rows, properties, functions and definitions are read at their addresses (OData v4 protocol §11.2). */
export function readRoutes(scope: FastifyInstance, regarding: Regarding, callers: KnownCallers): void {
  const read = async (request: FastifyRequest, reply: FastifyReply) => {
    const asked: Asked = {
      path: (request.params as { '*'?: string })['*'] ?? '',
      options: optionsOf(request),
      prefer: parsePrefer(request.headers.prefer),
    }
    const answer = (caller: Caller) =>
      withFreshNames(regarding, () => answerTo(callOf(regarding, request, caller), asked))
    // Only what is read of records is asked of a statement that knows who asks.
    const found = isOfRecords(asked.path)
      ? await callers.reading(request, answer)
      : await answer(await callers.found(request))
    return send(request, reply, found)
  }
  scope.get('/', read)
  scope.get('/*', { handlerTimeout: FUNCTION_MILLISECONDS }, read)
}

function isOfRecords(path: string): boolean {
  return !isOfNames(path) && findOperation(/^[^(/]*/.exec(path)?.[0] ?? '') === undefined
}

function isOfNames(path: string): boolean {
  return path === '' || path === '$metadata' || isAboutDefinitions(path)
}

async function answerTo(call: Call, { path, options, prefer }: Asked): Promise<Answer> {
  const { records } = call.regarding
  if (isOfNames(path)) await records.refresh()
  if (path === '$metadata') return { kind: 'xml', body: csdlOf(records.catalogue) }
  if (isAboutDefinitions(path)) {
    const found = readMetadata(call, parseSegments(path), options)
    return found ? { kind: 'json', body: found } : { kind: 'nothing' }
  }
  const resource = parsePath(path)
  if (resource.kind === 'root') return { kind: 'json', body: serviceDocument(call) }
  if (resource.kind === 'count') return { kind: 'text', body: String(await countSet(call, resource.name, options)) }
  const applied = prefer.applied === undefined ? {} : { applied: prefer.applied }
  if (resource.kind === 'path') {
    const found = await readAlong(call, resource.segments, options, prefer)
    if ('nothing' in found) return { kind: 'nothing', ...applied }
    return 'text' in found
      ? { kind: 'text', body: found.text, ...applied }
      : { kind: 'row', body: found.json, ...applied }
  }
  const inside = resource.kind === 'call' ? resource.inside : ''
  const operation = findOperation(resource.name)
  if (operation) return { kind: 'json', body: await resultOf(call, operation, inside, options) }
  if (resource.kind === 'set')
    return { kind: 'json', body: await readSet(call, resource.name, options, prefer), ...applied }
  const table = await readableTable(call, resource.name)
  const id = idOf(inside, table.id) ?? (await idByKey(call, table, inside))
  return { kind: 'row', body: await readRow(call, table, id, options, prefer), ...applied }
}

async function resultOf(call: Call, operation: Operation, inside: string, options: URLSearchParams): Promise<object> {
  if (operation.kind === 'action') throw new MethodNotAllowed('POST', `${operation.name} is an action; use POST.`)
  const output = await operation.run(call, checkInput(operation, parseParameters(inside, options)))
  return answerOf(operation).parse({ '@odata.context': contextOf(call.root, operation), ...output })
}

function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.applied !== undefined) reply.header('preference-applied', answer.applied)
  if (answer.kind === 'nothing') return reply.code(204).send()
  if (answer.kind === 'text') return reply.type('text/plain; charset=utf-8').send(answer.body)
  if (answer.kind === 'xml') return reply.type('application/xml; charset=utf-8').send(answer.body)
  const etag = answer.kind === 'row' ? (answer.body as Json)['@odata.etag'] : undefined
  if (typeof etag === 'string') {
    reply.header('etag', etag)
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  }
  return reply.type(JSON_TYPE).send(answer.body)
}

/** OData v4 JSON §5. */
function serviceDocument({ root, regarding }: Call) {
  const sets = regarding.records.catalogue.tables.map(({ set }) => ({ name: set, kind: 'EntitySet', url: set }))
  return { '@odata.context': `${root}$metadata`, value: sets.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}
