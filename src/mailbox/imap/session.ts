import type { Readable, Writable } from 'node:stream'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { networkError } from '../network.ts'
import { farewellError } from './failures.ts'
import { ResponseReader } from './reader.ts'
import { parseResponse, type Response } from './response.ts'

/** What is known of a connection once it is signed in. */
export interface SessionFacts {
  capabilities: Set<string>
  /** `name:port`, for people. */
  where: string
  /** Prefix of the user's own folders, e.g. `INBOX.`. */
  prefix: string
  delimiter: string
  serverName: string
  /** Milliseconds a command may take (MB-15). */
  timeout: number
}

/** Text of a command; bytes among it travel as literals. */
export type Command = readonly (string | Buffer)[]

export interface RunOptions {
  onUntagged?: (response: Response) => void
  /** Called when the server asks to continue and no literal is waiting (IDLE). */
  onContinue?: () => void
  /** Milliseconds; default that of the session. */
  timeout?: number
}

interface Running extends RunOptions {
  tag: string
  literals: Buffer[][]
  resolve: (response: Response) => void
  reject: (error: MailboxError) => void
}

/**
 * One signed-in IMAP connection that runs one command at a time. A command that times out or meets a cut ends
 * the connection, since nobody knows what the server did with it; it never hangs (SC-41).
 */
export class Session {
  readonly facts: SessionFacts
  readonly #socket: Readable
  readonly #out: Writable
  readonly #clock: Clock
  readonly #reader = new ResponseReader((segments) => this.#receive(parseResponse(segments)))
  #running: Running | undefined
  #tag = 0
  #farewell: string | undefined
  #ended: MailboxError | undefined
  #onEnd: ((error: MailboxError) => void)[] = []
  #queue: Promise<unknown> = Promise.resolve()
  /** Called for what the server says of its own accord and during every command. */
  onUntagged: ((response: Response) => void) | undefined

  constructor(sockets: { readSocket: Readable; writeSocket: Writable }, facts: SessionFacts, clock: Clock) {
    this.#socket = sockets.readSocket
    this.#out = sockets.writeSocket
    this.#clock = clock
    this.facts = facts
    const lost = (error?: unknown) => this.end(this.#lost(error))
    // The sockets may report their failure more than once, and after the end.
    for (const stream of new Set<Readable | Writable>([this.#socket, this.#out])) {
      stream.on('error', lost)
      stream.on('close', () => lost())
    }
    this.#socket.on('end', () => lost())
    this.#socket.on('data', (chunk: Buffer) => this.#push(chunk))
    this.#socket.resume()
  }

  get alive(): boolean {
    return this.#ended === undefined
  }

  has(capability: string): boolean {
    return this.facts.capabilities.has(capability)
  }

  /** Runs `work` when everybody before has finished, so that the selected folder stays selected. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#queue
    const mine = (async () => {
      await before
      return work()
    })()
    this.#queue = mine.catch(() => {})
    return mine
  }

  /** Calls back once when the connection is gone, at once if it is. */
  whenEnded(callback: (error: MailboxError) => void): void {
    if (this.#ended) callback(this.#ended)
    else this.#onEnd.push(callback)
  }

  /** Runs a command and returns its completion, be it OK, NO or BAD. */
  async run(command: Command, options: RunOptions = {}): Promise<Response> {
    if (this.#ended) throw this.#ended
    if (this.#running) throw new Error('A command is already running on this connection')
    const tag = `R${++this.#tag}`
    const done = new AbortController()
    const completion = new Promise<Response>((resolve, reject) => {
      this.#running = { ...options, tag, literals: [], resolve, reject }
    })
    void this.#watch(options.timeout ?? this.facts.timeout, String(command[0]), done.signal)
    try {
      this.#send(tag, command)
      return await completion
    } finally {
      done.abort()
      this.#running = undefined
    }
  }

  /** Sends text outside any command (`DONE`). */
  write(text: string): void {
    if (this.#ended === undefined) this.#out.write(text)
  }

  /** Says goodbye as far as that is possible at once, and closes. */
  async close(): Promise<void> {
    if (this.#ended || this.#running) return this.end(closedHere())
    try {
      await this.run(['LOGOUT'], { timeout: 1_000 })
    } catch (error) {
      if (!(error instanceof MailboxError)) throw error
    }
    this.end(closedHere())
  }

  /** Cuts the connection; the running command and everything later fails with `error`. */
  end(error: MailboxError): void {
    if (this.#ended) return
    this.#ended = error
    this.#socket.destroy()
    this.#out.destroy()
    this.#running?.reject(error)
    for (const callback of this.#onEnd) callback(error)
    this.#onEnd = []
  }

  async #watch(timeout: number, command: string, done: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(timeout, done)
    } catch {
      return // The command was completed in time.
    }
    const text = `${this.facts.where} did not answer ${command.split(' ', 2).join(' ')} within ${timeout} ms`
    this.end(new MailboxError('transient', 'Timeout', text)) // SC-41
  }

  #send(tag: string, command: Command): void {
    const lines: Buffer[][] = [[Buffer.from(`${tag} `)]]
    for (const part of command) {
      const line = lines.at(-1) as Buffer[]
      if (typeof part === 'string') {
        line.push(Buffer.from(part, 'latin1'))
        continue
      }
      const immediately = this.has('LITERAL+') || (this.has('LITERAL-') && part.length <= 4_096)
      line.push(Buffer.from(`{${part.length}${immediately ? '+' : ''}}\r\n`))
      if (immediately) line.push(part)
      else lines.push([part])
    }
    lines.at(-1)?.push(Buffer.from('\r\n'))
    const [first, ...literals] = lines
    if (this.#running) this.#running.literals = literals
    this.#out.write(Buffer.concat(first ?? []))
  }

  #push(chunk: Buffer): void {
    if (this.#ended) return
    try {
      this.#reader.push(chunk)
    } catch (error) {
      this.end(networkError(error, this.facts.where))
    }
  }

  #receive(response: Response): void {
    const running = this.#running
    if (response.tag === '+') {
      const literal = running?.literals.shift()
      if (literal) this.#out.write(Buffer.concat(literal))
      else running?.onContinue?.()
      return
    }
    if (response.tag === '*') {
      if (response.name === 'BYE')
        this.#farewell = response.code ? `[${response.code}] ${response.text}` : response.text
      this.onUntagged?.(response)
      running?.onUntagged?.(response)
      return
    }
    if (running && response.tag === running.tag) {
      this.onUntagged?.(response)
      running.resolve(response)
    }
  }

  #lost(error: unknown): MailboxError {
    if (error) return networkError(error, this.facts.where)
    if (this.#farewell !== undefined) return farewellError(this.#farewell, this.facts.where)
    const text = `The connection to ${this.facts.where} was closed by the other side`
    return new MailboxError('transient', 'ConnectFailure', text, { scope: 'server' })
  }
}

function closedHere(): MailboxError {
  return new MailboxError('transient', 'ConnectFailure', 'The connection was closed on this side.')
}

/** A string as a command carries it: quoted where it may be, else as a literal. Nothing can break out of it. */
export function quote(text: string): string | Buffer {
  if (/^[\x20-\x7e]*$/.test(text) && text.length < 1_000) return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
  return Buffer.from(text)
}
