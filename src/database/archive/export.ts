import type { Writable } from 'node:stream'
import { sql } from 'kysely'
import type { Database, Executor } from '../database.ts'
import { FORMAT, type Header, type Line, VERSION } from './format.ts'
import { LineWriter } from './lines.ts'
import { readSchema, readTables, type TableShape } from './schema.ts'

export interface ArchiveOptions {
  /** Told now and then how far it is. */
  progress?: (done: { rows: number; blobs: number }) => void
}

const BATCH = 200
/** Bytes of a blob per line. */
const PART = 1024 * 1024
/** Their content goes by `blobs`, since each engine keeps it in its own way. */
const BLOB_TABLES = new Set(['blob', 'blob_part'])

/**
 * Writes everything – schema, rows, blobs, waiting jobs – as of one moment, and ends the stream. Memory does not grow
 * with the database. On the embedded engine other work waits meanwhile.
 * @throws Error when the database holds what an archive cannot, or the stream fails.
 */
export async function exportDatabase(
  database: Database,
  target: Writable,
  options: ArchiveOptions = {},
): Promise<{ rows: number; blobs: number }> {
  const writer = new LineWriter(target)
  const write = (line: Line | Header) => writer.write(line)
  const done = { rows: 0, blobs: 0 }
  try {
    await database.transaction(async (tx) => {
      await sql`set transaction isolation level repeatable read, read only`.execute(tx)
      await sql`set local search_path = public`.execute(tx)
      await write(await header(tx))
      await write({ schema: await readSchema(tx) })
      for (const table of await readTables(tx)) {
        if (BLOB_TABLES.has(table.name)) continue
        await write({ table: table.name, columns: table.columns })
        for await (const rows of rowsOf(tx, table)) {
          await write({ rows })
          done.rows += rows.length
          options.progress?.(done)
        }
      }
      await writeSequences(tx, write)
      await writeBlobs(database, tx, write, () => {
        done.blobs++
        options.progress?.(done)
      })
      await writeJobs(tx, write)
    })
    await write({ end: true, ...done, checksum: writer.checksum() })
    await writer.end()
    return done
  } catch (error) {
    writer.abandon(error)
    throw error
  }
}

async function header(tx: Executor): Promise<Header> {
  const { rows } = await sql<{ name: string; checksum: string }>`
    select name, checksum from migration order by name`.execute(tx)
  const now = await sql<{ now: Date }>`select now() as now`.execute(tx)
  return { format: FORMAT, version: VERSION, created: now.rows[0]?.now.toISOString() ?? '', migrations: rows }
}

async function* rowsOf(tx: Executor, table: TableShape): AsyncGenerator<(string | null)[][]> {
  const values = sql.join(table.columns.map(({ name }) => sql`${sql.id(name)}::text`))
  const order = sql.raw(table.key.length > 0 ? table.key.join(', ') : 'ctid')
  await sql`declare archive_rows no scroll cursor for
    select array[${values}] as row from ${sql.table(table.name)} order by ${order}`.execute(tx)
  for (;;) {
    const { rows } = await sql<{ row: (string | null)[] }>`fetch ${sql.lit(BATCH)} from archive_rows`.execute(tx)
    if (rows.length > 0) yield rows.map(({ row }) => row)
    if (rows.length < BATCH) break
  }
  await sql`close archive_rows`.execute(tx)
}

async function writeSequences(tx: Executor, write: (line: Line) => Promise<void>): Promise<void> {
  const { rows } = await sql<{ name: string }>`select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'S' order by relname collate "C"`.execute(tx)
  for (const { name } of rows) {
    const state = await sql<{ value: string; called: boolean }>`
      select last_value::text as value, is_called as called from ${sql.table(name)}`.execute(tx)
    if (state.rows[0]) await write({ sequence: name, ...state.rows[0] })
  }
}

async function writeBlobs(
  database: Database,
  tx: Executor,
  write: (line: Line) => Promise<void>,
  onBlob: () => void,
): Promise<void> {
  let after = ''
  for (;;) {
    const { rows } = await sql<{ hash: string; size: number }>`
      select hash, size from blob where hash > ${after} order by hash limit ${BATCH}`.execute(tx)
    for (const { hash, size } of rows) {
      await write({ blob: hash, size })
      for await (const part of inParts((await database.blobs.stream(tx, hash)) ?? []))
        await write({ part: part.toString('base64') })
      onBlob()
    }
    const last = rows.at(-1)
    if (!last || rows.length < BATCH) return
    after = last.hash
  }
}

/** The same parts, however the store hands the content out. */
async function* inParts(content: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let length = 0
  for await (const chunk of content) {
    waiting.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length < PART) continue
    const all = Buffer.concat(waiting)
    let at = 0
    for (; at + PART <= all.length; at += PART) yield all.subarray(at, at + PART)
    waiting = [all.subarray(at)]
    length = all.length - at
  }
  if (length > 0) yield Buffer.concat(waiting)
}

/** Jobs that are not finished: one that runs now may run again (at least once). */
async function writeJobs(tx: Executor, write: (line: Line) => Promise<void>): Promise<void> {
  const { rows } = await sql<{
    job: string
    data: Record<string, unknown>
    key: string | null
    after: Date
    retries: number
  }>`select name as job, coalesce(data, '{}') as data, singleton_key as key, start_after as after, retry_limit as retries
    from pgboss.job where state < 'completed' and name !~ '^__' order by created_on, id`.execute(tx)
  for (const row of rows) await write({ ...row, after: row.after.toISOString() })
}
