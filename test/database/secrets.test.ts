import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { engines, makeTestTarget, openTestDatabase, testDirectory } from '../support/database.ts'

const KEY_A = Buffer.alloc(32, 1).toString('base64')
const KEY_B = Buffer.alloc(32, 2).toString('hex')

describe('MB-20: stored passwords are encrypted at rest', () => {
  let db: Database
  beforeAll(async () => {
    db = await openTestDatabase('embedded', { key: { text: KEY_A } })
  })
  afterAll(() => db.close())

  test('what is sealed opens in its own place only, and not when altered', () => {
    const sealed = db.secrets.seal('pässword', 'profile.password:1')
    expect(sealed).not.toContain('ssword')
    expect(db.secrets.seal('pässword', 'profile.password:1')).not.toBe(sealed)
    expect(db.secrets.open(sealed, 'profile.password:1')).toBe('pässword')
    expect(() => db.secrets.open(sealed, 'profile.password:2')).toThrow('profile.password:2')
    const flipped = sealed.slice(0, -4) + (sealed.at(-4) === 'A' ? 'B' : 'A') + sealed.slice(-3)
    expect(() => db.secrets.open(flipped, 'profile.password:1')).toThrow('altered')
    expect(() => db.secrets.open('plain', 'place')).toThrow('not one that was sealed')
  })
})

describe('MB-20: keys', () => {
  test.each(engines)('a wrong key is refused when the database is opened, %s', async (engine) => {
    const { target, remove } = await makeTestTarget(engine)
    await (await openDatabase(target, { key: { text: KEY_A } })).close()
    await expect(openDatabase(target, { key: { text: KEY_B } })).rejects.toThrow(/another key .*REGARDING_SECRET_KEY/)
    await (await openDatabase(target, { key: { text: `${KEY_B},${KEY_A}` } })).close()
    await remove()
  })

  test('a passphrase of 16 characters will do, a shorter one not', async () => {
    await (await openTestDatabase('embedded', { key: { text: 'correct horse battery' } })).close()
    await expect(openTestDatabase('embedded', { key: { text: 'short' } })).rejects.toThrow('openssl rand')
  })

  test('a key file is made for its owner alone, and refused when others may read it', async () => {
    const file = join(await testDirectory(), 'secret.key')
    const db = await openTestDatabase('embedded', { key: { file } })
    const sealed = db.secrets.seal('x', 'c')
    await db.close()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const again = await openTestDatabase('embedded', { key: { file } })
    expect(again.secrets.open(sealed, 'c')).toBe('x')
    await again.close()
    chmodSync(file, 0o640)
    await expect(openTestDatabase('embedded', { key: { file } })).rejects.toThrow(`chmod 600 ${file}`)
    chmodSync(file, 0o600)
    writeFileSync(file, 'damaged')
    await expect(openTestDatabase('embedded', { key: { file } })).rejects.toThrow('secret key is too short')
  })
})

const context = (id: string) => `account.password:${id}`

describe.each(engines)('MB-20: rotation seals every registered secret anew, %s', (engine) => {
  test('1,200 secrets, with a key file, and again', async () => {
    const file = join(await testDirectory(), 'secret.key')
    const db = await openTestDatabase(engine, { key: { file } })
    await sql`create table account (id integer primary key, password text)`.execute(db.sql)
    db.secrets.register({ table: 'account', id: 'id', column: 'password', context })
    await db.transaction(async (tx) => {
      const ids = Array.from({ length: 1200 }, (_, id) => id)
      const sealed = ids.map((id) => (id % 100 ? db.secrets.seal(`p${id}`, context(String(id))) : null))
      await sql`insert into account select * from unnest(${ids}::integer[], ${sealed}::text[])`.execute(tx)
    })
    const before = readFileSync(file, 'utf8')
    expect(await db.secrets.rotate()).toBe(1188)
    expect(await db.secrets.rotate(KEY_B)).toBe(1188)
    expect(readFileSync(file, 'utf8')).not.toContain(before.trim())
    expect(readFileSync(file, 'utf8').trim()).toBe(Buffer.from(KEY_B, 'hex').toString('base64'))
    const { rows } = await sql<{ id: number; password: string | null }>`select * from account`.execute(db.sql)
    for (const { id, password } of rows)
      expect(password === null ? null : db.secrets.open(password, context(String(id)))).toBe(id % 100 ? `p${id}` : null)
    await db.close()
  })
})
