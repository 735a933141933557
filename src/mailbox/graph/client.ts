import type { Readable } from 'node:stream'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { checkSignal, closed } from '../failures.ts'
import { retryAfterOf } from '../retryAfter.ts'
import type { GraphSettings } from '../settings.ts'
import { type Cloud, cloudOf } from './cloud.ts'
import { exchange, type HttpAnswer, type HttpRequest, openStream } from './exchange.ts'
import { graphError, refusalOf } from './failures.ts'
import { type Passage, passageTo } from './gate.ts'
import { type TokenDependencies, type TokenSource, tokenSource } from './tokens.ts'

export interface Asked {
  method?: HttpRequest['method']
  /** Below the mailbox, beginning with a slash: `/messages/…`. */
  path: string
  headers?: Record<string, string>
  /** An object is sent as JSON. */
  body?: object | { mime: string }
  /** For people: what is being done. */
  deed: string
  /** Doing it twice is the same as doing it once: it is sent again after a cut or an unclear answer. Default: GET only. */
  repeatable?: boolean
  weight?: number
  signal?: AbortSignal | undefined
}

/** An answer that is JSON; `undefined` where there is no content. */
export interface Answer<T> {
  status: number
  headers: Record<string, string>
  value: T
}

/** Longer waits than this are left to the schedule. */
const LONGEST_WAIT = 10_000
const MOST_ATTEMPTS = 4
export const PREFER = 'IdType="ImmutableId"'

/** One mailbox over HTTP: tokens, the room of four, waiting out short refusals. Everything else is above. */
export class GraphClient {
  readonly clock: Clock
  readonly cloud: Cloud
  /** `/users/{address}`, encoded. */
  readonly mailboxPath: string
  readonly address: string
  readonly #settings: GraphSettings
  readonly #tokens: TokenSource
  readonly #passage: Passage
  readonly #closing = new AbortController()

  constructor(settings: GraphSettings, dependencies: TokenDependencies) {
    this.#settings = settings
    this.clock = dependencies.clock
    this.cloud = cloudOf(settings)
    this.address = settings.address
    this.mailboxPath = `/users/${encodeURIComponent(settings.address)}`
    this.#tokens = tokenSource(settings, dependencies)
    this.#passage = passageTo(`${this.cloud.graphUrl} ${settings.tenant} ${settings.address.toLowerCase()}`)
  }

  /** Milliseconds without a sign of the server. */
  get timeoutMs(): number {
    return this.#settings.timeoutMs
  }

  /** @throws MailboxError when the directory gives no token. */
  async signIn(): Promise<void> {
    await this.#tokens.get()
  }

  /** What names the mailbox within this process. */
  get key(): string {
    return `${this.cloud.graphUrl}${this.mailboxPath.toLowerCase()}`
  }

  /** @throws MailboxError */
  async json<T>(asked: Asked): Promise<Answer<T>> {
    const answer = await this.#send(asked, this.#urlOf(asked.path))
    return { status: answer.status, headers: answer.headers, value: jsonOf(answer, asked.deed) as T }
  }

  /** Asks an address outside the mailbox, such as `/$batch` or `/subscriptions`. @throws MailboxError */
  async service<T>(asked: Asked): Promise<Answer<T>> {
    const answer = await this.#send(asked, this.cloud.graphUrl + asked.path)
    return { status: answer.status, headers: answer.headers, value: jsonOf(answer, asked.deed) as T }
  }

