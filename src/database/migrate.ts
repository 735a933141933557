import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'

export interface Migration {
  name: string
  sql: string
  checksum: string
}

/** Serialises migrating processes; any constant that no other lock uses. */
const LOCK = 7_263_001

/**
 * The numbered SQL files of `migrations/`, beside this module. Numbers: 0001–0009 database, 0010–0019 records,
 * 0030–0039 schedule, 0040–0059 incoming, 0060–0069 http, 0080–0084 options,
 * 0110–0119 customization, webhooks and the eraser. In a bundle the folder is copied beside the bundle.
 */
export async function readMigrations(): Promise<Migration[]> {
  const folder = fileURLToPath(new URL('./migrations/', import.meta.url))
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const migrations = await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}${name}`, 'utf8')
      return { name: name.slice(0, -4), sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
  const numbers = new Set<string>()
  for (const { name } of migrations) {
    const number = /^(\d{4})_[a-z0-9_]+$/.exec(name)?.[1]
    if (!number || numbers.has(number)) {
      throw new Error(`Migration ${name}.sql: a name is NNNN_words.sql, each number used once. Rename the file.`)
    }
    numbers.add(number)
  }
  return migrations
}

/**
 * Applies what is not applied yet, in order, each in a transaction of its own. Processes that start together wait for
 * one another.
 * @throws Error naming the migration that failed or was changed after it was applied.
 */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[]): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await client.query(
      'create table if not exists migration (name text primary key, checksum text not null, applied timestamptz not null default now())',
    )
    const { rows } = await client.query<{ name: string; checksum: string }>('select name, checksum from migration')
    const applied = new Map(rows.map((row) => [row.name, row.checksum]))
    checkApplied(applied, migrations)
    for (const migration of migrations) if (!applied.has(migration.name)) await apply(client, migration)
    await client.query('select pg_advisory_unlock($1)', [LOCK])
    client.release()
  } catch (error) {
    // Closing the connection frees the lock, whatever state the failure left it in.
    client.release(true)
    throw error
  }
}

function checkApplied(applied: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.checksum]))
  for (const [name, checksum] of applied) {
    const expected = known.get(name)
    if (expected === undefined) {
      throw new Error(
        `The database has migration ${name}, which this version of Regarding does not know: it was used by a newer version. Install that version.`,
      )
    }
    if (expected !== checksum) {
      throw new Error(
        `Migration ${name} was changed after it had been applied. Restore the file, and write the change as a new migration.`,
      )
    }
  }
}

async function apply(client: pg.PoolClient, migration: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(migration.sql)
    await client.query('insert into migration (name, checksum) values ($1, $2)', [migration.name, migration.checksum])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Error(`Migration ${migration.name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
