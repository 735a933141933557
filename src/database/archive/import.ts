import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { textArray } from '../array-parameter.ts'
import type { Database, Executor } from '../database.ts'
import { readMigrations } from '../migrate.ts'
import type { ArchiveOptions } from './export.ts'
import { type Header, headerSchema, type Line, lineSchema, type Schema } from './format.ts'
import { type ReadLine, readLines } from './lines.ts'

export interface ImportOptions extends ArchiveOptions {
  /** Import although the database holds something, which is removed. */
  replace?: boolean
}

/** These have rows in every database, as have the tables that migrations fill. */
const ALWAYS = ['migration', 'secret_key']

/**
 * Makes the database what the archive says, in one transaction: afterwards it is whole, or as it was. Close it and open
 * it again before using it; that also applies newer migrations.
 * @throws Error when the database is not empty (without `replace`), or the archive is damaged, incomplete, or made by a
 * newer version; the cause and the remedy are named.
 */
export async function importDatabase(
  database: Database,
  source: Readable,
  options: ImportOptions = {},
): Promise<{ rows: number; blobs: number }> {
  let begun = false
  return database.transaction(async (tx) => {
    if (begun) throw new Error('The import met other work on the database. Stop other processes and run it again.')
    begun = true
    if (!options.replace) await refuseWhenUsed(tx)
    try {
      return await new Import(database, tx, options).run(readLines(source))
    } catch (error) {
      throw new Error(
        `The archive was not imported, and the database is as it was: ${error instanceof Error ? error.message : String(error)}.`,
        { cause: error },
      )
    }
  })
}

async function refuseWhenUsed(tx: Executor): Promise<void> {
  const { rows } = await sql<{ name: string }>`select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`.execute(tx)
  const filled = new Set(ALWAYS)
  for (const migration of await readMigrations())
    for (const [, name] of migration.sql.matchAll(/\binsert into (\w+)/gi)) filled.add(String(name))
  for (const { name } of rows.filter((table) => !filled.has(table.name))) {
    const found = await sql`select from ${sql.table(name)} limit 1`.execute(tx)
    if (found.rows.length > 0) {
      throw new Error(
        `The database is not empty (table ${name} has rows). Import into a new one, or say that this one is to be replaced.`,
      )
    }
  }
}

class Import {
  readonly #database: Database
  readonly #tx: Executor
  readonly #options: ImportOptions
  readonly #done = { rows: 0, blobs: 0 }
  #after: string[] = []
  #table: { name: string; columns: { name: string; type: string }[] } | undefined

  constructor(database: Database, tx: Executor, options: ImportOptions) {
    this.#database = database
    this.#tx = tx
    this.#options = options
  }

  async run(lines: AsyncGenerator<ReadLine>): Promise<{ rows: number; blobs: number }> {
    await checkHeader((await lines.next()).value?.value)
    for (let next = await lines.next(); !next.done; next = await lines.next()) {
      const line = lineSchema.parse(next.value.value)
      // Everything after the rows needs the keys.
      if ('blob' in line || 'job' in line || 'end' in line) await this.#runAll(this.#after.splice(0))
      if ('end' in line) {
        this.#checkEnd(line, next.value.before)
        return this.#done
      }
      if ('blob' in line) await this.#blob(line.blob, line.size, lines)
      else await this.#line(line)
    }
    throw new Error('it ends early')
  }

  async #line(line: Exclude<Line, { end: true } | { blob: string }>): Promise<void> {
    if ('schema' in line) await this.#schema(line.schema)
    else if ('table' in line) this.#table = { name: line.table, columns: line.columns }
    else if ('rows' in line) await this.#rows(line.rows)
    else if ('sequence' in line) {
      const name = sql`quote_ident(${line.sequence})::regclass`
      await sql`select setval(${name}, ${line.value}::bigint, ${line.called})`.execute(this.#tx)
    } else if ('job' in line) {
      const { job, data, key, after, retries } = line
      await this.#database.jobs.send(this.#tx, job, data, {
        after: new Date(after),
        retries,
        ...(key === null ? {} : { key }),
      })
    } else throw new Error(`it has a line out of place: ${Object.keys(line).join(', ')}`)
  }

  async #schema({ before, after }: Schema): Promise<void> {
    await this.#runAll([...CLEAR, ...before])
    this.#after = after
  }

  async #rows(rows: readonly (readonly (string | null)[])[]): Promise<void> {
    if (!this.#table) throw new Error('it has rows before a table')
    const { name, columns } = this.#table
    const arrays = columns.map((_, index) => sql`${textArray(rows.map((row) => row[index]))}::text[]`)
    const aliases = columns.map((_, index) => `c${index}`)
    const values = columns.map(({ type }, index) => sql`${sql.ref(`c${index}`)}::${sql.raw(type)}`)
    await sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.id(column.name)))})
      overriding system value select ${sql.join(values)}
      from unnest(${sql.join(arrays)}) with ordinality as r(${sql.join([...aliases, 'at'].map((alias) => sql.id(alias)))})
      order by at`.execute(this.#tx)
    this.#done.rows += rows.length
    this.#options.progress?.(this.#done)
  }

  async #blob(hash: string, size: number, lines: AsyncGenerator<ReadLine>): Promise<void> {
    async function* parts(): AsyncGenerator<Buffer> {
      for (let left = size; left > 0; ) {
        const line = lineSchema.parse((await lines.next()).value?.value)
        if (!('part' in line)) throw new Error(`blob ${hash} is incomplete`)
        const part = Buffer.from(line.part, 'base64')
        left -= part.length
        yield part
      }
    }
    const stored = await this.#database.blobs.putStream(this.#tx, Readable.from(parts()))
    if (stored.hash !== hash) throw new Error(`blob ${hash} is damaged`)
    this.#done.blobs++
    this.#options.progress?.(this.#done)
  }

  #checkEnd(end: { rows: number; blobs: number; checksum: string }, checksum: string): void {
    if (end.checksum !== checksum || end.rows !== this.#done.rows || end.blobs !== this.#done.blobs)
      throw new Error('its checksum is wrong: it was damaged or changed')
  }

  async #runAll(statements: readonly string[]): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(this.#tx)
  }
}

/** Leaves nothing of what was there; pg-boss keeps its schema and loses its jobs. */
const CLEAR = [
  'set local search_path = public',
  'set local check_function_bodies = off',
  'delete from pgboss.job',
  'drop schema public cascade',
  'create schema public',
]

async function checkHeader(value: unknown): Promise<void> {
  const header = headerSchema.safeParse(value)
  if (!header.success) throw new Error('it is not an archive of Regarding, or of a newer version')
  const known = new Map((await readMigrations()).map(({ name, checksum }) => [name, checksum]))
  const unknown = header.data.migrations.find(
    ({ name, checksum }: Header['migrations'][number]) => known.get(name) !== checksum,
  )
  if (unknown) {
    throw new Error(
      `it was made by another version (migration ${unknown.name} is not known here): use that version, or a newer one`,
    )
  }
}
