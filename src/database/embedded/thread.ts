import { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'

type Answer = Uint8Array | { ready: true } | { closed: true } | { failed: string }

/** The thread that holds the embedded database, seen as a connection that carries PostgreSQL's wire protocol. */
export class DatabaseThread {
  readonly #worker: Worker
  #connection: Connection | undefined
  #ended: Error | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (answer: Answer) => {
      if (answer instanceof Uint8Array) this.#connection?.push(answer)
    })
    worker.on('error', (error) => this.#end(error))
    worker.on('exit', () => this.#end(new Error('The thread of the embedded database has ended.')))
  }

  /** @throws Error with the engine's own report when the cluster does not open. */
  static async open(cluster: string): Promise<DatabaseThread> {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { directory: cluster },
      execArgv: [],
    })
    const thread = new DatabaseThread(worker)
    try {
      await thread.#answer('ready')
    } catch (error) {
      await worker.terminate()
      throw new Error(
        `The database in ${cluster} cannot be opened. When its disk is full, make room; when its files were damaged, restore them from a backup.`,
        { cause: error },
      )
    }
    return thread
  }

  /** For the driver: the one session this database has. */
  connect(): Duplex {
    this.#connection = new Connection((bytes) => {
      if (this.#ended) throw this.#ended
      this.#worker.postMessage(bytes, [bytes.buffer as ArrayBuffer])
    })
    return this.#connection
  }

  async close(): Promise<void> {
    if (!this.#ended) {
      const closed = this.#answer('closed')
      this.#worker.postMessage('close')
      try {
        await closed
      } finally {
        await this.#worker.terminate()
      }
    }
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#connection?.destroy(error)
  }

  #answer(kind: 'ready' | 'closed'): Promise<void> {
    const worker = this.#worker
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
}

/** What the driver takes for a socket. One write (or one corked group of writes) is one message to the thread. */
class Connection extends Duplex {
  readonly #post: (bytes: Uint8Array) => void

  constructor(post: (bytes: Uint8Array) => void) {
    super()
    this.#post = post
  }

  connect(): void {
    process.nextTick(() => this.emit('connect'))
  }

  override _read(): void {}

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
