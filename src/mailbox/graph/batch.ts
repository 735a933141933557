import { MailboxError } from '../errors.ts'
import { retryAfterOf } from '../retryAfter.ts'
import type { GraphClient } from './client.ts'
import { PREFER } from './client.ts'
import { graphError, refusalOf } from './failures.ts'
import { BATCH_WEIGHT } from './gate.ts'

export interface Part {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the mailbox. */
  path: string
  headers?: Record<string, string>
  body?: object
}

export interface PartAnswer {
  status: number
  headers: Record<string, string>
  /** An object, or base64 text for what is not JSON. */
  body: unknown
  /** Why the part failed. */
  error?: MailboxError
}

/** https://learn.microsoft.com/graph/json-batching */
const MOST_PARTS = 20
const MOST_ROUNDS = 4
const LONGEST_WAIT = 10_000

/**
 * Asks many things of the mailbox, 20 in each request. Parts that are turned away for being too many are asked again
 * after the wait they name, if it is short. The answers come in the order of the parts; failures of single parts are in
 * them.
 * @throws MailboxError when a whole request fails, or the server asks for a long wait.
 */
export async function batch(
  client: GraphClient,
  parts: readonly Part[],
  deed: string,
  options: { signal?: AbortSignal | undefined; repeatable?: boolean } = {},
): Promise<PartAnswer[]> {
  const answers: PartAnswer[] = []
  for (let from = 0; from < parts.length; from += MOST_PARTS)
    answers.push(...(await some(client, parts.slice(from, from + MOST_PARTS), deed, options)))
  return answers
}

async function some(
  client: GraphClient,
  parts: readonly Part[],
  deed: string,
  options: { signal?: AbortSignal | undefined; repeatable?: boolean },
): Promise<PartAnswer[]> {
  const answers: (PartAnswer | undefined)[] = parts.map(() => undefined)
  for (let round = 1; ; round++) {
    const open = parts.flatMap((part, index) => (answers[index] ? [] : [{ part, index }]))
    const { value } = await client.service<{ responses?: unknown }>({
      method: 'POST',
      path: '/$batch',
      body: { requests: open.map(({ part, index }) => requestOf(client, part, index)) },
      deed,
      weight: BATCH_WEIGHT,
      repeatable: options.repeatable ?? parts.every((part) => part.method === 'GET'),
      signal: options.signal,
    })
    const received = responsesOf(value, deed)
    let wait = 0
    for (const { index } of open) {
      const answer = received.get(String(index))
      if (!answer) throw incomplete(deed)
      const told = retryAfterOf(answer.headers, client.clock.now()) ?? 1_000 * round
      if (answer.status === 429 && told <= LONGEST_WAIT && round < MOST_ROUNDS) wait = Math.max(wait, told)
      else answers[index] = withError(client, answer, deed)
    }
    if (answers.every((answer) => answer !== undefined)) return answers
    await client.rest(wait, options.signal)
  }
}

function requestOf(client: GraphClient, part: Part, index: number) {
  return {
    id: String(index),
    method: part.method,
    url: client.mailboxPath + part.path,
    headers: {
      ...part.headers,
      Prefer: [PREFER, part.headers?.['Prefer']].filter(Boolean).join(', '),
      ...(part.body ? { 'Content-Type': 'application/json' } : {}),
    },
    ...(part.body ? { body: part.body } : {}),
  }
}

function responsesOf(value: { responses?: unknown } | undefined, deed: string): Map<string, PartAnswer> {
  if (!Array.isArray(value?.responses)) throw incomplete(deed)
  const entries = value.responses as { id?: unknown; status?: unknown; headers?: unknown; body?: unknown }[]
  return new Map(
    entries.map((entry) => [
      String(entry?.id),
      { status: Number(entry?.status), headers: lowerCase(entry?.headers), body: entry?.body },
    ]),
  )
}

function withError(client: GraphClient, answer: PartAnswer, deed: string): PartAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer
  const wait = retryAfterOf(answer.headers, client.clock.now())
  return { ...answer, error: graphError(refusalOf(answer.status, answer.body, wait), deed) }
}

function lowerCase(headers: unknown): Record<string, string> {
  const entries = Object.entries((headers as Record<string, unknown> | null | undefined) ?? {})
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]))
}

function incomplete(deed: string): MailboxError {
  return new MailboxError(
    'transient',
    'ErrorInternalServerTransientError',
    `${deed}: Microsoft Graph left parts of a batch unanswered. It is tried again.`,
    { scope: 'server' },
  )
}
