import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import { forgetEmails, reopenInbox, validateMappings } from '#incoming'
import { type Mailboxes, MailboxRuleError } from '#mailboxes'
import { refuseStatus } from '#outgoing'
import type { Reaction, RowsChanged } from '#records'
import type { LeaseKey, Schedule } from '#schedule'
import type { Clock } from '#time'
import { restrictEmails } from './restrictEmails.ts'

const ADDRESS = { systemuser: 'internalemailaddress', queue: 'emailaddress' } as const
const NAME = { systemuser: 'fullname', queue: 'name' } as const

interface OwnerRow {
  id: string
  name: string | null
  address: string | null
}

/** What follows for synchronization from changed users, queues, mailboxes and profiles, in the same transaction. */
export function syncReactions(mailboxes: () => Mailboxes, schedule: Schedule, clock: Clock): Reaction[] {
  return [
    {
      table: 'systemuser',
      kinds: ['create'],
      react: (change, tx) => createMailboxes(mailboxes(), 'systemuser', change, tx),
    }, // MB-30
    { table: 'queue', kinds: ['create'], react: (change, tx) => createMailboxes(mailboxes(), 'queue', change, tx) },
    { table: 'mailbox', kinds: ['update'], react: (change, tx) => followMailboxes(schedule, change, tx, clock.now()) },
    { table: 'emailserverprofile', kinds: ['update'], react: (change, tx) => followProfiles(schedule, change, tx) },
    { table: 'mailbox', kinds: ['delete'], react: forgetMailboxes },
    { table: 'mailboxtrackingfolder', kinds: ['create'], react: checkMappings },
    { table: 'email', kinds: ['create', 'update'], react: refuseStatus },
    { table: 'email', kinds: ['create'], react: restrictEmails }, // B-81
    {
      table: 'email',
      kinds: ['delete'],
      react: (change, tx) =>
        forgetEmails(
          { clock },
          tx,
          change.rows.map((row) => row.id),
        ),
    },
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

/** FT-55: copies and decisions go with their mailbox, as mappings and alerts do by their tables; what was tracked stays. */
async function forgetMailboxes(change: RowsChanged, tx: Executor): Promise<void> {
  const ids = change.rows.map((row) => row.id)
  for (const table of [
    'mailbox_folder',
    'email_copy',
    'decision',
    'track_request',
    'thread_choice',
    'mailbox_schedule',
    'sent_copy',
    'mailbox_subscription',
    'mailbox_subscribed',
    'item_mailbox',
    'item_folder',
    'item_link',
    'item_identity',
    'item_work',
    'item_question',
    'item_conflict',
    'item_undo',
    'item_decision',
    'item_letter',
    'item_mail',
    'cycle_log',
  ])
    await sql`delete from ${sql.table(table)} where mailbox_id = any(${ids}::uuid[])`.execute(tx)
}

/** Columns that decide whether a mailbox is processed (SC-1). */
const DECIDING = [
  'statecode',
  'enabledforincomingemail',
  'incomingemaildeliverymethod',
  'enabledforoutgoingemail',
  'outgoingemaildeliverymethod',
  'enabledforact',
  'actdeliverymethod',
]

async function followMailboxes(schedule: Schedule, change: RowsChanged, tx: Executor, now: Date): Promise<void> {
  for (const row of change.rows)
    if (row.columns.includes('processemailreceivedafter')) await reopenInbox(tx, row.id, now) // MB-48
  const ids = change.rows.filter((row) => row.columns.some((name) => DECIDING.includes(name))).map((row) => row.id)
  if (ids.length) await followSchedule(schedule, tx, sql`m.mailboxid = any(${ids}::uuid[])`)
}

/** MB-26: an inactive profile stops its mailboxes and changes none of them. */
async function followProfiles(schedule: Schedule, change: RowsChanged, tx: Executor): Promise<void> {
  const ids = change.rows.filter((row) => row.columns.includes('statecode')).map((row) => row.id)
  if (ids.length) await followSchedule(schedule, tx, sql`m.emailserverprofile = any(${ids}::uuid[])`)
}

/** SC-1: what is processed is set to the server side, enabled, active, and has an active profile. */
async function followSchedule(schedule: Schedule, tx: Executor, which: RawBuilder<unknown>): Promise<void> {
  const { rows } = await sql<{ id: string; incoming: boolean; outgoing: boolean; act: boolean }>`
    select m.mailboxid as id,
      coalesce(m.incomingemaildeliverymethod = 2 and m.enabledforincomingemail
        and m.statecode = 0 and p.statecode = 0, false) as incoming,
      coalesce(m.outgoingemaildeliverymethod = 2 and m.enabledforoutgoingemail
        and m.statecode = 0 and p.statecode = 0, false) as outgoing,
      coalesce(m.actdeliverymethod = 1 and m.enabledforact
        and m.statecode = 0 and p.statecode = 0, false) as act
    from mailbox m left join emailserverprofile p on p.emailserverprofileid = m.emailserverprofile where ${which}
  `.execute(tx)
  const keys = (runs: boolean): LeaseKey[] =>
    (['incoming', 'outgoing', 'act'] as const).flatMap((workload) =>
      rows.filter((row) => row[workload] === runs).map((row) => ({ mailboxId: row.id, workload })),
    )
  await schedule.disable(keys(false), tx)
  await schedule.resume(keys(true), tx)
}

/** FT-2, FT-13: by whatever interface a mapping is made. */
async function checkMappings(change: RowsChanged, tx: Executor): Promise<void> {
  const { rows } = await sql<{ mailboxid: string; kind: number; folders: string[]; names: string[] }>`
    select m.mailboxid, m.kind, array_agg(f.exchangefolderid) as folders, array_agg(coalesce(f.foldername, '')) as names
    from mailbox m join mailboxtrackingfolder f on f.mailboxid = m.mailboxid
    where m.mailboxid in (select mailboxid from mailboxtrackingfolder
      where mailboxtrackingfolderid = any(${change.rows.map((row) => row.id)}::uuid[]))
    group by m.mailboxid, m.kind
  `.execute(tx)
  for (const { kind, folders, names } of rows) {
    if (kind !== 0)
      throw new MailboxRuleError('FT-2', 'mailboxid', 'Folder tracking works for mailboxes of users only.')
    const fault = validateMappings(folders.map((folderId, index) => ({ folderId, folderName: names[index] ?? '' })))
    if (fault) throw new MailboxRuleError('FT-13', 'exchangefolderid', `${fault}.`)
  }
}
