import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '#database'
import { engines, makeTestTarget, TEST_KEY } from '../support/database.ts'

const key = { text: TEST_KEY }

describe.each(engines)('migrations, %s', (engine) => {
  test('are applied once, in order, by whichever process comes first', async () => {
    const { target, remove } = await makeTestTarget(engine, { migrations: false })
    const first = await openDatabase(target, { key })
    const others = engine === 'server' ? [openDatabase(target, { key }), openDatabase(target, { key })] : []
    for (const other of await Promise.all(others)) await other.close()
    const { rows } = await sql<{ name: string }>`select name from migration order by applied, name`.execute(first.sql)
    const names = rows.map((row) => row.name)
    expect(names).toContain('0001_blobs')
    expect(names).toEqual([...names].sort())
    await first.close()
    await (await openDatabase(target, { key })).close()
    await remove()
  })

  test('changed or unknown ones are refused by name', async () => {
    const { target, remove } = await makeTestTarget(engine)
    const db = await openDatabase(target, { key })
    await sql`update migration set checksum = 'other' where name = '0001_blobs'`.execute(db.sql)
    await db.close()
    await expect(openDatabase(target, { key })).rejects.toThrow(/0001_blobs was changed/)
    const again = await openDatabase(target, { key, migrations: false })
    await sql`update migration set name = '9999_later' where name = '0001_blobs'`.execute(again.sql)
    await again.close()
    await expect(openDatabase(target, { key })).rejects.toThrow(/9999_later, which this version/)
    await remove()
  })
})

test('an unreachable server is named without its password', async () => {
  const open = openDatabase({ url: 'postgres://someone:hidden@127.0.0.1:1/nothing' }, { key })
  await expect(open).rejects.toThrow(/someone:….*REGARDING_DATABASE_URL/)
  await expect(open).rejects.not.toThrow('hidden')
})
