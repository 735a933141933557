import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Dispatcher } from 'undici'
import type { Clock } from '#time'
import { accountOf, authenticateMessage, NEGOTIATE } from '../ntlm/index.ts'
import type { Credentials } from './credentials.ts'
import { Lane, type LaneOptions, type LaneRequest } from './lane.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** Must be read to its end or destroyed; the connection is busy until then. */
  body: Readable
}

export interface EndpointOptions extends LaneOptions {
  credentials: Credentials
  clock: Clock
  /** Connections for requests side by side; those of their own come on top. */
  connections: number
}

export type Request = Omit<LaneRequest, 'method'> & {
  method?: 'GET' | 'POST'
  /** On a connection of its own: whoever reads slowly or listens for long must not keep others from theirs. */
  own?: boolean
}

type Scheme = 'basic' | 'ntlm' | 'negotiate'

const SCHEME_NAME = { ntlm: 'NTLM', negotiate: 'Negotiate' } as const

/** Few connections to one server with one identity, shared by all mailboxes that are reached so. */
export class Endpoint {
  readonly #options: EndpointOptions
  readonly #free: Lane[] = []
  readonly #shared = new Set<Lane>()
  readonly #own = new Set<Lane>()
  readonly #waiting: ((lane: Lane) => void)[] = []
  #scheme: Scheme | undefined

  constructor(options: EndpointOptions) {
    this.#options = options
    const { credentials } = options
    if (credentials.kind === 'password' && credentials.scheme !== 'auto') this.#scheme = credentials.scheme
  }

  /** Sends a request and proves whose it is; an answer 401 means that the proof was refused. */
  async send(request: Request): Promise<Answer> {
    const lane = request.own ? this.#open(this.#own) : await this.#take(request.signal)
    try {
      const data = await this.#authorized(lane, { method: 'POST', ...request })
      const body = unzipped(data)
      void this.#freeAfter(data.body, lane)
      return { status: data.statusCode, headers: data.headers, body }
    } catch (error) {
      await this.#release(lane)
      throw error
    }
  }

  async close(): Promise<void> {
    const lanes = [...this.#shared, ...this.#own]
    this.#shared.clear()
    this.#own.clear()
    this.#free.length = 0
    await Promise.all(lanes.map((lane) => lane.destroy()))
  }

  async #authorized(lane: Lane, request: LaneRequest): Promise<Dispatcher.ResponseData> {
    const { credentials } = this.#options
    if (credentials.kind === 'bearer') return this.#withToken(lane, request, credentials.token)
    const scheme = this.#scheme ?? (await this.#findScheme(lane, request))
    if (typeof scheme === 'object') return scheme
    if (scheme === 'basic') {
      const token = Buffer.from(`${credentials.user}:${credentials.password.reveal()}`).toString('base64')
      return send(lane, request, `Basic ${token}`)
    }
    if (lane.isProved) {
      const data = await lane.send(request)
      if (data.statusCode !== 401) return data
      await data.body.dump()
    }
    return this.#handshake(lane, request, scheme)
  }

