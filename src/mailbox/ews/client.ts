import { setMaxListeners } from 'node:events'
import type { Readable } from 'node:stream'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { checkSignal, closed } from '../failures.ts'
import { Together } from '../together.ts'
import { connectionError, ExchangeError, failureOf, faultError, statusError } from './failures.ts'
import { Cookies } from './http/cookies.ts'
import type { Answer, Endpoint } from './http/endpoint.ts'
import type { Use } from './http/lanes.ts'
import { MimeSplitter } from './mimeContent.ts'
import type { Node } from './node.ts'
import { AnswerReader, UnreadableAnswer } from './reader.ts'
import { atLeast, olderThan, type SchemaVersion, VERSIONS } from './version.ts'
import { type Xml, xml } from './xml.ts'

export interface ClientOptions {
  endpoint: Endpoint
  url: URL
  /** The mailbox that is impersonated; absent for delegate access and a person's own mailbox. */
  impersonated?: string | undefined
  /** The mailbox whose server is wanted. */
  anchor: string
  timeoutMs: number
  clock: Clock
}

export interface Operation {
  /** `GetItem`: the element of the request is named so, its answers `GetItemResponseMessage`. */
  name: string
  body: Xml
  /** What is done, for people: “Reading messages”. */
  doing: string
  /** The header that says in which zone times are to be understood. */
  zone?: Xml | undefined
}

/** One of many things that an operation can be asked at once, and the request around them all. */
export interface SharedOperation extends Omit<Operation, 'body'> {
  before: Xml
  part: Xml
  after: Xml
}

export interface CallOptions {
  signal?: AbortSignal | undefined
  /** Sent again when an idle connection turned out to be cut: for what may be done twice. */
  again?: boolean
  /** What the connection is for, where it is not one of many requests. */
  use?: Use
  /** Milliseconds of silence at most, where they are not those of the settings. */
  silenceMs?: number
  /** Compressed answers wait for more: not for what shall be told at once. */
  plain?: boolean
}

/** What comes in answer: bytes of a message's MIME source, or a response message. */
export type Part = { mime: Buffer } | { message: Node }

/** Bytes of an answer, at most: the pages we ask for are far below. */
const ANSWER_AT_MOST = 512 * 1024 * 1024

/** Parts of one request, at most; and their characters. */
const PARTS_AT_ONCE = 100
const PARTS_SIZE = 4 * 1024 * 1024
/** After one of the parts had failed, Exchange did not try the rest. */
const NOT_TRIED = 'ErrorBatchProcessingStopped'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types'
const MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages'

/** Speaks SOAP with one mailbox's Exchange, in the newest version that both know. */
export class EwsClient {
  readonly #options: ClientOptions
  readonly #cookies = new Cookies()
  readonly #stop = new AbortController()
  /** What can be asked along, by what is around it. */
  readonly #shared = new Map<string, Together<SharedOperation, Node>>()
  #version: SchemaVersion = VERSIONS[0]
  /** What the server is, as its answers say: major version 15 is Exchange 2013 and later. */
  serverVersion: Record<string, string> = {}

