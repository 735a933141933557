import { sql } from 'kysely'
import type { Reference } from '#records'
import type { ItemDependencies } from '../context.ts'
import { MOST_ATTEMPTS } from '../store/work.ts'

/** `waits`: for a person's answer, or for a change after many failures. */
export interface Pending {
  since: Date
  attempts: number
  waits: boolean
  questionId?: string
}

/** The first of what is yet to be carried out about a record, an item or a link. */
export async function pendingOf(
  { database }: ItemDependencies,
  mailboxId: string,
  { record, itemId, linkId }: { record?: Reference; itemId?: string; linkId: string | undefined },
): Promise<Pending | undefined> {
  const { rows } = await sql<{ noticed_on: Date; attempts: number; question_id: string | null }>`
    select noticed_on, attempts, question_id from item_work where mailbox_id = ${mailboxId}
      and ((record_table = ${record?.table ?? null} and record_id = ${record?.id ?? null}) or item_id = ${itemId ?? null}
        or link_id = ${linkId ?? null})
    order by noticed_on limit 1`.execute(database.sql)
  const row = rows[0]
  if (!row) return undefined
  const waits = row.question_id !== null || row.attempts >= MOST_ATTEMPTS
  return {
    since: row.noticed_on,
    attempts: row.attempts,
    waits,
    ...(row.question_id === null ? {} : { questionId: row.question_id }),
  }
}
