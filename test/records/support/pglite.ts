import { PGlite } from '@electric-sql/pglite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'

/** One session of a PGlite in this process; whoever wants it waits for the one before. */
class Session implements Driver {
  readonly #pg: PGlite
  #last: Promise<void> = Promise.resolve()
  #release = () => {}

  constructor(pg: PGlite) {
    this.#pg = pg
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last
    const { promise, resolve } = promised()
    this.#last = promise
    await before
    this.#release = resolve
    const pg = this.#pg
    return {
      async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
        const { rows } = await pg.query<R>(query.sql, [...query.parameters])
        return { rows }
      },
      streamQuery: () => {
        throw new Error('Streams are not needed here')
      },
    }
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'))
  }
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }
  async releaseConnection(): Promise<void> {
    this.#release()
  }
  async destroy(): Promise<void> {
    await this.#pg.close()
  }
}

function promised(): { promise: Promise<void>; resolve: () => void } {
  const made: { resolve?: () => void } = {}
  const promise = new Promise<void>((done) => {
    made.resolve = done
  })
  return { promise, resolve: () => made.resolve?.() }
}

export const pgliteDialect = (pg: PGlite): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new Session(pg),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
})
