import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { Client } from 'pg'
import { inject } from 'vitest'
import { type Database, type OpenOptions, openDatabase, type Target } from '#database'
import { systemClock } from '#time'
import { makeOnce } from './once.ts'
import { startPostgres } from './postgres.ts'
import { TEMPLATES } from './templates.ts'

/** Both engines, for `describe.each(engines)`. */
export const engines = ['embedded', 'server'] as const
export type Engine = (typeof engines)[number]

/**
 * The engine of tests that are about neither: what both must do alike is tested on both by name. A server opens and
 * answers in a fraction of the processor time. The other one: `TEST_ENGINE=embedded npm test`.
 */
export const USUAL: Engine = process.env['TEST_ENGINE'] === 'embedded' ? 'embedded' : 'server'

export interface TestOptions extends OpenOptions {
  /** With `false`, a database without any table. */
  migrations?: boolean
}

/** How much a template holds: nothing, what migrations make, or also the tables and standard rows of every room. */
type Template = 'empty' | 'migrated' | 'installed'

/** A fresh database of this test's own; `close` removes it. Its secrets have a fixed key. */
export function openTestDatabase(engine: Engine = USUAL, options: TestOptions = {}): Promise<Database> {
  return openCopy(engine, options.migrations === false ? 'empty' : 'migrated', options)
}

/** The same for tests of whole installations: their tables are there already, which `assemble` then finds in a moment. */
export function openTestInstallation(engine: Engine = USUAL): Promise<Database> {
  return openCopy(engine, 'installed', {})
}

async function openCopy(engine: Engine, template: Template, options: TestOptions): Promise<Database> {
  const { target, remove } = await copyOf(engine, template)
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
export function makeTestTarget(engine: Engine, { migrations = true }: { migrations?: boolean } = {}): Promise<Copy> {
  return copyOf(engine, migrations ? 'migrated' : 'empty')
}

/** The same for tests of whole installations. */
export function makeTestInstallation(engine: Engine): Promise<Copy> {
  return copyOf(engine, 'installed')
}

interface Copy {
  target: Target
  remove: () => Promise<void>
}

function copyOf(engine: Engine, template: Template): Promise<Copy> {
  return engine === 'embedded' ? makeDirectory(template) : makeServerDatabase(template)
}

async function makeDirectory(level: Template): Promise<Copy> {
  const template = await embeddedTemplate(level)
  const directory = join(inject('runDirectory'), `embedded-${randomUUID()}`)
  await copy(template, directory)
  await utimes(template, new Date(), new Date())
  return { target: { directory }, remove: () => removeTree(directory) }
}

/** By the system's own programs: a third of the time of Node's. */
async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-R', from, to])
}

async function removeTree(directory: string): Promise<void> {
  await promisify(execFile)('rm', ['-rf', directory])
}

/** What a template's name changes with. */
const MADE_OF: Readonly<Record<Template, readonly string[]>> = {
  empty: ['package-lock.json', 'src/database/embedded'],
  migrated: ['package-lock.json', 'src/database'],
  installed: ['package-lock.json', 'src'],
}

/** Kept between runs, under a name that changes with the code that makes it. */
async function embeddedTemplate(level: Template): Promise<string> {
  const template = join(TEMPLATES, `${level}-${await codeOf(level)}`)
  await makeOnce(template, async (directory) => {
    if (level !== 'empty') await copy(`${await embeddedTemplate(below(level))}/.`, directory)
    await fillTemplate({ directory }, level)
  })
  return template
}

const below = (level: 'migrated' | 'installed'): Template => (level === 'migrated' ? 'empty' : 'migrated')

async function makeServerDatabase(level: Template): Promise<Copy> {
  const url = await startPostgres(inject('runDirectory'))
  const template = await serverTemplate(url, level)
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await asAdministrator(url, `create database ${name} template ${template}`)
  return {
    target: { url: urlOf(url, name) },
    remove: () => dropDatabase(url, name),
  }
}

async function serverTemplate(url: string, level: Template): Promise<string> {
  if (level === 'empty') return 'template0'
  const name = `template_${level}`
  await makeOnce(join(inject('runDirectory'), name), async () => {
    await asAdministrator(url, `create database ${name} template ${await serverTemplate(url, below(level))}`)
    await fillTemplate({ url: urlOf(url, name) }, level)
  })
  return name
}

async function fillTemplate(target: Target, level: Template): Promise<void> {
  const database = await openDatabase(target, { key: { text: TEST_KEY }, migrations: level !== 'empty' })
  if (level === 'installed') await (await import('#sync')).assemble(database, systemClock)
  // A test may open its copy with a key of its own.
  if (level !== 'empty') await sql`delete from secret_key`.execute(database.sql)
  await database.close()
}

/**
 * A pool that has ended may have connections that are still closing: cut off by force one of them would be an error that
 * nobody awaits. Those that a test has left open are cut off.
 */
async function dropDatabase(url: string, name: string): Promise<void> {
  await withAdministrator(url, async (client) => {
    for (let tries = 0; tries < 40; tries++) {
      const { rowCount } = await client.query('select from pg_stat_activity where datname = $1', [name])
      if (!rowCount) break
      await setTimeout(25)
    }
    await client.query(`drop database ${name} with (force)`)
  })
}

const asAdministrator = (url: string, statement: string): Promise<unknown> =>
  withAdministrator(url, (client) => client.query(statement))

async function withAdministrator<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}

const codes = new Map<Template, Promise<string>>()

/** Read once per process: hundreds of files. */
function codeOf(level: Template): Promise<string> {
  const code = codes.get(level) ?? fingerprint(MADE_OF[level])
  codes.set(level, code)
  return code
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
