import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Clock } from '#time'
import type { Copy } from './copies.ts'
import type { TraceStep } from './model.ts'

/**
 * Untracks one copy (T-98): the link goes, the email stays, and the message is not picked up again until a person tracks
 * it (T-100). The decision kept for the message says who did it; an earlier wish to track it that waits is withdrawn.
 */
export async function releaseCopy(
  { clock }: { clock: Clock },
  tx: Executor,
  mailboxId: string,
  copy: Pick<Copy, 'copyId' | 'key' | 'outgoing'>,
  trace: readonly TraceStep[],
  options: { removeCategory: boolean } = { removeCategory: false },
): Promise<void> {
  const wanted = options.removeCategory
    ? sql`case when tracked_category or want_tracked then false end`
    : sql`null::boolean`
  await sql`
    update email_copy set state = 'untracked', by_person = true, email_id = null,
      tracked_category = case when ${options.removeCategory} then tracked_category else false end,
      want_tracked = ${wanted}
    where copy_id = ${copy.copyId}
  `.execute(tx)
  await sql`delete from track_request where mailbox_id = ${mailboxId} and message_id = ${copy.key}`.execute(tx)
  await sql`
    update decision set outcome = 'notTracked', reason = 'UntrackedByUser', trace = ${JSON.stringify(trace)}::json, trace_id = null,
      email_id = null, decided_on = ${clock.now()}
    where mailbox_id = ${mailboxId} and message_key = ${copy.key} and outgoing = ${copy.outgoing}
  `.execute(tx)
}

/**
 * Emails that were deleted in the CRM: their messages stay, without link and category, and are not picked up again
 * (T-99).
 */
export async function forgetEmails({ clock }: { clock: Clock }, tx: Executor, ids: readonly string[]): Promise<void> {
  const trace: TraceStep[] = [{ rule: 'T-99', says: 'Its email was deleted in the CRM', result: 'no' }]
  await sql`
    update email_copy set state = 'untracked', by_person = true, email_id = null,
      want_tracked = case when tracked_category or want_tracked then false end
    where email_id = any(${[...ids]}::uuid[])
  `.execute(tx)
  await sql`
    update decision set outcome = 'notTracked', reason = 'UntrackedByUser', trace = ${JSON.stringify(trace)}::json, trace_id = null,
      email_id = null, decided_on = ${clock.now()}
    where email_id = any(${[...ids]}::uuid[])
  `.execute(tx)
  await sql`delete from email_folder_rule where email_id = any(${[...ids]}::uuid[])`.execute(tx)
}
