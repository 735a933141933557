import { sql } from 'kysely'
import { EMAIL_STATUS } from '#records'
import { attemptEmail, type Progress } from './attempt.ts'
import type { OutgoingCycle, OutgoingDependencies } from './context.ts'
import { settleLeftOvers } from './leftOver.ts'
import { placeSentCopies } from './sentCopies.ts'

/** What a cycle of the outgoing workload did. */
export interface OutgoingOutcome {
  seen: number
  sent: number
  failed: number
  uncertain: number
  /** Put off after a failure that may pass. */
  postponed: number
  /** Pending email is left although nothing is wrong: the turn was over. */
  more: boolean
}

export interface OutgoingOptions {
  /** Transient failures of the mailbox in a row before this cycle (SC-52). */
  transient: number
  /** After so many milliseconds the connection is given back. */
  turnMs: number
}

const AT_ONCE = 25

/**
 * One pass of the outgoing workload over one mailbox (SC-20): what a dead worker left, what is pending in its order, the
 * copies in Sent Items. Emails that fail never stop the others (OE-42).
 * @throws MailboxError when the mailbox or its server failed and nothing went out
 */
export async function runOutgoing(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  options: OutgoingOptions,
): Promise<OutgoingOutcome> {
  const outcome: OutgoingOutcome = { seen: 0, sent: 0, failed: 0, uncertain: 0, postponed: 0, more: false }
  outcome.uncertain += await settleLeftOvers(dependencies, cycle)
  await placeSentCopies(dependencies, cycle, 'all')
  const until = dependencies.clock.now().getTime() + options.turnMs
  const tried = new Set<string>()
  for (;;) {
    const pending = await pendingEmails(dependencies, cycle, tried)
    if (!pending.length) return outcome
    for (const emailId of pending) {
      cycle.signal?.throwIfAborted()
      if (dependencies.clock.now().getTime() > until) return { ...outcome, more: true }
      tried.add(emailId)
      const progress: Progress = { othersWent: outcome.sent > 0, transient: options.transient }
      const result = await attemptEmail(dependencies, cycle, emailId, progress)
      count(outcome, result.outcome)
      if (!result.error) continue
      // The mailbox works when others went out: then it is no failure of its own (SC-56), unless it was told to wait.
      if (outcome.sent === 0 || result.error.kind === 'throttled') throw result.error
      return outcome
    }
    await placeSentCopies(dependencies, cycle, 'fresh')
  }
}

function count(outcome: OutgoingOutcome, result: Awaited<ReturnType<typeof attemptEmail>>['outcome']): void {
  if (result === 'skipped') return
  outcome.seen++
  if (result === 'pending') outcome.postponed++
  else outcome[result]++
}

/** SC-20, OE-5, OE-6: high priority first, oldest first; what failed before stands behind what is new of its priority. */
async function pendingEmails(
  { database, clock }: OutgoingDependencies,
  { setup }: OutgoingCycle,
  tried: ReadonlySet<string>,
): Promise<string[]> {
  const now = clock.now()
  const { rows } = await sql<{ id: string }>`
    select activityid as id from email
    where sendermailboxid = ${setup.id} and statuscode = ${EMAIL_STATUS.pendingSend} and submittedon is not null
      and coalesce(delayedemailsendtime, submittedon) <= ${now}
      and coalesce(postponeemailprocessinguntil, submittedon) <= ${now}
    order by coalesce(deliveryprioritycode, 1) desc, coalesce(deliveryattempts, 0) > 0, submittedon, activityid
    limit ${AT_ONCE + tried.size}
  `.execute(database.sql)
  return rows
    .map((row) => row.id)
    .filter((id) => !tried.has(id))
    .slice(0, AT_ONCE)
}
