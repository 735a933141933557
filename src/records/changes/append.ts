import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { RowsChanged } from '../write/write.ts'

/** Appends changes to the feed within the transaction that makes them; one statement for each. */
export async function appendChanges(tx: Executor, changes: readonly RowsChanged[], at: Date): Promise<void> {
  for (const { table, kind, rows, principal } of changes) {
    if (rows.length === 0) continue
    const [first = { columns: [] }] = rows
    const isAlike = rows.every(({ columns }) => columns.join() === first.columns.join())
    const records = isAlike ? rowset(rows, [ID], 'r') : rowset(rows, [ID, { name: 'columns', type: 'text[]' }], 'r')
    await sql`insert into changefeed (tablename, recordid, kind, columnnames, principalid, changedon)
      select ${table}, r.id, ${kind}, ${isAlike ? sql`${[...first.columns]}::text[]` : sql`r.columns`},
        ${principal.kind === 'user' ? principal.id : null}::uuid, ${at.toISOString()}::timestamptz
      from ${records}`.execute(tx)
  }
}

const ID = { name: 'id', type: 'uuid' }
