import { sql } from 'kysely'
import type { Executor } from '#database'
import { recordset } from '../write/recordset.ts'
import type { RowsChanged } from '../write/write.ts'

/** Appends changes to the feed within the transaction that makes them; one statement. */
export async function appendChanges(tx: Executor, changes: readonly RowsChanged[], at: Date): Promise<void> {
  const rows = changes.flatMap(({ table, kind, rows, principal }) =>
    rows.map(({ id, columns }) => ({
      tablename: table,
      recordid: id,
      kind,
      columnnames: columns,
      principalid: principal.kind === 'user' ? principal.id : null,
    })),
  )
  if (rows.length === 0) return
  await sql`insert into changefeed (tablename, recordid, kind, columnnames, principalid, changedon)
    select tablename, recordid, kind, columnnames, principalid, ${at.toISOString()}::timestamptz
    from ${recordset(rows, COLUMNS, 'x')}`.execute(tx)
}

const COLUMNS = [
  { name: 'tablename', type: 'text' },
  { name: 'recordid', type: 'uuid' },
  { name: 'kind', type: 'text' },
  { name: 'columnnames', type: 'text[]' },
  { name: 'principalid', type: 'uuid' },
]
