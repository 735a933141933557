import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '#database'
import { systemClock } from '#time'
import { checkDurability, openCluster } from '../../src/database/embedded/durable.mjs'
import { openEmbedded } from '../../src/database/embedded/engine.ts'
import { bundleOf, SHORT_LIVED } from '../support/bundle.ts'
import { makeTestTarget, openTestDatabase, TEST_KEY } from '../support/database.ts'

const WRITER = join(import.meta.dirname, 'writer.ts')
const KILLS = Number(process.env['REGARDING_TEST_KILLS'] ?? 10)
const open = (directory: string) => openDatabase({ directory }, { key: { text: TEST_KEY } })

describe('the embedded directory', () => {
  let directory: string
  let remove: () => Promise<void>
  beforeAll(async () => {
    const made = await makeTestTarget('embedded')
    directory = (made.target as { directory: string }).directory
    remove = made.remove
  })
  afterAll(() => remove())

  test(`law 1: ${KILLS} kills of a writing process lose nothing that was acknowledged`, async () => {
    let acknowledged = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = await startWriter(directory)
      const target = acknowledged + 3 + ((kill * 7) % 20)
      for await (const line of createInterface({ input: writer.stdout })) {
        acknowledged = Number(line)
        if (acknowledged >= target && !writer.killed) writer.kill('SIGKILL')
      }
      if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')
      expect(writer.signalCode).toBe('SIGKILL')
    }
    const db = await open(directory)
    const { rows } = await sql<{ id: number; blob: string }>`select id, blob from entry order by id`.execute(db.sql)
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged)
    expect(rows.map((row) => row.id)).toEqual(Array.from(rows, (_, index) => index + 1))
    for (const { id, blob } of rows.slice(-40)) {
      const content = await db.blobs.get(db.sql, blob)
      expect(Buffer.from(content ?? []).equals(Buffer.alloc(id % 5 === 0 ? 70_000 : 10, `${id} `))).toBe(true)
    }
    await db.close()
  }, 180_000)

  test('law 9: a second opener is told who has it, and may open it when that one is gone', async () => {
    const writer = await startWriter(directory)
    await once(writer.stdout, 'data')
    await expect(open(directory)).rejects.toThrow(new RegExp(`already open: process ${writer.pid} on .*, since 20`))
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    const db = await open(directory)
    await expect(open(directory)).rejects.toThrow(`already open: process ${process.pid}`)
    await db.close()
    await (await open(directory)).close()
  })

  test('a damaged or missing meta file, and another major version, are named with their remedy', async () => {
    const meta = join(directory, 'meta.json')
    const original = readFileSync(meta, 'utf8')
    writeFileSync(meta, original.slice(0, 5))
    await expect(open(directory)).rejects.toThrow(/meta\.json is damaged.*backup/)
    rmSync(meta)
    await expect(open(directory)).rejects.toThrow(/meta\.json cannot be read.*backup/)
    writeFileSync(meta, original.replace('18', '17'))
    await expect(open(directory)).rejects.toThrow(/opens PostgreSQL 18.*regarding export/)
    writeFileSync(meta, original)
    const version = join(directory, 'postgres', 'PG_VERSION')
    writeFileSync(version, '17\n')
    await expect(open(directory)).rejects.toThrow('was made with PostgreSQL 17')
    writeFileSync(version, '18\n')
    await (await open(directory)).close()
  })

  test('a damaged cluster is refused, and its lock is free again', async () => {
    const control = join(directory, 'postgres', 'global', 'pg_control')
    const original = readFileSync(control)
    writeFileSync(control, Buffer.alloc(original.length, 1))
    await expect(open(directory)).rejects.toThrow(/cannot be opened.*backup/)
    writeFileSync(control, original)
    await (await open(directory)).close()
  })
})

test('every commit reaches the disk, and an engine that stops doing so is refused', async () => {
  const { target, remove } = await makeTestTarget('embedded')
  const { postgres, files } = await openCluster(join((target as { directory: string }).directory, 'postgres'))
  await postgres.exec('create table t (n integer)')
  const before = files.syncs
  for (let n = 0; n < 20; n++) await postgres.query('insert into t values ($1)', [n])
  expect(files.syncs - before).toBeGreaterThanOrEqual(20)
  await checkDurability(postgres, files)
  await expect(checkDurability(postgres, { syncs: 0 })).rejects.toThrow('does not flush its log')
  await postgres.close()
  await remove()
})

test('an engine that ends in the middle is started again, with everything that was committed', async () => {
  const db = await openTestDatabase('embedded')
  await sql`create table t (n integer)`.execute(db.sql)
  await sql`insert into t values (1)`.execute(db.sql)
  for (let round = 0; round < 2; round++) {
    await sql`create temporary table probe (n integer)`.execute(db.sql)
    const broken = db.transaction(async (tx) => {
      await sql`insert into t values (2)`.execute(tx)
      await sql`set exit_on_error = on`.execute(tx)
      await sql`select 1 / 0`.execute(tx)
    })
    await expect(broken).rejects.toThrow(/division by zero|stopped|connection/)
    const after = await sql`select n, to_regclass('probe') as probe from t`.execute(db.sql)
    expect(after.rows).toEqual([{ n: 1, probe: null }])
  }
  await db.close()
})

test('connections that are given up make room for those that wait', async () => {
  const { target, remove } = await makeTestTarget('embedded')
  const engine = await openEmbedded((target as { directory: string }).directory, systemClock)
  const queries = Array.from({ length: 30 }, (_, n) => engine.pool.query(n % 3 ? `select ${n} as n` : 'select 1 / 0'))
  const results = await Promise.allSettled(queries)
  expect(results.map((result) => result.status === 'fulfilled')).toEqual(queries.map((_, n) => n % 3 !== 0))
  await engine.close()
  await remove()
})

test('a full disk fails the statement, not the database', async () => {
  const { target, remove } = await makeTestTarget('embedded')
  const { directory } = target as { directory: string }
  const script = await bundleOf(join(import.meta.dirname, 'filler.ts'))
  // A limit on the size of one file stands in for the disk's: the engine meets it at the same place.
  const limited = ['--fsize=20000000', process.execPath, script, directory, TEST_KEY]
  const { stdout } = await promisify(execFile)('prlimit', limited)
  const report = JSON.parse(stdout) as { acknowledged: number; error: string; read: number; large: string }
  expect(report.error).toMatch(/could not (extend|write)/)
  expect(report.read).toBe(report.acknowledged)
  expect(report.large).toMatch(/EFBIG|too large/)
  const db = await open(directory)
  expect((await sql`select count(*) as n from filler`.execute(db.sql)).rows).toEqual([{ n: report.acknowledged }])
  await db.close()
  await remove()
})

async function startWriter(directory: string): Promise<ChildProcess & { stdout: NodeJS.ReadableStream }> {
  const command = [...SHORT_LIVED, await bundleOf(WRITER), directory, TEST_KEY]
  return spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
}
