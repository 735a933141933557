import type { Principal } from '#records'
import type { ItemDependencies } from '../context.ts'
import { type DecisionQuestion, type ItemDecision, itemDecisions } from '../store/decisions.ts'

/** Decisions of mailboxes that the person may read; subjects are for their owners alone (MO-74). */
export async function explainItems(
  dependencies: ItemDependencies,
  principal: Principal,
  question: Omit<DecisionQuestion, 'mailboxIds'> & { mailboxIds?: readonly string[] },
): Promise<ItemDecision[]> {
  const owners = await readableMailboxes(dependencies, principal)
  const mailboxIds = [...owners.keys()].filter((id) => question.mailboxIds?.includes(id) ?? true)
  const found = await itemDecisions(dependencies.database, { ...question, mailboxIds })
  return found.map((decision) => {
    const isOwn = principal.kind === 'user' && owners.get(decision.mailboxId) === principal.id
    return isOwn || decision.subject === undefined ? decision : { ...decision, subject: '***' }
  })
}

/** Mailboxes that the person may read, with their owners. */
export async function readableMailboxes(
  { records }: ItemDependencies,
  principal: Principal,
): Promise<Map<string, unknown>> {
  const { rows } = await records.as(principal).query({ table: 'mailbox', columns: ['mailboxid', 'ownerid'] })
  return new Map(rows.map((row) => [String(row['mailboxid']), row['ownerid']]))
}
