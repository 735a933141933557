import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Clock } from '#time'
import type { Copy } from './copies.ts'
import type { TraceStep } from './model.ts'

/**
 * Untracks one copy (T-98): the link goes, the email stays, and the message is not picked up again until a person tracks
 * it (T-100). The decision kept for the message says who did it.
 */
export async function releaseCopy(
  { clock }: { clock: Clock },
  tx: Executor,
  mailboxId: string,
  copy: Pick<Copy, 'copyId' | 'key' | 'outgoing'>,
  trace: readonly TraceStep[],
  options: { removeCategory: boolean } = { removeCategory: false },
): Promise<void> {
  const wanted = options.removeCategory ? sql`case when tracked_category then false end` : sql`null::boolean`
  await sql`
    update email_copy set state = 'untracked', by_person = true, email_id = null,
      tracked_category = case when ${options.removeCategory} then tracked_category else false end,
      want_tracked = ${wanted}
    where copy_id = ${copy.copyId}
  `.execute(tx)
  await sql`
    update decision set outcome = 'notTracked', reason = 'UntrackedByUser', trace = ${JSON.stringify(trace)}::json,
      email_id = null, decided_on = ${clock.now()}
    where mailbox_id = ${mailboxId} and message_key = ${copy.key} and outgoing = ${copy.outgoing}
  `.execute(tx)
}
