import { sql } from 'kysely'
import { openDatabase } from '#database'

/** Writes until a statement fails for want of room, and reports how the database took it. */
const db = await openDatabase({ directory: String(process.argv[2]) }, { key: { text: String(process.argv[3]) } })
await sql`create table filler (words text)`.execute(db.sql)
let acknowledged = 0
let error = ''
while (error === '') {
  try {
    await sql`insert into filler select repeat(md5(n::text), 50) from generate_series(1, 1000) n`.execute(db.sql)
    acknowledged += 1000
  } catch (failure) {
    error = String(failure)
  }
}
const { rows } = await sql<{ n: number }>`select count(*) as n from filler`.execute(db.sql)
const large = await db.blobs.put(db.sql, [Buffer.alloc(25_000_000)]).then(String, String)
await db.close()
process.stdout.write(JSON.stringify({ acknowledged, error, read: rows[0]?.n, large }))
