import { sql } from 'kysely'
import type { Executor } from '#database'
import { EMAIL_STATUS, RecordError, type RowsChanged } from '#records'

const BY_SENDING = [EMAIL_STATUS.pendingSend, EMAIL_STATUS.sending, EMAIL_STATUS.uncertain]

/**
 * Nothing leaves by surprise (law 8): people send by *Send*, which checks everything, and not by setting a status.
 * @throws RecordError `ValidationFailed`
 */
export async function refuseStatus(change: RowsChanged, tx: Executor): Promise<void> {
  if (change.principal.kind === 'system') return
  const touched = change.rows.filter(({ columns }) => change.kind === 'create' || columns.includes('statuscode'))
  if (!touched.length) return
  const { rows } = await sql<{ id: string }>`
    select activityid as id from email
    where activityid = any(${touched.map(({ id }) => id)}::uuid[]) and statuscode = any(${BY_SENDING}) limit 1
  `.execute(tx)
  if (rows[0])
    throw new RecordError(
      'ValidationFailed',
      `The email ${rows[0].id} is sent by the action SendEmail, not by its status.`,
      {
        table: 'email',
        column: 'statuscode',
      },
    )
}
