import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { SimulatedClock } from '#time'
import { engines, makeTestTarget, TEST_KEY } from '../support/database.ts'

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

async function* cutOff() {
  yield randomBytes(300_000)
  throw new Error('cut off')
}

describe.each(engines)('B-61: content is stored once by its hash, %s', (engine) => {
  const clock = new SimulatedClock()
  let db: Database
  let directory: string | undefined
  let remove: () => Promise<void>
  beforeEach(async () => {
    const made = await makeTestTarget(engine)
    directory = 'directory' in made.target ? made.target.directory : undefined
    remove = made.remove
    db = await openDatabase(made.target, { clock, key: { text: TEST_KEY } })
    await sql`create table attachment (blob text)`.execute(db.sql)
    db.blobs.register('attachment', 'blob')
  })
  afterEach(async () => {
    await db.close()
    await remove()
  })

  const rows = async () => (await sql<{ n: number }>`select count(*) as n from blob`.execute(db.sql)).rows[0]?.n
  const files = () =>
    directory === undefined
      ? []
      : readdirSync(`${directory}/blobs`, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

  test('small and large contents, some twice, in one statement', async () => {
    const small = Buffer.from('small')
    const large = randomBytes(200_000)
    const empty = new Uint8Array()
    const contents = [small, large, small, empty]
    const hashes = await db.transaction((tx) => db.blobs.put(tx, contents))
    expect(hashes).toEqual(contents.map(sha256))
    await db.blobs.put(db.sql, [large])
    expect(await rows()).toBe(3)
    for (const [index, hash] of hashes.entries())
      expect(Buffer.from((await db.blobs.get(db.sql, hash)) ?? []).equals(contents[index] as Uint8Array)).toBe(true)
    expect(await db.blobs.get(db.sql, sha256(Buffer.from('absent')))).toBeUndefined()
    expect(files().length).toBe(engine === 'embedded' ? 1 : 0)
  })

  test('a stream of 40 MB is stored and read without being held in memory', async () => {
    const chunk = randomBytes(1_000_000)
    const hash = createHash('sha256')
    let most = 0
    const before = process.memoryUsage().arrayBuffers
    async function* source() {
      for (let index = 0; index < 40; index++) {
        hash.update(chunk)
        most = Math.max(most, process.memoryUsage().arrayBuffers - before)
        yield chunk
      }
    }
    const stored = await db.transaction((tx) => db.blobs.putStream(tx, Readable.from(source())))
    expect(stored).toEqual({ hash: hash.digest('hex'), size: 40_000_000 })
    const check = createHash('sha256')
    for await (const part of (await db.blobs.stream(db.sql, stored.hash)) ?? []) check.update(part as Buffer)
    expect(check.digest('hex')).toBe(stored.hash)
    expect((await db.blobs.get(db.sql, stored.hash))?.length).toBe(40_000_000)
    const again = await db.blobs.putStream(db.sql, Readable.from(Array(40).fill(chunk)))
    expect(again).toEqual(stored)
    const tiny = await db.blobs.putStream(db.sql, Readable.from([Buffer.from('ti'), Buffer.from('ny')]))
    expect(Buffer.from((await db.blobs.get(db.sql, tiny.hash)) ?? []).toString()).toBe('tiny')
    expect(most).toBeLessThan(20_000_000)
  })

  test('a sweep removes what nothing refers to, after its grace, and spares what was put again', async () => {
    const [kept, orphan, again] = (await db.transaction((tx) =>
      db.blobs.put(tx, [randomBytes(100_000), randomBytes(100_000), randomBytes(100_000)]),
    )) as [string, string, string]
    await sql`insert into attachment values (${kept})`.execute(db.sql)
    const lost = randomBytes(70_000)
    await db
      .transaction(async (tx) => {
        await db.blobs.put(tx, [lost])
        throw new Error('rolled back')
      })
      .catch(() => {})
    expect(await db.blobs.sweep()).toBe(0)
    await clock.advance(25 * 3_600_000)
    const content = (await db.blobs.get(db.sql, again)) as Uint8Array
    await db.blobs.put(db.sql, [content])
    expect(await db.blobs.sweep()).toBe(1)
    expect(await db.blobs.get(db.sql, orphan)).toBeUndefined()
    expect((await db.blobs.get(db.sql, kept))?.length).toBe(100_000)
    expect((await db.blobs.get(db.sql, again))?.length).toBe(100_000)
    expect(files().length).toBe(engine === 'embedded' ? 2 : 0)
  })

  test('a stream that fails leaves nothing behind', async () => {
    await expect(db.blobs.putStream(db.sql, Readable.from(cutOff()))).rejects.toThrow('cut off')
    expect(await rows()).toBe(0)
    expect(files()).toEqual([])
  })
})
