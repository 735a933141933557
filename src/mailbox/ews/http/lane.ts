import { rootCertificates } from 'node:tls'
import { Client, type Dispatcher } from 'undici'

export interface LaneOptions {
  origin: string
  ca?: string | undefined
  allowUntrusted?: boolean | undefined
  timeoutMs: number
}

export interface LaneRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string | undefined
  signal?: AbortSignal | undefined
  /** Milliseconds without a byte of the answer. */
  silenceMs: number
  /** Until its first byte, where that is less. */
  firstMs?: number | undefined
}

/** An idle connection is kept so long; IIS ends it after two minutes. */
const IDLE = 60_000

/**
 * One connection at a time, so that what the server knows of it (NTLM) is known here. `generation` changes whenever the
 * socket does.
 */
export class Lane {
  readonly #client: Client
  #generation = 0
  /** The generation that has proved who it is. */
  proved: number | undefined

  constructor({ origin, ca, allowUntrusted, timeoutMs }: LaneOptions) {
    this.#client = new Client(origin, {
      pipelining: 1,
      keepAliveTimeout: IDLE,
      keepAliveMaxTimeout: 2 * IDLE,
      maxHeaderSize: 64 * 1024,
      connect: {
        timeout: Math.min(timeoutMs, 30_000),
        rejectUnauthorized: allowUntrusted !== true,
        ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      },
    })
    this.#client.on('disconnect', () => this.#generation++)
  }

  get generation(): number {
    return this.#generation
  }

  get isProved(): boolean {
    return this.proved === this.#generation
  }

  async send({ signal, silenceMs, firstMs, body, ...request }: LaneRequest): Promise<Dispatcher.ResponseData> {
    return this.#client.request({
      ...request,
      body: body ?? null,
      headersTimeout: firstMs ?? silenceMs,
      bodyTimeout: silenceMs,
      ...(signal && { signal }),
    })
  }

  async destroy(): Promise<void> {
    await this.#client.destroy()
  }
}
