import { readdir, readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { type Dialect, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from '#database'
import { pgliteDialect } from './pglite.ts'
import { startPostgres } from './postgres.ts'

export const engines = ['embedded', 'server'] as const
export type Engine = (typeof engines)[number]

const MIGRATIONS = new URL('../../../src/database/migrations/', import.meta.url)

export interface TestDatabase extends Database {
  /** The statements run since it was last emptied. */
  statements: string[]
}

/** A fresh database of the kind, with the records' own migrations. `close` removes it. */
export async function openTestDatabase(kind: Engine): Promise<TestDatabase> {
  const { dialect, stop } = kind === 'embedded' ? await embedded() : await server()
  const statements: string[] = []
  const db = new Kysely<unknown>({
    dialect,
    log: (event) => {
      if (event.level === 'query') statements.push(event.query.sql)
    },
  })
  return {
    kind,
    sql: db,
    statements,
    transaction: (work) => db.transaction().execute(work),
    notify: missing,
    listen: missing,
    blobs: { put: missing, get: missing },
    secrets: {
      seal: (plain, context) => `${context}|${Buffer.from(plain).toString('base64')}`,
      open: (sealed, context) => {
        if (!sealed.startsWith(`${context}|`)) throw new Error(`Sealed for another place than ${context}`)
        return Buffer.from(sealed.slice(context.length + 1), 'base64').toString()
      },
    },
    jobs: { send: missing, work: missing, stop: missing },
    async close() {
      await db.destroy()
      await stop()
    },
  }
}

function missing(): never {
  throw new Error('Not part of this test database')
}

async function migrations(): Promise<string[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.startsWith('001')).sort()
  return Promise.all(names.map((name) => readFile(new URL(name, MIGRATIONS), 'utf8')))
}

async function embedded(): Promise<{ dialect: Dialect; stop: () => Promise<void> }> {
  const lite = await PGlite.create()
  for (const text of await migrations()) await lite.exec(text)
  return { dialect: pgliteDialect(lite), stop: async () => {} }
}

async function server(): Promise<{ dialect: Dialect; stop: () => Promise<void> }> {
  const { socket, stop } = await startPostgres()
  const pool = new pg.Pool({ host: socket, user: 'postgres', database: 'postgres', max: 10 })
  pool.on('error', () => {}) // the server is stopped under idle connections
  for (const text of await migrations()) await pool.query(text)
  return { dialect: new PostgresDialect({ pool }), stop }
}
