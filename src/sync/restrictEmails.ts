import { sql } from 'kysely'
import type { Executor } from '#database'
import { type RowsChanged, VISIBILITY } from '#records'

/**
 * B-81: a new email of a conversation is seen no further than the ones before it, and of a user who said so no further
 * than that. One statement, whatever the number of emails.
 */
export async function restrictEmails({ rows }: RowsChanged, tx: Executor): Promise<void> {
  const ids = rows.map(({ id }) => id)
  const { participants, metadata } = VISIBILITY
  await sql`update email as e set visibility = n.visibility
    from (
      select new.activityid, coalesce(
        (select case when bool_or(t.visibility = ${participants}) then ${participants}::int else ${metadata}::int end
          from email as t where t.threadid = new.threadid and t.visibility > 0 having count(*) > 0),
        (select o.emailvisibility from usersettings as o where o.systemuserid = new.ownerid), 0) as visibility
      from email as new where new.activityid = any(${ids}::uuid[]) and coalesce(new.visibility, 0) = 0) as n
    where e.activityid = n.activityid and n.visibility > 0`.execute(tx)
}
