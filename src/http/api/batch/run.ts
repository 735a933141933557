import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Regarding } from '#sync'
import type { Caller } from '../../caller.ts'
import { unexpected } from '../../errorHandling.ts'
import { errorBody, failureOf, MethodNotAllowed, RequestError } from '../../failure.ts'
import { inWhoseName } from '../../impersonation.ts'
import { type Call, callBy, within } from '../call.ts'
import type { Method, WriteRequest } from '../write/command.ts'
import { parseJson } from '../write/json.ts'
import { inTransaction, perform, step, type WriteAnswer } from '../write/perform.ts'
import { withWritten } from '../write/pointers.ts'
import type { Inner, Item } from './items.ts'
import type { Answer, AnswerItem } from './print.ts'

/** Who sent a batch, and how its reading requests are answered. */
export interface Batch {
  regarding: Regarding
  caller: Caller
  /** The service root, ending with a slash. */
  root: string
  /** Of the batch itself: some hold for each of its requests. */
  headers: Readonly<IncomingHttpHeaders>
  continueOnError: boolean
  log: FastifyBaseLogger
  read(target: string, headers: Readonly<Record<string, string>>): Promise<Answer>
}

/** Does one item after the other, and stops at the first that fails unless told otherwise. */
export async function runBatch(batch: Batch, items: readonly Item[]): Promise<AnswerItem[]> {
  const answers: AnswerItem[] = []
  /** Addresses of the rows that were written, by Content-ID. */
  const written = new Map<string, string>()
  for (const item of items) {
    const answer =
      item.kind === 'single' ? await single(batch, item.inner, written) : await changeSet(batch, item.inners, written)
    answers.push(answer)
    if (statusOf(answer) >= 400 && !batch.continueOnError) break
  }
  return answers
}

/** That of what failed; a change set that failed has one answer. */
export function statusOf(item: AnswerItem): number {
  return item.kind === 'single' ? item.answer.status : 200
}

async function single(batch: Batch, inner: Inner, written: Map<string, string>): Promise<AnswerItem> {
  try {
    if (inner.method === 'GET') {
      const target = withWritten(inner.target, written)
      return { kind: 'single', answer: labelled(inner, await batch.read(target, readingHeaders(batch, inner))) }
    }
    const answer = await perform(await callFor(batch, inner), requestOf(batch, inner, written), written)
    note(written, inner, answer)
    return { kind: 'single', answer: printed(inner, answer) }
  } catch (error) {
    return { kind: 'single', answer: refusal(batch, inner, error) }
  }
}

/** All of it in one transaction. */
async function changeSet(batch: Batch, inners: readonly Inner[], before: Map<string, string>): Promise<AnswerItem> {
  let current = inners[0]
  try {
    const calls = await callsFor(batch, inners)
    const { answers, written } = await inTransaction(batch.regarding, before, async (work, tx) => {
      const bound = new Map(calls.map((call) => [call, within(call, tx)]))
      const done: Answer[] = []
      for (const [at, inner] of inners.entries()) {
        current = inner
        const call = bound.get(calls[at] as Call) as Call
        const answer = await step(work, call, requestOf(batch, inner, work.written))
        note(work.written, inner, answer)
        done.push(printed(inner, answer))
      }
      return { answers: done, written: work.written }
    })
    for (const [id, address] of written) before.set(id, address)
    return { kind: 'changeSet', answers }
  } catch (error) {
    return { kind: 'single', answer: refusal(batch, current, error) }
  }
}

/** One call for all requests in the name of the same user, so that their new rows can be written together. */
async function callsFor(batch: Batch, inners: readonly Inner[]): Promise<Call[]> {
  const known = new Map<string, Call>()
  const calls: Call[] = []
  for (const inner of inners) {
    const name = `${inner.headers['mscrmcallerid'] ?? ''} ${inner.headers['callerobjectid'] ?? ''}`
    const call = known.get(name) ?? (await callFor(batch, inner))
    known.set(name, call)
    calls.push(call)
  }
  return calls
}

async function callFor({ regarding, caller, root }: Batch, { headers }: Inner): Promise<Call> {
  return callBy(regarding, (await inWhoseName(regarding, caller, headers)) ?? caller, root)
}

function requestOf(batch: Batch, inner: Inner, written: ReadonlyMap<string, string>): WriteRequest {
  const [path = '', ...query] = withWritten(inner.target, written).split('?')
  if (inner.body.trim() !== '' && !/^application\/json\b/i.test(inner.headers['content-type'] ?? ''))
    throw new RequestError(415, 'UnsupportedMediaType', 'A body is application/json.')
  const suppress = batch.headers['mscrm.suppressduplicatedetection']
  return {
    method: inner.method as Method,
    path: decoded(path),
    options: new URLSearchParams(query.join('?')),
    headers: { ...(suppress === undefined ? {} : { 'mscrm.suppressduplicatedetection': suppress }), ...inner.headers },
    body: parseJson(inner.body),
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RequestError(400, 'RequestInvalid', 'The address of a request is not encoded as addresses are.')
  }
}

/** What proves who calls is that of the batch, whatever a part says. */
function readingHeaders(batch: Batch, { headers }: Inner): Record<string, string> {
  const { authorization: _token, cookie: _cookie, host: _host, connection: _connection, ...rest } = headers
  const kept = ['authorization', 'cookie', 'host', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']
  const outer = [
    ...kept,
    ...((rest['mscrmcallerid'] ?? rest['callerobjectid']) ? [] : ['mscrmcallerid', 'callerobjectid']),
  ]
  const own = outer.flatMap((name) => {
    const value = batch.headers[name]
    return value === undefined ? [] : [[name, String(value)]]
  })
  return { ...rest, ...Object.fromEntries(own) }
}

function note(written: Map<string, string>, { contentId }: Inner, { address }: WriteAnswer): void {
  if (contentId !== undefined && address !== undefined) written.set(contentId, address)
}

const JSON_TYPE = { 'content-type': 'application/json; odata.metadata=minimal' }

function printed(inner: Inner, { status, headers, body }: WriteAnswer): Answer {
  const text = body === undefined ? '' : JSON.stringify(body)
  return labelled(inner, {
    status,
    headers: { 'odata-version': '4.0', ...(text ? JSON_TYPE : {}), ...headers },
    body: text,
  })
}

function refusal({ log, regarding }: Batch, inner: Inner | undefined, error: unknown): Answer {
  const failure = failureOf(error) ?? unexpected(log, regarding.newId(), error)
  return labelled(inner, {
    status: failure.status,
    headers: {
      'odata-version': '4.0',
      ...JSON_TYPE,
      ...(error instanceof MethodNotAllowed ? { allow: error.allow } : {}),
    },
    body: JSON.stringify(errorBody(failure)),
  })
}

function labelled(inner: Inner | undefined, answer: Answer): Answer {
  return inner?.contentId === undefined ? answer : { ...answer, contentId: inner.contentId }
}
