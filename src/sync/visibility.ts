import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Principal, RecordError, type RowsChanged, VISIBILITY } from '#records'
import type { Regarding } from './regarding.ts'

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

/**
 * Says how far an email, or its whole conversation with what is still to come, is seen. Who does not take part in an
 * email that is kept to its participants cannot change that.
 * @returns how many emails were changed.
 */
export async function setVisibility(
  { records }: Regarding,
  principal: Principal,
  {
    emailId,
    visibility,
    conversation,
  }: { emailId: string; visibility: keyof typeof VISIBILITY; conversation: boolean },
): Promise<number> {
  const access = records.as(principal)
  const email = await access.retrieve('email', emailId, ['threadid'])
  if (!email) throw new RecordError('NotFound', `There is no Email ${emailId}.`, { table: 'email' })
  const thread = email['threadid']
  const ids = conversation && typeof thread === 'string' ? await emailsOf(access, thread) : [emailId]
  await access.updateMany(
    'email',
    ids.map((activityid) => ({ activityid, visibility: VISIBILITY[visibility] })),
  )
  return ids.length
}

async function emailsOf(access: ReturnType<Regarding['records']['as']>, thread: string): Promise<string[]> {
  const { rows } = await access.query({
    table: 'email',
    columns: ['activityid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'threadid', operator: 'eq', values: [thread] }],
    },
    top: 5000,
  })
  return rows.map((row) => String(row['activityid']))
}
