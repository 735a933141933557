import type { MailboxSetup } from '#mailboxes'
import { type Principal, RecordError } from '#records'
import type { ItemDependencies } from './context.ts'

/** The mailboxes whose questions, conflicts and copies a person may see: the own ones (MO-18), or the one named. */
export async function ownMailboxIds(
  { records }: Pick<ItemDependencies, 'records'>,
  principal: Principal,
  mailboxId?: string,
): Promise<string[]> {
  const { rows } = await records.as(principal).query({
    table: 'mailbox',
    columns: ['mailboxid', 'ownerid'],
    ...(mailboxId === undefined
      ? {}
      : {
          filter: {
            kind: 'filter',
            type: 'and',
            items: [{ kind: 'condition', column: 'mailboxid', operator: 'eq', values: [mailboxId] }],
          },
        }),
  })
  return rows
    .filter((row) => principal.kind === 'system' || row['ownerid'] === principal.id)
    .map((row) => String(row['mailboxid']))
}

/** @throws RecordError `NotFound` for everybody but the owner: of others' mailboxes nothing is said. */
export async function ownSetup(
  dependencies: Pick<ItemDependencies, 'records' | 'mailboxes'>,
  principal: Principal,
  mailboxId: string,
): Promise<MailboxSetup> {
  const [id] = await ownMailboxIds(dependencies, principal, mailboxId)
  const setup = id === undefined ? undefined : (await dependencies.mailboxes.setups([id])).get(id)
  if (setup) return setup
  throw new RecordError('NotFound', `There is no mailbox ${mailboxId} of your own.`, { table: 'mailbox' })
}

/** Who acts, for what is written down about it. */
export const actorOf = (principal: Principal, systemUser: string): string =>
  principal.kind === 'user' ? principal.id : systemUser
