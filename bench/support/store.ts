import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Target } from '#database'
import { postgresPid, startPostgres, stopPostgres } from '../../test/support/postgres.ts'

export type Engine = 'server' | 'embedded'

/** What people call the engines. */
export const ENGINE_NAME: Record<Engine, string> = { server: 'PostgreSQL', embedded: 'embedded store' }

/** Of no secret: it seals the passwords of private servers on 127.0.0.1. */
process.env['REGARDING_SECRET_KEY'] ??= Buffer.alloc(32, 7).toString('base64')

/** Makes databases of both kinds below one directory, on a PostgreSQL of its own that syncs to the disk as shipped. */
export class Stores {
  readonly #directory: string
  #count = 0
  #started = false

  constructor(directory: string) {
    this.#directory = directory
  }

  /** An empty database. */
  async make(engine: Engine): Promise<Target> {
    const name = `store${++this.#count}`
    if (engine === 'embedded') return { directory: join(this.#directory, name) }
    const url = await this.url()
    await asAdministrator(url, `create database ${name}`)
    return { url: Object.assign(new URL(url), { pathname: `/${name}` }).href }
  }

  async remove(target: Target): Promise<void> {
    if ('directory' in target) rmSync(target.directory, { recursive: true, force: true })
    else await asAdministrator(await this.url(), `drop database ${new URL(target.url).pathname.slice(1)} with (force)`)
  }

  async url(): Promise<string> {
    this.#started = true
    return startPostgres(this.#directory, { durable: true })
  }

  /** Of the PostgreSQL server; 0 before it was needed. */
  get pid(): number {
    return this.#started ? postgresPid(this.#directory) : 0
  }

  close(): void {
    stopPostgres(this.#directory)
  }
}

async function asAdministrator(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