  constructor(options: ClientOptions) {
    this.#options = options
    // One for each request that is under way or waits.
    setMaxListeners(0, this.#stop.signal)
  }

  get where(): string {
    return this.#options.url.host
  }

  get clock(): Clock {
    return this.#options.clock
  }

  knows(since: SchemaVersion): boolean {
    return atLeast(this.#version, since)
  }

  /** The response messages, one for each thing asked. @throws MailboxError for a failure of the whole request */
  async call(operation: Operation, options: CallOptions = {}): Promise<Node[]> {
    const messages: Node[] = []
    for await (const part of this.stream(operation, options)) if ('message' in part) messages.push(part.message)
    return messages
  }

  /** The only response message. @throws ExchangeError when it is an error */
  async callOne(operation: Operation, options: CallOptions = {}): Promise<Node> {
    const [message] = await this.call(operation, options)
    if (!message) throw new ExchangeError('ErrorInternalServerError', operation.doing, 'the answer is empty')
    const failure = failureOf(message, operation.doing)
    if (failure) throw failure
    return message
  }

  /**
   * As `callOne`, together with everything else that is asked in the same way at the same time. Each has its own answer.
   * @throws ExchangeError when it is an error
   */
  callWithOthers(operation: SharedOperation, options: Pick<CallOptions, 'again'> = {}): Promise<Node> {
    const key = [operation.name, operation.before, operation.after, operation.zone ?? xml``, String(options.again)]
      .map((one) => (typeof one === 'string' ? one : one.text))
      .join('\n')
    const known = this.#shared.get(key)
    if (known) return known.ask(operation)
    const most = { count: PARTS_AT_ONCE, size: PARTS_SIZE, sizeOf: ({ part }: SharedOperation) => part.text.length }
    const together = new Together<SharedOperation, Node>(async (all) => {
      this.#shared.delete(key)
      return this.#callAll(all, options)
    }, most)
    this.#shared.set(key, together)
    return together.ask(operation)
  }

  async #callAll(
    all: readonly SharedOperation[],
    options: Pick<CallOptions, 'again'>,
  ): Promise<PromiseSettledResult<Node>[]> {
    const [first] = all
    if (!first) return []
    const { name, before, after, doing, zone } = first
    const body = xml`${before}${all.map(({ part }) => part)}${after}`
    const messages = await this.call({ name, body, doing, zone }, options)
    const answers: PromiseSettledResult<Node>[] = []
    for (const [index] of all.entries()) {
      const message = messages[index]
      const failure = message
        ? failureOf(message, doing)
        : new ExchangeError('ErrorInternalServerError', doing, 'the answer is empty')
      if (index > 0 && failure?.responseCode === NOT_TRIED)
        return [...answers, ...(await this.#callAll(all.slice(index), options))]
      answers.push(failure ? { status: 'rejected', reason: failure } : { status: 'fulfilled', value: message as Node })
    }
    return answers
  }

  /** What the answer holds, as it comes. Messages that are errors are passed on, but a busy server ends it. */
  async *stream(operation: Operation, options: CallOptions = {}): AsyncGenerator<Part> {
    for (;;) {
      try {
        yield* this.#read(operation, options)
        return
      } catch (error) {
        const older = error instanceof ExchangeError && isVersion(error) ? olderThan(this.#version) : undefined
        if (!older) throw error
        this.#version = older
      }
    }
  }

  async close(): Promise<void> {
    this.#stop.abort(closed())
    return Promise.resolve()
  }

  /** The answer itself, for what is read in another way than a single envelope. */
  async open(operation: Operation, options: CallOptions): Promise<Answer> {
    const signal = this.#signal(options.signal)
    try {
      const answer = await this.#send(operation, { ...options, signal })
      this.#cookies.take(answer.headers['set-cookie'])
      return answer
    } catch (error) {
      throw this.#failure(error, options.signal)
    }
  }

  async *#read(operation: Operation, options: CallOptions): AsyncGenerator<Part> {
    const answer = await this.open(operation, options)
    try {
      if (answer.status !== 200 && answer.status !== 500) throw statusError(answer, this.where, this.clock.now())
      yield* this.#parts(answer, operation)
    } catch (error) {
      throw this.#failure(error, options.signal)
    } finally {
      answer.body.destroy()
    }
  }

  async *#parts(answer: Answer, operation: Operation): AsyncGenerator<Part> {
    const ready: Node[] = []
    const reader = new AnswerReader({
      wanted: new Set([`${operation.name}ResponseMessage`, 'ServerVersionInfo', 'Fault']),
      onNode: (node) => ready.push(node),
    })
    const splitter = new MimeSplitter()
    let count = 0
    for await (const chunk of bounded(answer.body)) {
      for (const piece of splitter.push(chunk)) {
        if ('mime' in piece) yield piece
        else yield* this.#pieces(() => reader.push(piece.xml), ready, answer, operation)
      }
      count += chunk.length
    }
    if (count === 0 && answer.status === 500) throw statusError(answer, this.where, this.clock.now())
    for (const piece of splitter.end())
      if ('xml' in piece) yield* this.#pieces(() => reader.push(piece.xml), ready, answer, operation)
    yield* this.#pieces(() => reader.end(), ready, answer, operation)
    if (reader.root !== 'Envelope') throw new UnreadableAnswer(`it is not SOAP but <${reader.root ?? ''}>`)
  }

  *#pieces(read: () => void, ready: Node[], answer: Answer, operation: Operation): Generator<Part> {
    try {
      read()
    } catch (error) {
      // A proxy's page of an error, say, is not XML: its status tells more.
      if (answer.status === 500) throw statusError(answer, this.where, this.clock.now())
      throw error
    }
    for (const node of ready.splice(0)) {
      if (node.name === 'ServerVersionInfo') this.serverVersion = node.attributes
      else if (node.name === 'Fault') throw faultError(node, operation.doing)
      else {
        const failure = failureOf(node, operation.doing)
        if (failure?.kind === 'throttled') throw failure
        yield { message: node }
      }
    }
  }

  async #send(operation: Operation, options: CallOptions & { signal: AbortSignal }): Promise<Answer> {
    const { endpoint, url, timeoutMs } = this.#options
    const request = {
      path: `${url.pathname}${url.search}`,
      headers: this.#headers(options.plain !== true),
      body: this.#envelope(operation),
      signal: options.signal,
      silenceMs: options.silenceMs ?? timeoutMs,
      firstMs: timeoutMs,
      ...(options.use && { use: options.use }),
    }
    try {
      return await endpoint.send(request)
    } catch (error) {
      if (!options.again || options.signal.aborted || !isCut(error)) throw error
      return endpoint.send(request)
    }
  }

