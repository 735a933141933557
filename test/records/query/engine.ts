import { PGlite } from '@electric-sql/pglite'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely'
import { compileQuery, type ResultRow } from '../../../src/records/query/compile.ts'
import type { Viewpoint } from '../../../src/records/query/source.ts'
import type { Page, Query } from '../../../src/records/query.ts'
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

  run(statement: RawBuilder<ResultRow>): Promise<ResultRow[]> {
    const { sql, parameters } = statement.compile(compiler)
    return this.#run(sql, parameters)
  }

  async load(world: World): Promise<void> {
    for (const name of Object.keys(tables) as (keyof World)[]) {
      await this.#run(`delete from ${name}`, [])
      const rows = world[name].map(({ tags, ...row }) => (tags === undefined ? row : { ...row, tags }))
      await this.#run(`insert into ${name} select * from jsonb_populate_recordset(null::${name}, $1::text::jsonb)`, [
        JSON.stringify(rows),
      ])
    }
  }

  async ask(query: Query, from: Viewpoint = view): Promise<Page> {
    const compiled = compileQuery(query, from)
    return compiled.page(await this.run(compiled.statement))
  }
}