  async #withToken(
    lane: Lane,
    request: LaneRequest,
    source: { get(signal?: AbortSignal): Promise<string>; forget(token: string): void },
  ) {
    const token = await source.get(request.signal)
    const data = await send(lane, request, `Bearer ${token}`)
    if (data.statusCode !== 401) return data
    source.forget(token)
    const fresh = await source.get(request.signal)
    if (fresh === token) return data
    await data.body.dump()
    return send(lane, request, `Bearer ${fresh}`)
  }

  /**
   * Asks without proof what the server offers, and takes the best: nothing that shows the password if it can be helped.
   * @returns the answer itself when it asks for nothing that we have
   */
  async #findScheme(lane: Lane, request: LaneRequest): Promise<Scheme | Dispatcher.ResponseData> {
    const data = await lane.send({ ...request, body: undefined })
    const offered = new Set(
      listOf(data.headers['www-authenticate']).map((offer) => offer.split(/[\s,]/, 1)[0]?.toLowerCase()),
    )
    const found = (['ntlm', 'negotiate', 'basic'] as const).find((scheme) => offered.has(scheme))
    if (data.statusCode !== 401 || !found) return data
    await data.body.dump()
    this.#scheme = found
    return found
  }

  /** NTLM: three messages on one connection. A connection that ends in between is tried once more on a new one. */
  async #handshake(lane: Lane, request: LaneRequest, scheme: 'ntlm' | 'negotiate'): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt++) {
      const challenged = await send(
        lane,
        { ...request, body: undefined },
        `${SCHEME_NAME[scheme]} ${NEGOTIATE.toString('base64')}`,
      )
      const { generation } = lane
      const answer = this.#prove(challenged, scheme, request)
      if (answer === undefined) return challenged
      await challenged.body.dump()
      if (lane.generation !== generation && attempt < 2) continue
      const data = await send(lane, request, `${SCHEME_NAME[scheme]} ${answer.toString('base64')}`)
      if (lane.generation !== generation && data.statusCode === 401 && attempt < 2) {
        await data.body.dump()
        continue
      }
      if (data.statusCode !== 401) lane.proved = lane.generation
      return data
    }
  }

  #prove(data: Dispatcher.ResponseData, scheme: 'ntlm' | 'negotiate', request: LaneRequest): Buffer | undefined {
    const { credentials, clock, origin } = this.#options
    if (data.statusCode !== 401 || credentials.kind !== 'password') return undefined
    const pattern = new RegExp(`^${scheme}\\s+([A-Za-z0-9+/=]{1,20000})`, 'i')
    const challenge = listOf(data.headers['www-authenticate'])
      .map((offer) => pattern.exec(offer)?.[1])
      .find(Boolean)
    if (!challenge) return undefined
    return authenticateMessage({
      ...accountOf(credentials.user),
      password: credentials.password.reveal(),
      negotiate: NEGOTIATE,
      challenge: Buffer.from(challenge, 'base64'),
      clientChallenge: randomBytes(8),
      now: clock.now(),
      targetName: `HTTP/${new URL(request.path, origin).hostname}`,
    })
  }

  #open(among: Set<Lane>): Lane {
    const lane = new Lane(this.#options)
    among.add(lane)
    return lane
  }

  async #take(signal: AbortSignal | undefined): Promise<Lane> {
    const free = this.#free.pop()
    if (free) return free
    if (this.#shared.size < this.#options.connections) return this.#open(this.#shared)
    return new Promise((resolve, reject) => {
      const give = (lane: Lane) => {
        signal?.removeEventListener('abort', abort)
        resolve(lane)
      }
      const abort = () => {
        const at = this.#waiting.indexOf(give)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(signal?.reason as Error)
      }
      this.#waiting.push(give)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  async #freeAfter(body: Readable, lane: Lane): Promise<void> {
    if (!body.closed) await once(body, 'close').catch(() => undefined)
    await this.#release(lane)
  }

  async #release(lane: Lane): Promise<void> {
    if (this.#own.delete(lane)) await lane.destroy()
    if (!this.#shared.has(lane)) return
    const next = this.#waiting.shift()
    if (next) next(lane)
    else this.#free.push(lane)
  }
}

async function send(lane: Lane, request: LaneRequest, authorization: string): Promise<Dispatcher.ResponseData> {
  return lane.send({ ...request, headers: { ...request.headers, authorization } })
}

function unzipped(data: Dispatcher.ResponseData): Readable {
  if (data.headers['content-encoding'] !== 'gzip') return data.body
  const unzip = createGunzip()
  data.body.on('error', (error) => unzip.destroy(error))
  unzip.on('close', () => data.body.destroy())
  return data.body.pipe(unzip)
}

function listOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return []
  return typeof header === 'string'
    ? header.split(/,\s*(?=(?:NTLM|Negotiate|Basic|Bearer|Digest|Kerberos)\b)/i)
    : header
}
