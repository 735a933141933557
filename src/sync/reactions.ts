import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Mailboxes } from '#mailboxes'
import type { Reaction, RowsChanged } from '#records'

const ADDRESS = { systemuser: 'internalemailaddress', queue: 'emailaddress' } as const
const NAME = { systemuser: 'fullname', queue: 'name' } as const

interface OwnerRow {
  id: string
  name: string | null
  address: string | null
}

/** What follows from changed users, queues and mailboxes, in the same transaction. */
export function mailboxReactions(mailboxes: () => Mailboxes): Reaction[] {
  return [
    {
      table: 'systemuser',
      kinds: ['create'],
      react: (change, tx) => createMailboxes(mailboxes(), 'systemuser', change, tx),
    }, // MB-30
    { table: 'queue', kinds: ['create'], react: (change, tx) => createMailboxes(mailboxes(), 'queue', change, tx) },
    { table: 'systemuser', kinds: ['update'], react: (change, tx) => followUsers(mailboxes(), change, tx) }, // MB-76
    { table: 'mailbox', kinds: ['delete'], react: forgetMailboxes },
  ]
}

async function createMailboxes(
  mailboxes: Mailboxes,
  table: 'systemuser' | 'queue',
  change: RowsChanged,
  tx: Executor,
): Promise<void> {
  const ids = change.rows.map((row) => row.id)
  const { rows } = await sql<OwnerRow>`
    select ${sql.ref(`${table}id`)} as id, ${sql.ref(NAME[table])} as name, ${sql.ref(ADDRESS[table])} as address
    from ${sql.table(table)} where ${sql.ref(`${table}id`)} = any(${ids}::uuid[])
  `.execute(tx)
  for (const row of rows)
    await mailboxes.createFor({ table, id: row.id }, row.name ?? row.address ?? row.id, row.address ?? undefined, tx)
}

async function followUsers(mailboxes: Mailboxes, change: RowsChanged, tx: Executor): Promise<void> {
  const ids = change.rows.filter((row) => row.columns.includes('isdisabled')).map((row) => row.id)
  if (ids.length) await mailboxes.followUsers(ids, tx)
}

/** FT-55: mappings, copies and decisions go with their mailbox; what was tracked stays. */
async function forgetMailboxes(change: RowsChanged, tx: Executor): Promise<void> {
  const ids = change.rows.map((row) => row.id)
  for (const table of [
    'mailbox_folder',
    'email_copy',
    'decision',
    'track_request',
    'thread_choice',
    'mailbox_schedule',
  ])
    await sql`delete from ${sql.table(table)} where mailbox_id = any(${ids}::uuid[])`.execute(tx)
  await sql`delete from mailboxtrackingfolder where mailboxid = any(${ids}::uuid[])`.execute(tx)
}
