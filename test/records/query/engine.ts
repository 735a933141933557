import { PGlite } from '@electric-sql/pglite'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely'
import pg from 'pg'
import { compileQuery, type ResultRow } from '../../../src/records/query/compile.ts'
import type { Viewpoint } from '../../../src/records/query/source.ts'
import type { Page, Query } from '../../../src/records/query.ts'
import { makeTestTarget } from '../../support/database.ts'
import { DDL, tables, view, type World } from './world.ts'

export const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** The small world in a database. */
export class Engine {
  readonly #run: (text: string, parameters: readonly unknown[]) => Promise<ResultRow[]>
  readonly close: () => Promise<void>

  constructor(run: (text: string, parameters: readonly unknown[]) => Promise<ResultRow[]>, close: () => Promise<void>) {
    this.#run = run
    this.close = close
  }

  static async embedded(): Promise<Engine> {
    const database = await PGlite.create()
    await database.exec(DDL)
    return new Engine(
      async (text, parameters) => (await database.query<ResultRow>(text, [...parameters])).rows,
      () => database.close(),
    )
  }

  /** PostgreSQL, in a database of its own. */
  static async server(): Promise<Engine> {
    const { target, remove } = await makeTestTarget('server', { migrations: false })
    if (!('url' in target)) throw new Error('A server is reached by a URL')
    const pool = new pg.Pool({ connectionString: target.url, max: 2 })
    await pool.query(DDL)
    return new Engine(
      async (text, parameters) => (await pool.query<ResultRow>(text, [...parameters])).rows,
      async () => {
        await pool.end()
        await remove()
      },
    )
  }

  run(statement: RawBuilder<ResultRow>): Promise<ResultRow[]> {
    const { sql, parameters } = statement.compile(compiler)
    return this.#run(sql, parameters)
  }

  async load(world: World): Promise<void> {
    for (const name of Object.keys(tables) as (keyof World)[]) {
      await this.#run(`delete from ${name}`, [])
      await this.insert(name, world[name])
    }
  }

  async insert(table: keyof World, rows: readonly object[]): Promise<void> {
    const text = `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::text::jsonb)`
    await this.#run(text, [JSON.stringify(rows)])
  }

  async remove(table: keyof World, id: string): Promise<void> {
    await this.#run(`delete from ${table} where ${table}id = $1::uuid`, [id])
  }

  async script(text: string): Promise<void> {
    for (const statement of text.split(';')) await this.#run(statement, [])
  }

  async plan(statement: RawBuilder<ResultRow>): Promise<string> {
    const { sql, parameters } = statement.compile(compiler)
    return JSON.stringify(await this.#run(`explain ${sql}`, parameters))
  }

  async ask(query: Query, from: Viewpoint = view): Promise<Page> {
    const compiled = compileQuery(query, from)
    return compiled.page(await this.run(compiled.statement))
  }
}
