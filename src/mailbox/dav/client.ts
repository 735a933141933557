import { setMaxListeners } from 'node:events'
import type { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import { constants, createGunzip } from 'node:zlib'
import { type Dispatcher, Pool } from 'undici'
import type { Clock } from '#time'
import type { MailboxError } from '../errors.ts'
import { checkSignal, closed } from '../failures.ts'
import type { DavSettings } from '../settings.ts'
import type { Xml } from '../xml.ts'
import {
  connectionError,
  errorOf,
  type ServerAnswer,
  statusError,
  type Tried,
  tooLarge,
  unreadable,
} from './failures.ts'
import { pathOf } from './place.ts'
import { type Element, readElements, UnreadableXml } from './reader.ts'

export interface DavRequest {
  method: string
  path: string
  /** What is done, for people: “Reading a calendar”. */
  doing: string
  headers?: Record<string, string>
  body?: string | Uint8Array | Xml
  signal?: AbortSignal | undefined
  /** It is about one item alone: what is refused then is that item, not the mailbox (SC-56). */
  single?: boolean
  /** May be done twice: sent again when an idle connection turned out to be cut. */
  again?: boolean
}

export interface DavAnswer {
  status: number
  headers: Record<string, string>
  /** Must be read to its end or destroyed. */
  body: Readable
  /** Where the answer came from, after redirections. */
  path: string
}

const CONNECTIONS = 4
const REDIRECTIONS = 5
/** Bytes of an answer, at most. */
const ANSWER_AT_MOST = 512 * 1024 * 1024
const ERROR_AT_MOST = 64 * 1024

/** Speaks WebDAV (RFC 4918) with one server as one user. Credentials never leave its origin. */
export class DavClient {
  readonly origin: string
  readonly clock: Clock
  readonly #settings: DavSettings
  readonly #pool: Pool
  readonly #stop = new AbortController()

  constructor(settings: DavSettings, origin: string, clock: Clock) {
    this.origin = origin
    this.clock = clock
    this.#settings = settings
    // One for each request that is under way or waits.
    setMaxListeners(0, this.#stop.signal)
    this.#pool = new Pool(origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      maxHeaderSize: 64 * 1024,
      headersTimeout: settings.timeoutMs,
      bodyTimeout: settings.timeoutMs,
      connect: {
        timeout: Math.min(settings.timeoutMs, 30_000),
        rejectUnauthorized: settings.allowUntrusted !== true,
        ...(settings.ca !== undefined && { ca: [...rootCertificates, settings.ca] }),
      },
    })
  }

  get where(): string {
    return new URL(this.origin).host
  }

  /** The answer, if it says 2xx. @throws MailboxError */
  async send(request: DavRequest): Promise<DavAnswer> {
    const answer = await this.sendAny(request)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw statusError(await this.#told(answer), this.where, request, this.clock.now())
  }

  /** The answer, whatever it says; redirections within the server are followed (RFC 6764 §5). */
  async sendAny(request: DavRequest): Promise<DavAnswer> {
    let { path } = request
    for (let hops = 0; ; hops++) {
      const answer = await this.#once({ ...request, path })
      const target = answer.headers['location']
      if (![301, 302, 307, 308].includes(answer.status) || target === undefined || hops >= REDIRECTIONS) return answer
      await this.skip(answer)
      path = pathOf(target, this.origin, path)
    }
  }

  /** The elements of these names in an answer of XML, one by one as they come. */
  async *elements(request: DavRequest, wanted: ReadonlySet<string>): AsyncGenerator<Element> {
    yield* this.elementsOf(await this.send(request), wanted, request.signal)
  }

  async *elementsOf({ body }: DavAnswer, wanted: ReadonlySet<string>, signal?: AbortSignal): AsyncGenerator<Element> {
    try {
      yield* readElements(bounded(body), wanted)
    } catch (error) {
      throw this.#failure(error, signal)
    } finally {
      body.destroy()
    }
  }

  async text(answer: DavAnswer, atMost: number): Promise<string> {
    return (await this.bytes(answer, atMost)).toString('utf8')
  }

  /** @throws MailboxError `tooLarge` when it is longer than `atMost` bytes */
  async bytes({ body }: DavAnswer, atMost: number): Promise<Buffer> {
    try {
      const chunks: Buffer[] = []
      let bytes = 0
      for await (const chunk of body) {
        bytes += (chunk as Buffer).length
        if (bytes > atMost) throw tooLarge(bytes, atMost)
        chunks.push(chunk as Buffer)
      }
      return Buffer.concat(chunks)
    } catch (error) {
      throw this.#failure(error, undefined)
    } finally {
      body.destroy()
    }
  }

  /** For answers whose body nobody needs: the connection is free for others again. */
  async skip(answer: DavAnswer): Promise<void> {
    await this.bytes(answer, ERROR_AT_MOST).catch(() => undefined) // What it says is of no use, be it complete or not.
  }

  /** What an answer that is no success says of itself. */
  async #told(answer: DavAnswer): Promise<ServerAnswer> {
    const text = await this.text(answer, ERROR_AT_MOST).catch(() => '') // The status tells enough.
    return { status: answer.status, headers: answer.headers, ...(await errorOf(text)) }
  }

  async refusal(answer: DavAnswer, tried: Tried): Promise<MailboxError> {
    return statusError(await this.#told(answer), this.where, tried, this.clock.now())
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(closed())
    await this.#pool.destroy()
  }

  async #once(request: DavRequest): Promise<DavAnswer> {
    if (this.#stop.signal.aborted) throw closed()
    const signal = request.signal ? AbortSignal.any([this.#stop.signal, request.signal]) : this.#stop.signal
    try {
      const data = await this.#dispatch(request, signal).catch((error: unknown) => {
        if (!request.again || signal.aborted || !isCut(error)) throw error
        return this.#dispatch(request, signal)
      })
      const body = unzipped(data)
      // Whoever reads it is told; one that is let go of has nothing to tell.
      body.on('error', () => undefined)
      return { status: data.statusCode, headers: headersOf(data.headers), body, path: request.path }
    } catch (error) {
      throw this.#failure(error, request.signal)
    }
  }

  async #dispatch(
    { method, path, headers = {}, body }: DavRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const isXml = body !== undefined && typeof body !== 'string' && 'text' in body
    return this.#pool.request({
      method,
      path,
      headers: {
        authorization: this.#authorization(),
        'user-agent': 'Regarding',
        // A proxy that compresses changes the ETags of single resources.
        'accept-encoding': method === 'GET' ? 'identity' : 'gzip',
        ...(isXml && { 'content-type': 'application/xml; charset=utf-8' }),
        ...headers,
      },
      body: isXml ? body.text : (body ?? null),
      signal,
    })
  }

  #authorization(): string {
    const { auth } = this.#settings
    if (auth.kind === 'xoauth2') return `Bearer ${auth.accessToken.reveal()}`
    return `Basic ${Buffer.from(`${auth.user}:${auth.password.reveal()}`).toString('base64')}`
  }

  #failure(error: unknown, signal: AbortSignal | undefined): unknown {
    if (error instanceof UnreadableXml) return unreadable(error, this.where)
    if (this.#stop.signal.aborted) return closed()
    try {
      checkSignal(signal)
    } catch (stopped) {
      return stopped
    }
    return connectionError(error, this.where)
  }
}

async function* bounded(body: Readable): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length
    if (bytes > ANSWER_AT_MOST) throw new UnreadableXml(`it is longer than ${ANSWER_AT_MOST} bytes`)
    yield chunk as Buffer
  }
}

function headersOf(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
}

function unzipped(data: Dispatcher.ResponseData): Readable {
  if (data.headers['content-encoding'] !== 'gzip') return data.body
  // Cyrus leaves out the end of what it compressed now and then; whether anything is missing, the reader of XML finds out.
  const unzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  data.body.on('error', (error) => unzip.destroy(error))
  unzip.on('close', () => data.body.destroy())
  return data.body.pipe(unzip)
}

/** The other side had closed the connection before a byte of the answer came. */
function isCut(error: unknown): boolean {
  const code = (error as { code?: string } | undefined)?.code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}
