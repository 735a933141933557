import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { FolderId } from '#mailbox'

/** Which of these letters were acted on before. */
export async function lettersSeen(
  executor: Executor,
  mailboxId: string,
  letters: readonly string[],
): Promise<Set<string>> {
  if (!letters.length) return new Set()
  const { rows } = await sql<{ letter: string }>`
    select letter from item_mail where mailbox_id = ${mailboxId} and letter = any(${[...letters]}::text[])`.execute(
    executor,
  )
  return new Set(rows.map(({ letter }) => letter))
}

/** What was acted on, and how far the Inbox was read (law 1). */
export async function saveMailRead(
  tx: Executor,
  mailboxId: string,
  { letters, inbox, now }: { letters: readonly string[]; inbox: { id: FolderId; cursor: string }; now: Date },
): Promise<void> {
  const rows = [...new Set(letters)].map((letter) => ({ mailbox_id: mailboxId, letter, seen_on: now }))
  if (rows.length)
    await sql`insert into item_mail (mailbox_id, letter, seen_on)
      select mailbox_id, letter, seen_on from ${rowset(rows, COLUMNS, 'r')} on conflict do nothing`.execute(tx)
  await sql`update item_mailbox set inbox_id = ${inbox.id}, inbox_cursor = ${inbox.cursor}
    where mailbox_id = ${mailboxId}`.execute(tx)
}
const COLUMNS = [
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'letter', type: 'text' },
  { name: 'seen_on', type: 'timestamptz' },
]
