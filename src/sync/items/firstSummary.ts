import type { Executor } from '#database'
import type { Guarded } from './guard/guarded.ts'
import { linkedCounts } from './store/links.ts'

/** What the first synchronization of a mailbox would do, as its owner reads it (B-42). */
export interface FirstSummary {
  matched: number
  newInCrm: number
  newInMailbox: number
  invitations: number
  text: string
}

/** What is linked already counts as matched, so that looking twice tells the same. */
export async function summarize(
  executor: Executor,
  mailboxId: string,
  { summary }: Guarded,
): Promise<FirstSummary | undefined> {
  if (!summary) return undefined
  const { event, contact, task } = await linkedCounts(executor, mailboxId)
  const { newInCrm, newInMailbox, invitations } = summary
  const matched = summary.matched + event + contact + task
  const text = `${matched} matched, ${newInCrm} new in CRM, ${newInMailbox} new in Outlook, ${invitations} invitations. Synchronize this mailbox?`
  return { matched, newInCrm, newInMailbox, invitations, text }
}
