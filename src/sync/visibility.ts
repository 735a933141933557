import { type Principal, RecordError, VISIBILITY } from '#records'
import type { Regarding } from './regarding.ts'

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
