import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import { valuesIn } from './array-parameter.ts'
import type { Executor, Transaction } from './database.ts'
import { refuseInsideTransaction } from './scope.ts'
import { isOutdatedPlan, StatementNames } from './statement-names.ts'

/** Kysely on a pool of the `pg` driver, whichever engine is behind it. */
export function kyselyOn(pool: pg.Pool): Kysely<unknown> {
  const driver = new PoolDriver(pool)
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  const kysely = new Kysely<unknown>({ dialect })
  drivers.set(kysely, driver)
  return kysely
}

const drivers = new WeakMap<Executor, PoolDriver>()

/**
 * Runs a statement that was compiled before. Outside of a transaction it goes straight to a connection: passing through
 * Kysely costs as much time as a small statement.
 */
export function runCompiled<R>(executor: Executor, compiled: CompiledQuery<R>): Promise<QueryResult<R>> {
  return drivers.get(executor)?.run(compiled) ?? executor.executeQuery(compiled)
}

/**
 * The transaction, for statements of which none waits for the answer to another: they are sent as they are run, and carried
 * out in that order. When one fails, those after it do too, with its error; await all of them before the transaction ends.
 */
export async function pipelined(tx: Transaction): Promise<Executor> {
  const executor = tx.getExecutor()
  const session = await executor.provideConnection((connection) => Promise.resolve(connection))
  let before: Promise<unknown> = Promise.resolve()
  const connection: DatabaseConnection = {
    executeQuery: <R>(query: CompiledQuery) => {
      const answer = session.executeQuery<R>(query)
      answer.catch(() => undefined) // Told by the statement before it, should that have failed.
      const inTurn = before.then(() => answer)
      before = inTurn
      return inTurn
    },
    streamQuery: (query, size) => session.streamQuery(query, size),
  }
  const provider: ConnectionProvider = { provideConnection: (use) => use(connection) }
  return new Kysely<unknown>({
    config: { dialect: NONE },
    dialect: NONE,
    driver: new DummyDriver(),
    executor: executor.withConnectionProvider(provider),
  })
}

/** What is given its executor asks nothing of it. */
const NONE: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}

class PoolDriver implements Driver {
  readonly #pool: pg.Pool
  readonly #names = new StatementNames()

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Session> {
    refuseInsideTransaction()
    return new Session(await this.#pool.connect(), this.#names)
  }

  async run<R>(compiled: CompiledQuery<R>): Promise<QueryResult<R>> {
    refuseInsideTransaction()
    const session = new Session(await this.#pool.connect(), this.#names)
    try {
      return await session.executeQuery(compiled)
    } finally {
      session.release()
    }
  }

  async beginTransaction(session: Session): Promise<void> {
    session.begin()
  }

  async commitTransaction(session: Session): Promise<void> {
    await session.end('commit')
  }

  async rollbackTransaction(session: Session): Promise<void> {
    await session.end('rollback')
  }

  async releaseConnection(session: Session): Promise<void> {
    session.release()
  }

  async destroy(): Promise<void> {}
}

/** Values of one parameter for which a statement is planned anew. */
const MANY = 50

/** A plan that is kept is made for few values, and for tables as small as they were: with many it may read all for each. */
const isAboutMany = (parameters: readonly unknown[]): boolean => parameters.some((one) => valuesIn(one) > MANY)

/** One connection while somebody holds it. */
class Session implements DatabaseConnection {
  readonly #client: pg.PoolClient
  readonly #names: StatementNames
  #state: 'plain' | 'toBegin' | 'begun' | 'released' = 'plain'
  #broken: Error | undefined
  readonly #onError = (error: Error) => {
    this.#broken = error
  }

  constructor(client: pg.PoolClient, names: StatementNames) {
    this.#client = client
    this.#names = names
    // A connection that breaks while it is held says so here as well; unheard, it would end the process.
    client.on('error', this.#onError)
  }

  /** BEGIN travels with the first statement: a transaction costs no round trip of its own. */
  begin(): void {
    this.#state = 'toBegin'
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    const begun = this.#state === 'begun'
    this.#state = 'plain'
    if (!begun) return
    const result = await this.#client.query(how)
    if (how === 'commit' && result.command === 'ROLLBACK') {
      throw new Error(
        'The transaction was not committed: one of its statements had failed, and its work went on as if it had not.',
      )
    }
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#state === 'released') throw new Error('A transaction was used after its end: await all of its work.')
    if (this.#broken) {
      throw new Error(`The connection to the database was lost: ${this.#broken.message}`, { cause: this.#broken })
    }
    const result = await this.#run(compiled.sql, compiled.parameters)
    const affected = result.command === 'SELECT' ? undefined : BigInt(result.rowCount ?? 0)
    return affected === undefined ? { rows: result.rows } : { rows: result.rows, numAffectedRows: affected }
  }

  async #run(text: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    let begun: Promise<unknown> | undefined
    if (this.#state === 'toBegin') {
      this.#state = 'begun'
      begun = this.#client.query('begin')
    }
    const name = isAboutMany(parameters) ? undefined : this.#names.of(text)
    const query = { text, values: parameters as unknown[], ...(name === undefined ? {} : { name }) }
    try {
      const asked = this.#client.query(query)
      if (begun) await Promise.all([begun, asked])
      return await asked
    } catch (error) {
      if (!isOutdatedPlan(error)) throw error
      this.#names.forget(text)
      // A transaction has failed with it, and is run again as a whole.
      if (this.#state !== 'plain') throw error
      return this.#run(text, parameters)
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Results are not streamed: read page by page.')
  }

  release(): void {
    if (this.#state === 'released') return
    const clean = this.#state === 'plain'
    this.#state = 'released'
    this.#client.off('error', this.#onError)
    this.#client.release(this.#broken ?? !clean)
  }
}