  #headers(compressed: boolean): Record<string, string> {
    const cookie = this.#cookies.header
    return {
      'content-type': 'text/xml; charset=utf-8',
      accept: 'text/xml',
      'accept-encoding': compressed ? 'gzip' : 'identity',
      'user-agent': 'Regarding',
      // Leads all requests for a mailbox to one machine, and to the right one.
      'x-anchormailbox': headerValue(this.#options.anchor),
      'x-preferserveraffinity': 'true',
      ...(cookie && { cookie }),
    }
  }

  #envelope({ body, zone }: Operation): string {
    const { impersonated } = this.#options
    const impersonation = impersonated
      ? xml`<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>${impersonated}</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`
      : undefined
    const header = xml`<s:Header><t:RequestServerVersion Version="${this.#version}"/>${impersonation}${zone}</s:Header>`
    return xml`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP}" xmlns:t="${TYPES}" xmlns:m="${MESSAGES}">${header}<s:Body>${body}</s:Body></s:Envelope>`
      .text
  }

  #signal(signal: AbortSignal | undefined): AbortSignal {
    if (this.#stop.signal.aborted) throw closed()
    return signal ? AbortSignal.any([this.#stop.signal, signal]) : this.#stop.signal
  }

  #failure(error: unknown, signal: AbortSignal | undefined): MailboxError {
    if (error instanceof MailboxError) return error
    if (this.#stop.signal.aborted) return closed()
    try {
      checkSignal(signal)
    } catch (stopped) {
      return stopped as MailboxError
    }
    return connectionError(error, this.where)
  }
}

async function* bounded(body: Readable): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length
    if (bytes > ANSWER_AT_MOST) throw new UnreadableAnswer(`it is longer than ${ANSWER_AT_MOST} bytes`)
    yield chunk as Buffer
  }
}

function isVersion({ responseCode }: ExchangeError): boolean {
  return responseCode === 'ErrorInvalidServerVersion' || responseCode === 'ErrorIncorrectSchemaVersion'
}

/** The other side had closed the connection before a byte of the answer came. */
function isCut(error: unknown): boolean {
  const code = (error as { code?: string } | undefined)?.code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

/** RFC 9110 5.5: addresses with other letters are not anchors. */
function headerValue(text: string): string {
  return /^[\x21-\x7e]{1,320}$/.test(text) ? text : 'invalid'
}
