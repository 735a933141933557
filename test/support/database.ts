import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { Client } from 'pg'
import { inject } from 'vitest'
import { type Database, type OpenOptions, openDatabase, type Target } from '#database'
import { makeOnce } from './once.ts'
import { startPostgres } from './postgres.ts'
import { TEMPLATES } from './templates.ts'

/** Both engines, for `describe.each(engines)`. */
export const engines = ['embedded', 'server'] as const
export type Engine = (typeof engines)[number]

export interface TestOptions extends OpenOptions {
  /** With `false`, a database without any table. */
  migrations?: boolean
}

/** A fresh database of this test's own; `close` removes it. Its secrets have a fixed key. */
export async function openTestDatabase(engine: Engine, options: TestOptions = {}): Promise<Database> {
  const { target, remove } = await makeTestTarget(engine, options)
  const database = await openDatabase(target, { key: { text: TEST_KEY }, ...options })
  const close = database.close.bind(database)
  return Object.assign(database, {
    close: async () => {
      await close()
      await remove()
    },
  })
}

export const TEST_KEY = Buffer.alloc(32, 7).toString('base64')

/** A fresh database not opened yet, for tests that open it themselves, or in another process. */
export async function makeTestTarget(
  engine: Engine,
  { migrations = true }: { migrations?: boolean } = {},
): Promise<{ target: Target; remove: () => Promise<void> }> {
  return engine === 'embedded' ? makeDirectory(migrations) : makeServerDatabase(migrations)
}

async function makeDirectory(migrations: boolean): Promise<{ target: Target; remove: () => Promise<void> }> {
  const template = await embeddedTemplate(migrations)
  const directory = join(inject('runDirectory'), `embedded-${randomUUID()}`)
  await copy(template, directory)
  await utimes(template, new Date(), new Date())
  return { target: { directory }, remove: () => rm(directory, { recursive: true, force: true }) }
}

/** By the system's own program: a third of the time of Node's. */
async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-R', from, to])
}

/** Kept between runs, under a name that changes with the migrations and the engine. */
async function embeddedTemplate(migrations: boolean): Promise<string> {
  const empty = join(TEMPLATES, `empty-${await fingerprint(['package-lock.json', 'src/database/embedded'])}`)
  await makeOnce(empty, async (directory) => {
    const database = await openDatabase({ directory }, { key: { text: TEST_KEY }, migrations: false })
    await database.close()
  })
  if (!migrations) return empty
  const migrated = join(TEMPLATES, `migrated-${await fingerprint(['package-lock.json', 'src/database'])}`)
  await makeOnce(migrated, async (directory) => {
    await copy(`${empty}/.`, directory)
    await migrateTemplate({ directory })
  })
  return migrated
}

async function makeServerDatabase(migrations: boolean): Promise<{ target: Target; remove: () => Promise<void> }> {
  const url = await startPostgres(inject('runDirectory'))
  const template = migrations ? await serverTemplate(url) : 'template0'
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await asAdministrator(url, `create database ${name} template ${template}`)
  return {
    target: { url: urlOf(url, name) },
    remove: () => asAdministrator(url, `drop database ${name} with (force)`),
  }
}

async function serverTemplate(url: string): Promise<string> {
  const name = 'template_migrated'
  await makeOnce(join(inject('runDirectory'), name), async () => {
    await asAdministrator(url, `create database ${name} template template0`)
    await migrateTemplate({ url: urlOf(url, name) })
  })
  return name
}

async function migrateTemplate(target: Target): Promise<void> {
  const database = await openDatabase(target, { key: { text: TEST_KEY } })
  // A test may open its copy with a key of its own.
  await sql`delete from secret_key`.execute(database.sql)
  await database.close()
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

function urlOf(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}

async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const names = path.endsWith('.json') ? [''] : (await readdir(path, { recursive: true })).sort()
    for (const name of names) {
      if (name !== '' && !/\.(ts|mjs|sql)$/.test(name)) continue
      hash.update(name).update(await readFile(join(path, name)))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

/** A directory of this run for a test's files. */
export async function testDirectory(): Promise<string> {
  const directory = join(inject('runDirectory'), randomUUID())
  await mkdir(directory)
  return directory
}
