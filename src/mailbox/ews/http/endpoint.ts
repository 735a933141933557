import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Dispatcher } from 'undici'
import type { Clock } from '#time'
import { accountOf, authenticateMessage, NEGOTIATE } from '../ntlm/index.ts'
import type { Credentials } from './credentials.ts'
import type { Lane, LaneOptions, LaneRequest } from './lane.ts'
import { Lanes, type Use } from './lanes.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** Must be read to its end or destroyed; the connection is busy until then. */
  body: Readable
}

export interface EndpointOptions extends LaneOptions {
  credentials: Credentials
  clock: Clock
  /** Connections at once, at most (MB-14). */
  connections: number
}

export type Request = Omit<LaneRequest, 'method'> & {
  method?: 'GET' | 'POST'
  /** What the connection is for; a request among others when absent. */
  use?: Use
}

type Scheme = 'basic' | 'ntlm' | 'negotiate'

const SCHEME_NAME = { ntlm: 'NTLM', negotiate: 'Negotiate' } as const

/** Few connections to one server with one identity, shared by all mailboxes that are reached so. */
export class Endpoint {
  readonly #options: EndpointOptions
  readonly #lanes: Lanes
  #scheme: Scheme | undefined

  constructor(options: EndpointOptions) {
    this.#options = options
    this.#lanes = new Lanes(options, options.connections)
    const { credentials } = options
    if (credentials.kind === 'password' && credentials.scheme !== 'auto') this.#scheme = credentials.scheme
  }

  /** Sends a request and proves whose it is; an answer 401 means that the proof was refused. */
  async send(request: Request): Promise<Answer> {
    const { use = 'request', ...sent } = request
    const lane = await this.#lanes.take(use, request.signal)
    try {
      const data = await this.#authorized(lane, { method: 'POST', ...sent })
      const body = unzipped(data)
      void this.#freeAfter(data.body, lane)
      return { status: data.statusCode, headers: data.headers, body }
    } catch (error) {
      await this.#lanes.release(lane)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#lanes.close()
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

  async #freeAfter(body: Readable, lane: Lane): Promise<void> {
    if (!body.closed) await once(body, 'close').catch(() => undefined)
    await this.#lanes.release(lane)
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