  /** The answer as a stream that holds one place of the room until it ends or is destroyed. @throws MailboxError */
  async stream(asked: Asked): Promise<{ headers: Record<string, string>; body: Readable }> {
    for (let attempt = 1; ; attempt++) {
      const leave = await this.#enter(asked)
      try {
        const token = await this.#tokens.get()
        const opened = await openStream(this.#request(asked, this.#urlOf(asked.path), token))
        if (opened.status === 200) {
          opened.body.once('close', leave)
          return { headers: opened.headers, body: opened.body }
        }
        const answer = { ...opened, body: await firstOf(opened.body) }
        const wait = this.#waitAfter(answer, asked, attempt, token)
        leave()
        if (wait === undefined) throw this.#errorOf(answer, asked.deed)
        await this.rest(wait, asked.signal)
      } catch (error) {
        leave()
        if (this.#closing.signal.aborted) throw closed()
        if (!this.#isWorthAnother(error, asked, attempt)) throw error
      }
    }
  }

  /**
   * Where a link of the server leads, below the version. A link to anywhere else than this service is refused: no token
   * goes to another origin.
   */
  pathOf(link: string): string {
    const base = new URL(this.cloud.graphUrl)
    const target = URL.canParse(link) ? new URL(link) : undefined
    if (!target || target.origin !== base.origin || !target.pathname.startsWith(`${base.pathname}/`))
      throw new MailboxError(
        'transient',
        'ErrorInternalServerTransientError',
        `Microsoft Graph gave a link to another place (${JSON.stringify(link.slice(0, 100))}), which is not followed. It is tried again.`,
        { scope: 'server' },
      )
    return target.pathname.slice(base.pathname.length) + target.search
  }

  /** Ends what is under way; nothing is asked any more. */
  close(): void {
    this.#closing.abort(closed())
    this.#passage.close()
  }

  async #send(asked: Asked, url: string): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      const leave = await this.#enter(asked)
      try {
        const token = await this.#tokens.get()
        const answer = await exchange(this.clock, this.#request(asked, url, token))
        if (answer.status >= 200 && answer.status < 300) return answer
        leave()
        const wait = this.#waitAfter(answer, asked, attempt, token)
        if (wait === undefined) throw this.#errorOf(answer, asked.deed)
        await this.rest(wait, asked.signal)
      } catch (error) {
        leave()
        if (this.#closing.signal.aborted) throw closed()
        if (!this.#isWorthAnother(error, asked, attempt)) throw error
      } finally {
        leave()
      }
    }
  }

  async #enter(asked: Asked): Promise<() => void> {
    if (this.#closing.signal.aborted) throw closed()
    checkSignal(asked.signal)
    const leave = await this.#passage.enter(asked.weight ?? 1)
    if (!asked.signal?.aborted && !this.#closing.signal.aborted) return leave
    leave()
    checkSignal(asked.signal)
    throw closed()
  }

  #request(asked: Asked, url: string, token: string): HttpRequest {
    const { body } = asked
    const isMime = body !== undefined && 'mime' in body && typeof body.mime === 'string'
    const type = isMime ? 'text/plain' : 'application/json'
    return {
      method: asked.method ?? 'GET',
      url,
      headers: {
        accept: 'application/json',
        ...asked.headers,
        prefer: [PREFER, asked.headers?.['prefer']].filter(Boolean).join(', '),
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: isMime ? body.mime : JSON.stringify(body) }),
      timeoutMs: this.#settings.timeoutMs,
      signal: asked.signal ? AbortSignal.any([asked.signal, this.#closing.signal]) : this.#closing.signal,
    }
  }

  /** How long to wait before asking again; undefined when the answer stands. */
  #waitAfter(answer: HttpAnswer, asked: Asked, attempt: number, token: string): number | undefined {
    const { status } = answer
    if (status === 401) {
      this.#tokens.refused(token)
      return attempt === 1 ? 0 : undefined
    }
    if (attempt >= MOST_ATTEMPTS) return undefined
    const told = retryAfterOf(answer.headers, this.clock.now())
    const wait = told ?? 500 * 2 ** attempt
    if (status === 429) return wait <= LONGEST_WAIT ? wait : undefined
    if (![502, 503, 504].includes(status) || !isRepeatable(asked)) return undefined
    return wait <= LONGEST_WAIT && attempt < 3 ? wait : undefined
  }

  /** A connection that was kept may have been closed by the other side: what is harmless is asked once more. */
  #isWorthAnother(error: unknown, asked: Asked, attempt: number): boolean {
    if (this.#closing.signal.aborted || asked.signal?.aborted || attempt > 1) return false
    return error instanceof MailboxError && error.code === 'ConnectFailure' && isRepeatable(asked)
  }

  #errorOf(answer: HttpAnswer, deed: string): MailboxError {
    const { status, headers } = answer
    if (status >= 300 && status < 400)
      return new MailboxError(
        'transient',
        'ErrorInternalServerTransientError',
        `${deed}: Microsoft Graph answered with a redirect (${status}), which is not followed. It is tried again.`,
        { scope: 'server' },
      )
    const refusal = refusalOf(status, parsed(answer.body), retryAfterOf(headers, this.clock.now()))
    // A wait that is named says more than the status alone.
    if ((status === 503 || status === 504) && refusal.retryAfter !== undefined)
      return new MailboxError(
        'throttled',
        'ServiceUnavailable',
        `${deed}: Exchange Online is too busy (${status}). It is asked again later.`,
        { scope: 'server', retryAfter: refusal.retryAfter },
      )
    return graphError(refusal, deed)
  }

  /** Waits; ends early, with an error, when the mailbox is closed or the caller stops. */
  async rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    if (milliseconds === 0) return
    const either = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    try {
      await this.clock.sleep(milliseconds, either)
    } catch {
      checkSignal(signal)
      throw closed()
    }
  }

  #urlOf(path: string): string {
    return this.cloud.graphUrl + this.mailboxPath + path
  }
}

function isRepeatable(asked: Asked): boolean {
  return asked.repeatable ?? (asked.method ?? 'GET') === 'GET'
}

/** Enough of an answer to know why it is none. */
async function firstOf(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    pieces.push(piece as Buffer)
    size += (piece as Buffer).length
    if (size > 64 * 1024) break
  }
  return Buffer.concat(pieces)
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // What is no JSON is classified by its status.
    return undefined
  }
}

function jsonOf(answer: HttpAnswer, deed: string): unknown {
  if (answer.body.length === 0) return undefined
  const value = parsed(answer.body)
  if (value !== null && typeof value === 'object') return value
  throw new MailboxError(
    'transient',
    'ErrorInternalServerTransientError',
    `${deed}: Microsoft Graph answered something that is not JSON. It is tried again.`,
    { scope: 'server' },
  )
}
