import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, rowset } from '#database'
import { engines, openTestDatabase } from '../support/database.ts'

const COLUMNS = [
  { name: 'id', type: 'integer' },
  { name: 'words', type: 'text' },
  { name: 'at', type: 'timestamptz' },
  { name: 'big', type: 'bigint' },
  { name: 'share', type: 'numeric(12,3)' },
  { name: 'yes', type: 'boolean' },
  { name: 'bytes', type: 'bytea' },
  { name: 'doc', type: 'jsonb' },
  { name: 'tags', type: 'text[]' },
  { name: 'numbers', type: 'integer[]' },
]

describe.each(engines)('rows as a relation, %s', (engine) => {
  let db: Database
  async function insert(columns: typeof COLUMNS, rows: readonly unknown[][], onConflict = sql``): Promise<number> {
    const names = sql.join(columns.map(({ name }) => sql.id(name)))
    const given = rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])))
    const { numAffectedRows } = await sql`
      insert into thing (${names}) select ${names} from ${rowset(given, columns, 'r')} ${onConflict}`.execute(db.sql)
    return Number(numAffectedRows)
  }
  beforeAll(async () => {
    db = await openTestDatabase(engine)
    const columns = sql.join(COLUMNS.map(({ name, type }) => sql`${sql.id(name)} ${sql.raw(type)}`))
    await sql`create table thing (${columns}, primary key (id))`.execute(db.sql)
  })
  afterAll(() => db.close())

  test('values of every kind come back as they went', async () => {
    const row = [
      1,
      'quotes " and \\ back{slashes}, NULL ü 😀',
      new Date('2026-03-04T05:06:07.089Z'),
      9007199254740993n,
      1.5,
      false,
      Buffer.from([0, 255, 92, 34]),
      { a: ['"', '\\', null], b: 'x' },
      ['a"b', 'c\\d', 'NULL', '', '{}'],
      [1, -2],
    ]
    const nothing = [2, ...Array.from({ length: COLUMNS.length - 1 }, (_, index) => (index % 2 ? null : undefined))]
    expect(await insert(COLUMNS, [row, nothing])).toBe(2)
    const { rows } = await sql<Record<string, unknown>>`select * from thing order by id`.execute(db.sql)
    expect(rows.map((found) => COLUMNS.map(({ name }) => found[name]))).toEqual([row, [2, ...Array(9).fill(null)]])
  })

  test('json text, null within json and half a character', async () => {
    await insert(COLUMNS.slice(0, 2).concat(COLUMNS[7] ?? []), [
      [3, 'half \ud83d', 'text'],
      [4, '', [1, { b: null }]],
    ])
    const { rows } = await sql`select words, doc from thing where id in (3, 4) order by id`.execute(db.sql)
    expect(rows).toEqual([
      { words: 'half \ufffd', doc: 'text' },
      { words: '', doc: [1, { b: null }] },
    ])
  })

  test('2,500 rows, then the same again on conflict', async () => {
    const some = COLUMNS.slice(0, 2)
    const rows = Array.from({ length: 2500 }, (_, index) => [1000 + index, `row ${index}`])
    expect(await insert(some, rows)).toBe(2500)
    expect(await insert(some, rows, sql`on conflict (id) do nothing`)).toBe(0)
    const update = sql`on conflict (id) do update set words = excluded.words || '!'`
    expect(await insert(some, rows.slice(0, 10), update)).toBe(10)
    expect(await insert(some, [])).toBe(0)
  })
})
