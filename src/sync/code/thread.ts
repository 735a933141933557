import { AsyncLocalStorage } from 'node:async_hooks'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Retry } from '#database'
import type { Access, CodeRow } from '#records'
import { systemClock } from '#time'

/** A handler as its module registers it. */
export interface Registration {
  name: string
  table: string
  messages: readonly ('create' | 'update' | 'delete' | 'track')[]
  stage: 'validate' | 'before' | 'after'
  /** Of updates; any without one. */
  columns: readonly string[]
  seconds: number
}

/** What a handler is told. */
export interface HandlerEvent {
  message: string
  table: string
  rows: readonly CodeRow[]
  /** The user who makes the change; absent for SYSTEM. */
  userId?: string
}

/** A handler refused, failed, or did not come to an end. */
export class HandlerFault extends Error {
  override readonly name = 'HandlerFault'
}

type Said =
  | { done: number; rows: CodeRow[] }
  | { failed: number; name: string; message: string }
  | { call: number; of: number; method: Method; given: unknown[] }

type Method = 'retrieve' | 'query' | 'create' | 'update' | 'delete'

interface Running {
  answer: (call: number, method: Method, given: unknown[]) => void
  resolve: (rows: CodeRow[]) => void
  reject: (error: Error) => void
}

const MEBIBYTES = 256
/** What the module has no business with. */
const HIDDEN = /^REGARDING_(SECRET_KEY|DATABASE_URL|OIDC_CLIENT_SECRET)$/
/** Errors that are mistakes of the module, not what it means to say. */
const MISTAKES: ReadonlySet<string> = new Set([
  'TypeError',
  'ReferenceError',
  'RangeError',
  'SyntaxError',
  'DataCloneError',
])

/** The thread of the installation's handlers: ended when one of them hangs, and begun again with the next call. */
export class HandlerThread {
  readonly #file: string
  readonly #running = new Map<number, Running>()
  #worker: Worker | undefined
  #last = 0

  private constructor(file: string) {
    this.#file = file
  }

  /** @throws Error naming the file and what is wrong with it. */
  static async open(file: string): Promise<{ thread: HandlerThread; registered: Registration[] }> {
    const thread = new HandlerThread(file)
    return { thread, registered: await thread.#start() }
  }

  /**
   * Runs a handler, by its place among those registered. @returns the rows as it left them.
   * @throws HandlerFault saying what it said; Retry when another handler took the thread with it.
   */
  async run(handler: number, of: Registration, event: HandlerEvent, access: Access): Promise<CodeRow[]> {
    if (!this.#worker) await this.#start()
    const worker = this.#worker
    if (!worker) throw new Retry('The thread of the handlers ended.')
    const id = ++this.#last
    const done = new AbortController()
    const within = AsyncLocalStorage.snapshot()
    try {
      return await new Promise<CodeRow[]>((resolve, reject) => {
        const answer = (call: number, method: Method, given: unknown[]) =>
          void within(async () => worker.postMessage({ reply: call, ...(await ask(access, method, given)) }))
        this.#running.set(id, { answer, resolve, reject: (error) => reject(named(of, error)) })
        worker.postMessage({ run: id, handler, event })
        void this.#limit(id, of, done.signal, reject)
      })
    } finally {
      done.abort()
      this.#running.delete(id)
    }
  }

  /** Ends the thread when the handler has not come to its end in time: nothing else stops code that never waits. */
  async #limit(id: number, of: Registration, done: AbortSignal, reject: (error: Error) => void): Promise<void> {
    await systemClock.sleep(of.seconds * 1000, done).catch(() => undefined)
    if (done.aborted) return
    this.#running.delete(id)
    reject(new HandlerFault(`The handler “${of.name}” did not finish within ${of.seconds} seconds and was ended.`))
    await this.#end(`The handler “${of.name}” hung.`)
  }

  async close(): Promise<void> {
    await this.#end('The handlers are closed.')
  }

  async #start(): Promise<Registration[]> {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !HIDDEN.test(name)))
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { url: pathToFileURL(this.#file).href },
      execArgv: [],
      env,
      resourceLimits: { maxOldGenerationSizeMb: MEBIBYTES },
    })
    worker.unref()
    const registered = await new Promise<Registration[]>((resolve, reject) => {
      const unfit = (why: string) => reject(new Error(`The module of handlers, ${this.#file}, cannot be used: ${why}.`))
      worker.once('message', (said: { ready?: Registration[]; unfit?: string }) =>
        said.ready ? resolve(said.ready) : unfit(said.unfit ?? 'it says nothing'),
      )
      worker.once('error', (error: unknown) => unfit(error instanceof Error ? error.message : String(error)))
      worker.once('exit', () => unfit('it ended at once'))
    })
    worker.on('message', (said: Said) => this.#hear(said))
    worker.on('error', () => undefined)
    worker.once('exit', () => this.#lost(worker))
    this.#worker = worker
    return registered
  }

  #hear(said: Said): void {
    if ('call' in said) this.#running.get(said.of)?.answer(said.call, said.method, said.given)
    else if ('done' in said) this.#running.get(said.done)?.resolve(said.rows)
    else {
      const error = new Error(said.message)
      error.name = said.name
      this.#running.get(said.failed)?.reject(error)
    }
  }

  /** It ended by itself: one of those that ran broke it, and which cannot be told. */
  #lost(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const { reject } of this.#running.values()) reject(new Error('the thread of the handlers ended'))
    this.#running.clear()
  }

  async #end(why: string): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    for (const { reject } of this.#running.values()) reject(new Retry(why))
    this.#running.clear()
    await worker?.terminate()
  }
}

function named({ name }: Registration, error: Error): Error {
  if (error instanceof Retry) return error
  const message = MISTAKES.has(error.name)
    ? `The handler “${name}” failed (${error.name}: ${error.message}); its module must be put right.`
    : `${name}: ${error.message}`
  return new HandlerFault(message, { cause: error })
}

async function ask(access: Access, method: Method, given: unknown[]): Promise<object> {
  try {
    const acting = access as unknown as Record<Method, (...given: unknown[]) => Promise<unknown>>
    return { value: await acting[method](...given) }
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    return { error: { message: message ?? String(error), code } }
  }
}
