import type { Readable } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { checkSignal } from '../failures.ts'
import { networkError } from '../network.ts'

/** One agent for all mailboxes of the process: connections are kept and shared. */
let agent: Agent | undefined

function sharedAgent(): Agent {
  agent ??= new Agent({
    connections: 64,
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 300_000,
    maxHeaderSize: 64 * 1024,
    connect: { timeout: 20_000 },
  })
  return agent
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Milliseconds without a sign of the server. The whole answer may take five times as long. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

export interface HttpAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export interface HttpStream {
  status: number
  headers: Record<string, string>
  body: Readable
}

/** No answer is longer, unless it is streamed: a batch of 20 messages is far below. */
const MOST_BYTES = 64 * 1024 * 1024
const WHOLE = 5

/**
 * Sends one request and reads the whole answer, whatever its status. Redirects are not followed: they are answers.
 * @throws MailboxError `transient` when the connection fails, the time is over or the answer is too long.
 */
export async function exchange(clock: Clock, asked: HttpRequest, atMost = MOST_BYTES): Promise<HttpAnswer> {
  const over = new AbortController()
  const done = new AbortController()
  clock.sleep(asked.timeoutMs * WHOLE, done.signal).then(
    () => over.abort(timeout(asked)),
    () => undefined,
  )
  const signal = asked.signal ? AbortSignal.any([asked.signal, over.signal]) : over.signal
  try {
    const { status, headers, body } = await openStream({ ...asked, signal })
    return { status, headers, body: await readAll(body, atMost, asked) }
  } catch (error) {
    checkSignal(asked.signal)
    throw over.signal.aborted ? (over.signal.reason as Error) : networkError(error, hostOf(asked))
  } finally {
    done.abort()
  }
}

/** Sends one request and returns as soon as the answer begins. The body must be read or destroyed. */
export async function openStream(asked: HttpRequest): Promise<HttpStream> {
  checkSignal(asked.signal)
  try {
    const { statusCode, headers, body } = await request(asked.url, {
      dispatcher: sharedAgent(),
      method: asked.method,
      headersTimeout: asked.timeoutMs,
      bodyTimeout: asked.timeoutMs,
      ...(asked.headers ? { headers: asked.headers } : {}),
      ...(asked.body === undefined ? {} : { body: asked.body }),
      ...(asked.signal ? { signal: asked.signal } : {}),
    })
    return { status: statusCode, headers: plain(headers), body }
  } catch (error) {
    checkSignal(asked.signal)
    throw networkError(error, hostOf(asked))
  }
}

async function readAll(body: Readable, atMost: number, asked: HttpRequest): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    const bytes = piece as Buffer
    size += bytes.length
    if (size > atMost) {
      body.destroy()
      throw new MailboxError(
        'transient',
        'ErrorInternalServerTransientError',
        `${hostOf(asked)} answered with more than ${atMost} bytes, which is not read. It is tried again.`,
        { scope: 'server' },
      )
    }
    pieces.push(bytes)
  }
  return Buffer.concat(pieces, size)
}

function plain(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}

function hostOf({ url }: HttpRequest): string {
  return new URL(url).host
}

function timeout(asked: HttpRequest): MailboxError {
  return new MailboxError('transient', 'Timeout', `${hostOf(asked)} did not finish its answer in time.`, {
    scope: 'server',
  })
}
