import { sql } from 'kysely'
import { undoContext } from '#items'
import type { Regarding } from '#sync'

/** The conflict tray and what was overwritten or deleted (B-41, B-70), as one text. */
export async function keptOf({ database }: Pick<Regarding, 'database'>): Promise<string> {
  const { rows: conflicts } = await sql<{ said: string }>`
    select concat(record_value, item_value) as said from item_conflict`.execute(database.sql)
  const { rows: undos } = await sql<{ undo_id: string; copy: string }>`select undo_id, copy from item_undo`.execute(
    database.sql,
  )
  const copies = undos.map(({ undo_id, copy }) => database.secrets.open(copy, undoContext(undo_id)))
  return [...conflicts.map(({ said }) => said), ...copies].join('\n')
}
