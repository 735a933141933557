import { z } from 'zod'
import { Turnstile } from '#time'
import { readJson } from './body.ts'
import { badRequest, GraphError } from './error.ts'
import type { GraphAnswer, GraphRequest } from './request.ts'
import { segmentsOf } from './segments.ts'

const MAX_REQUESTS = 20
/** Bytes of a batch. */
const MAX_SIZE = 4 * 1024 * 1024
/** So many requests of a batch go to one mailbox at once. */
const AT_ONCE = 4

const schema = z.strictObject({
  requests: z.array(
    z.strictObject({
      id: z.string().min(1),
      method: z.string(),
      url: z.string(),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
      dependsOn: z.array(z.string()).optional(),
    }),
  ),
})
type Part = z.infer<typeof schema>['requests'][number]

/** Carries the requests of a batch out, those that depend on others after them. The answers are in the order of their ends. */
export async function batch(
  request: GraphRequest,
  answerOne: (request: GraphRequest) => Promise<GraphAnswer>,
): Promise<GraphAnswer> {
  if (request.body.length > MAX_SIZE)
    throw new GraphError(413, 'RequestEntityTooLarge', 'The maximum request length supported is 4MB.')
  const { requests } = readJson(request, schema, 'microsoft.graph.batchRequest')
  check(requests)
  const responses: object[] = []
  const done = new Map<string, Promise<boolean>>()
  const places = new Turnstile(AT_ONCE)
  for (const part of requests) {
    const waitsFor = (part.dependsOn ?? []).map((id) => done.get(id) as Promise<boolean>)
    done.set(part.id, carryOut(part, waitsFor))
  }
  await Promise.all(done.values())
  return { status: 200, body: { responses } }

  async function carryOut(part: Part, waitsFor: Promise<boolean>[]): Promise<boolean> {
    const ready = (await Promise.all(waitsFor)).every(Boolean)
    const answer = ready ? await places.pass(() => answerOne(requestOf(part))) : FAILED_DEPENDENCY
    responses.push({
      id: part.id,
      status: answer.status,
      headers: { 'Content-Type': 'application/json', ...answer.headers },
      ...(answer.body !== undefined && {
        body: Buffer.isBuffer(answer.body) ? answer.body.toString('base64') : answer.body,
      }),
    })
    return answer.status < 400
  }
}

const FAILED_DEPENDENCY: GraphAnswer = {
  status: 424,
  body: { error: { code: 'FailedDependency', message: 'A request it depends on failed.' } },
}

function check(requests: readonly Part[]): void {
  if (requests.length > MAX_REQUESTS)
    throw badRequest(
      `Number of batch requests exceeds the limit. Limit: ${MAX_REQUESTS}, actual: ${requests.length}.`,
      'MaxRequestsExceeded',
    )
  const seen = new Set<string>()
  for (const { id, dependsOn = [] } of requests) {
    if (seen.has(id)) throw badRequest(`The request id '${id}' is used twice.`, 'InvalidBatch')
    const missing = dependsOn.find((other) => !seen.has(other))
    if (missing)
      throw badRequest(`The request '${id}' depends on '${missing}', which is not before it.`, 'InvalidBatch')
    seen.add(id)
  }
}

function requestOf({ method, url, headers = {}, body }: Part): GraphRequest {
  const { pathname, searchParams } = new URL(url.replace(/^\/?/, '/'), 'http://batch')
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const bytes =
    body === undefined
      ? ''
      : typeof body === 'string' && !/json/i.test(lower['content-type'] ?? '')
        ? body
        : JSON.stringify(body)
  return {
    method: method.toUpperCase(),
    path: segmentsOf(pathname),
    query: searchParams,
    headers: lower,
    body: Buffer.from(bytes),
  }
}
