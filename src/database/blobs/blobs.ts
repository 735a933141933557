import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Clock } from '#time'
import type { Blobs, Executor } from '../database.ts'
import { rowset } from '../rowset.ts'
import { BlobFiles } from './files.ts'
import { spool } from './spool.ts'
import { type References, sweep } from './sweep.ts'

/** From this size on content lies in a file, where there are files. */
const LARGE = 64 * 1024
/** Streamed content is stored and read in parts of this size, where there are no files. */
const PART = 1024 * 1024
/** Of one content: more than any attachment that mail systems let through. */
const LIMIT = 1024 * 1024 * 1024

const COLUMNS = [
  { name: 'hash', type: 'text' },
  { name: 'size', type: 'bigint' },
  { name: 'content', type: 'bytea' },
  { name: 'stored', type: 'timestamptz' },
]

type Row = {
  hash: string
  size: number
  content: Uint8Array | undefined
  stored: Date
}

export function openBlobs(
  directory: string | undefined,
  clock: Clock,
  transaction: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>,
): Blobs {
  const files = directory === undefined ? undefined : new BlobFiles(directory)
  const references: References[] = []

  async function put(tx: Executor, contents: readonly Uint8Array[]): Promise<string[]> {
    const now = clock.now()
    const rows = new Map<string, Row>()
    const hashes: string[] = []
    for (const content of contents) {
      if (content.length > LIMIT) throw new Error(`The content is larger than ${LIMIT} bytes, which is the limit.`)
      const hash = createHash('sha256').update(content).digest('hex')
      hashes.push(hash)
      if (rows.has(hash)) continue
      const inFile = files !== undefined && content.length >= LARGE
      if (inFile) await files.write(hash, content, now)
      rows.set(hash, { hash, size: content.length, content: inFile ? undefined : content, stored: now })
    }
    await insert(tx, [...rows.values()])
    return hashes
  }

  async function putStream(tx: Executor, source: Readable): Promise<{ hash: string; size: number }> {
    const spooled = await spool(source, {
      inMemory: LARGE - 1,
      limit: LIMIT,
      file: async () => (files ? files.temporary() : join(tmpdir(), `regarding-${randomUUID()}`)),
    })
    const { hash, size } = spooled
    const now = clock.now()
    if ('content' in spooled) await insert(tx, [{ hash, size, content: spooled.content, stored: now }])
    else if (files) {
      await files.adopt(spooled.file, hash, now)
      await insert(tx, [{ hash, size, content: undefined, stored: now }])
    } else {
      try {
        if ((await insert(tx, [{ hash, size, content: undefined, stored: now }])) > 0)
          await insertParts(tx, hash, spooled.file)
      } finally {
        await rm(spooled.file)
      }
    }
    return { hash, size }
  }

  async function stream(executor: Executor, hash: string): Promise<Readable | undefined> {
    const found = await find(executor, hash)
    if (!found) return undefined
    if (found.content) return Readable.from([found.content])
    return files ? files.stream(hash) : Readable.from(parts(executor, hash))
  }

  return {
    put,
    putStream,
    stream,
    get: async (executor, hash) => {
      const found = await find(executor, hash)
      if (!found || found.content) return found?.content ?? undefined
      const content = files ? await files.read(hash) : await readAll(parts(executor, hash))
      if (content.length === found.size) return content
      throw new Error(
        `Blob ${hash} is damaged: ${content.length} of ${found.size} bytes are there. Restore the database from a backup.`,
      )
    },
    register: (table, column) => {
      references.push({ table, column })
    },
    sweep: (graceHours = 24) => sweep({ transaction, references, files, clock, graceHours }),
  }
}

/**
 * Stored content is kept, and its hour renewed when it is old, so that a sweep (which spares what is young) cannot
 * remove it before the transaction that uses it again has been committed. Returns how many rows were new or renewed.
 */
async function insert(tx: Executor, rows: Row[]): Promise<number> {
  rows.sort((a, b) => (a.hash < b.hash ? -1 : 1)) // In one order, so that two transactions cannot wait for each other.
  const { numAffectedRows } = await sql`
    insert into blob (hash, size, content, stored)
    select hash, size, content, stored from ${rowset(rows, COLUMNS, 'r')}
    on conflict (hash) do update set stored = excluded.stored where blob.stored < excluded.stored - interval '30 minutes'
  `.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

async function insertParts(tx: Executor, hash: string, file: string): Promise<void> {
  let number = 0
  for await (const part of createReadStream(file, { highWaterMark: PART })) {
    await sql`insert into blob_part (hash, number, content) values (${hash}, ${number++}, ${part})
      on conflict do nothing`.execute(tx)
  }
}

interface Found {
  content: Buffer | null
  size: number
}

async function find(executor: Executor, hash: string): Promise<Found | undefined> {
  const { rows } = await sql<Found>`select content, size from blob where hash = ${hash}`.execute(executor)
  return rows[0]
}

async function readAll(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of source) all.push(chunk)
  return Buffer.concat(all)
}

async function* parts(executor: Executor, hash: string): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const { rows } = await sql<{ content: Buffer }>`
      select content from blob_part where hash = ${hash} and number = ${number}`.execute(executor)
    if (!rows[0]) return
    yield rows[0].content
  }
}
