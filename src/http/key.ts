import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Database } from '#database'

/** A random key that every web process of the installation shares; made by the first that asks. */
export async function sharedKey(database: Database, name: string): Promise<string> {
  const context = `http_key.${name}`
  const fresh = database.secrets.seal(randomBytes(32).toString('base64url'), context)
  await sql`insert into http_key (name, sealed) values (${name}, ${fresh}) on conflict do nothing`.execute(database.sql)
  const { rows } = await sql<{ sealed: string }>`select sealed from http_key where name = ${name}`.execute(database.sql)
  return database.secrets.open(rows[0]?.sealed ?? fresh, context)
}
