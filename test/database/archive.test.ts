import { createHash, randomBytes } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type Database, exportDatabase, importDatabase } from '#database'
import { engines, openTestDatabase } from '../support/database.ts'

async function archiveOf(db: Database): Promise<Buffer> {
  const stream = new PassThrough()
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await exportDatabase(db, stream)
  return Buffer.concat(chunks)
}

const linesOf = (archive: Buffer) => gunzipSync(archive).toString('utf8').trim().split('\n')
/** Without the hour of the header, and the checksum that depends on it. */
const contentOf = (archive: Buffer) => linesOf(archive).slice(1, -1).map(shortened)
/** So that a failure can be read. */
const shortened = (line: string) =>
  line.length < 300 ? line : line.slice(0, 100) + createHash('sha256').update(line).digest('hex')

const isData = (line: string) => !line.startsWith('{"schema"')

async function fill(db: Database): Promise<void> {
  const statements = `
    create type mood as enum ('good', 'bad');
    create sequence counter start 5 increment 2;
    create function twice(n integer) returns integer language sql immutable as 'select n * 2';
    create table parent (
      id integer primary key, name text collate "C" not null default 'none' check (name <> ''),
      doubled integer generated always as (twice(id)) stored, mood mood, tags text[], doc jsonb, bytes bytea,
      at timestamptz, day date, span interval, amount numeric(20, 6), ratio double precision, big bigint, id2 uuid,
      friend integer references parent, unique nulls not distinct (name, day)
    ) with (fillfactor = 70);
    create table child (
      id bigint generated always as identity primary key, number integer default nextval('counter'),
      parent integer references parent on delete cascade deferrable initially deferred, words text
    );
    create table keyless (a integer, b text);
    create index child_words on child (lower(words)) where words is not null;
    create table event (at date not null, what text) partition by range (at);
    create table event_2026 partition of event for values from ('2026-01-01') to ('2027-01-01');
    create index event_what on event (what);
    create view cheerful as select id, name from parent where mood = 'good';
    create function parents() returns setof parent language sql stable as 'select * from parent';
    create function touch() returns trigger language plpgsql as $$ begin new.words := coalesce(new.words, 'touched'); return new; end $$;
    create trigger child_touch before insert on child for each row execute function touch();
    insert into event values ('2026-05-05', 'x');
    insert into keyless values (2, 'b'), (1, null), (1, null);
    insert into parent (id, name, mood, tags, doc, bytes, at, day, span, amount, ratio, big, id2, friend) values
      (1, 'a "quoted" \\ name, {NULL}', 'good', '{"x,y",NULL,""}', '{"b": 1.50, "a": [null]}', '\\x00ff', '2026-01-02 03:04:05.678901+02',
       '2026-02-03', '1 mon 2 days', 12345678901234.567890, 0.1, 9007199254740993, gen_random_uuid(), 2),
      (2, 'NULL', 'bad', null, 'null', '', 'infinity', '0044-03-15 BC', null, 'NaN', '-Infinity', null, null, 1);
    insert into parent (id, name, friend) select i, 'p' || i || chr(10) || '😀', i - 1 from generate_series(3, 700) i;
    insert into child (parent, words) select i, case i % 3 when 0 then null else repeat('w', i) end from generate_series(1, 700) i;
    delete from child where id > 690;`
  for (const statement of statements.split(/;\n/)) await sql.raw(statement).execute(db.sql)
  await db.blobs.put(db.sql, [Buffer.from('small'), new Uint8Array(), randomBytes(3_000_000)])
  await db.blobs.putStream(db.sql, Readable.from([randomBytes(2_500_000)]))
  await db.jobs.send(undefined, 'erase', { contact: 1 }, { key: 'contact 1', after: new Date('2027-01-01T00:00:00Z') })
}

describe.each([
  ['embedded', 'server'],
  ['server', 'embedded'],
] as const)('an archive moves everything from %s to %s', (from, to) => {
  test('and back, byte for byte', async () => {
    const [first, second, third] = await Promise.all([from, to, from].map((engine) => openTestDatabase(engine)))
    if (!first || !second || !third) throw new Error('three databases')
    await fill(first)
    const original = await archiveOf(first)
    await importDatabase(second, Readable.from([original]))
    const moved = await archiveOf(second)
    expect(contentOf(moved).filter(isData)).toEqual(contentOf(original).filter(isData))
    await importDatabase(third, Readable.from([moved]))
    expect(contentOf(await archiveOf(third))).toEqual(contentOf(original))

    await sql`insert into child (parent, words) values (5, null)`.execute(second.sql)
    const { rows } = await sql`select id, number, words from child where id > 690`.execute(second.sql)
    expect(rows).toEqual([{ id: 701, number: 1405, words: 'touched' }])
    const dangling = sql`update parent set friend = 100000 where id = 1`.execute(second.sql)
    await expect(dangling).rejects.toMatchObject({ code: '23503' })
    await Promise.all([first, second, third].map((db) => db.close()))
  })
})

describe.each(engines)('an import is whole or nothing, %s', (engine) => {
  test('a database in use is refused, a damaged archive changes nothing, replacing replaces', async () => {
    const db = await openTestDatabase(engine)
    const other = await openTestDatabase(engine)
    await sql`create table mine (id integer)`.execute(db.sql)
    await sql`insert into mine values (1)`.execute(db.sql)
    const archive = await archiveOf(db)
    await sql`update mine set id = 2`.execute(db.sql)

    const load = (content: Buffer, replace = true) => importDatabase(db, Readable.from([content]), { replace })
    await expect(load(archive, false)).rejects.toThrow('table mine has rows')
    await expect(load(archive.subarray(0, archive.length - 20))).rejects.toThrow('the database is as it was')
    await expect(load(Buffer.from('nonsense'))).rejects.toThrow('the database is as it was')
    const lines = linesOf(archive)
    const altered = lines.map((line) => line.replace('{"rows":[["1"]]}', '{"rows":[["7"]]}'))
    expect(altered).not.toEqual(lines)
    await expect(load(gzipSync(`${altered.join('\n')}\n`))).rejects.toThrow('its checksum is wrong')
    await expect(load(gzipSync(`${lines.slice(0, -1).join('\n')}\n`))).rejects.toThrow('it ends early')
    const newer = [String(lines[0]).replace('0001_blobs', '9001_later'), ...lines.slice(1)]
    await expect(load(gzipSync(`${newer.join('\n')}\n`))).rejects.toThrow('9001_later')
    expect((await sql`select * from mine`.execute(db.sql)).rows).toEqual([{ id: 2 }])

    await load(archive)
    expect((await sql`select * from mine`.execute(db.sql)).rows).toEqual([{ id: 1 }])
    await db.close()
    await other.close()
  })
})
