import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Reference } from '#records'

/** Where the engine keeps a record by id and table, beside the records themselves. */
export const RECORD_POINTERS = [
  { table: 'thread_choice', id: 'regarding_id', kind: 'regarding_table' },
  { table: 'track_request', id: 'regarding_id', kind: 'regarding_table' },
] as const

/**
 * What was decided for a conversation, is yet to be tracked, or is suggested against a record that was merged into another
 * is about that one from now on (DU-21). The traces of decisions stay as they were: they tell what was seen.
 */
export async function followMerge({ from, to }: { from: Reference; to: Reference }, tx: Executor): Promise<void> {
  for (const { table, id, kind } of RECORD_POINTERS)
    await sql`update ${sql.table(table)} set ${sql.id(id)} = ${to.id}::uuid
      where ${sql.id(id)} = ${from.id}::uuid and ${sql.id(kind)} = ${from.table}`.execute(tx)
  await sql`update decision set suggestion = replace(suggestion::text, ${from.id}, ${to.id})::json
    where suggestion is not null and position(${from.id} in suggestion::text) > 0`.execute(tx)
}
