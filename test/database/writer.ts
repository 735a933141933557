import { sql } from 'kysely'
import { openDatabase } from '#database'

/** Writes until it is killed, and says after each commit what was acknowledged: `<last row> <blobs>`. */
const db = await openDatabase({ directory: String(process.argv[2]) }, { key: { text: String(process.argv[3]) } })
await sql`create table if not exists entry (id integer primary key, blob text)`.execute(db.sql)
const found = await sql<{ last: number }>`select coalesce(max(id), 0) as last from entry`.execute(db.sql)
for (let id = (found.rows[0]?.last ?? 0) + 1; ; id++) {
  await db.transaction(async (tx) => {
    const size = id % 5 === 0 ? 70_000 : 10
    const [blob] = await db.blobs.put(tx, [Buffer.alloc(size, `${id} `)])
    await sql`insert into entry values (${id}, ${blob})`.execute(tx)
  })
  process.stdout.write(`${id}\n`)
}
