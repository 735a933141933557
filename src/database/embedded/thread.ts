import { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { compiledEngine } from './compiled.ts'

type Answer = Uint8Array | { ready: true } | { closed: true } | { failed: string }

/**
 * The thread that holds the embedded database, seen as connections that carry PostgreSQL's wire protocol, one at a
 * time. A thread that died (out of memory, disk full while writing the log) is started again by the next connection:
 * what was committed is recovered as after any crash.
 */
export class DatabaseThread {
  readonly #cluster: string
  #worker: Worker | undefined
  /** Who asked, in order: each message has one answer, and a connection that was given up must not get the next one's. */
  readonly #asking: Connection[] = []
  readonly #connections = new Set<Connection>()

  private constructor(cluster: string) {
    this.#cluster = cluster
  }

  /** @throws Error with the engine's own report when the cluster does not open. */
  static async open(cluster: string): Promise<DatabaseThread> {
    const thread = new DatabaseThread(cluster)
    await thread.#start()
    return thread
  }

  /** For the driver: the one session this database has. */
  connect(): Duplex {
    const connection = new Connection(
      () => (this.#worker ? Promise.resolve() : this.#start()),
      (bytes) => {
        if (!this.#worker) throw ended()
        this.#asking.push(connection)
        this.#worker.postMessage(bytes, [bytes.buffer as ArrayBuffer])
      },
    )
    this.#connections.add(connection)
    connection.once('close', () => this.#connections.delete(connection))
    return connection
  }

  async close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    const closed = answerOf(worker, 'closed')
    worker.postMessage('close')
    try {
      await closed
    } finally {
      await worker.terminate()
    }
  }

  async #start(): Promise<void> {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { directory: this.#cluster, engine: await compiledEngine() },
      execArgv: [],
    })
    try {
      await answerOf(worker, 'ready')
    } catch (error) {
      await worker.terminate()
      throw new Error(
        `The database in ${this.#cluster} cannot be opened. When its disk is full, make room; when its files were damaged, restore them from a backup.`,
        { cause: error },
      )
    }
    worker.on('message', (answer: Answer) => {
      if (answer instanceof Uint8Array) this.#asking.shift()?.receive(answer)
    })
    const end = (error: Error) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#asking.length = 0
      for (const connection of this.#connections) connection.destroy(error)
    }
    worker.on('error', (error) => end(ended(error)))
    worker.on('exit', () => end(ended()))
    this.#worker = worker
  }
}

function ended(cause?: Error): Error {
  const text =
    'The embedded database stopped (its disk may be full). Whether the last statement was carried out is not known; the next one starts it again.'
  return Object.assign(new Error(text, { cause }), { code: CRASHED })
}

/** SQLSTATE `crash_shutdown`, by which a server says the same. */
const CRASHED = '57P02'

/** The first answer of the kind. @throws Error when the thread reports a failure or ends instead. */
function answerOf(worker: Worker, kind: 'ready' | 'closed'): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      worker.off('message', onMessage)
      worker.off('error', done)
      worker.off('exit', onExit)
      if (error) reject(error)
      else resolve()
    }
    const onExit = (code: number) => done(new Error(`The database's thread exited with code ${code}.`))
    const onMessage = (answer: Answer) => {
      if (kind in answer) done()
      else if ('failed' in answer) done(new Error(answer.failed))
    }
    worker.on('message', onMessage)
    worker.on('error', done)
    worker.on('exit', onExit)
  })
}

/** What the driver takes for a socket. One write (or one corked group of writes) is one message to the thread. */
class Connection extends Duplex {
  readonly #ready: () => Promise<void>
  readonly #post: (bytes: Uint8Array) => void

  constructor(ready: () => Promise<void>, post: (bytes: Uint8Array) => void) {
    super()
    this.#ready = ready
    this.#post = post
  }

  connect(): void {
    this.#ready().then(
      () => this.emit('connect'),
      (error: Error) => this.destroy(error),
    )
  }

  receive(answer: Uint8Array): void {
    if (!this.destroyed && !this.writableEnded && answer.length > 0) this.push(answer)
  }

  override _read(): void {}

  /** The driver's farewell: nothing comes after it. */
  override _final(done: () => void): void {
    this.push(null)
    done()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#send([chunk], done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    )
  }

  #send(chunks: readonly Buffer[], done: (error?: Error) => void): void {
    // A copy of its own, since the buffer's memory moves to the thread.
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    try {
      this.#post(bytes)
      done()
    } catch (error) {
      done(error as Error)
    }
  }

  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}
}
