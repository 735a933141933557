import type { Settings } from '#options'
import { type Access, type Principal, RecordError, SYSTEM } from '#records'
import { APPROVAL } from './rules.ts'
import { loadSetups, type MailboxSetup } from './setup.ts'

/** MB-62. */
export const APPROVE_PRIVILEGE = 'prvApproveRejectEmailAddress'

interface Records {
  as(principal: Principal): Access
}

/**
 * Approves or rejects the addresses of mailboxes (MB-62).
 * @throws RecordError `PrivilegeDenied` naming the privilege.
 */
export async function decideApproval(
  records: Records,
  principal: Principal,
  mailboxIds: readonly string[],
  verdict: 'approved' | 'rejected',
): Promise<void> {
  if (!(await records.as(principal).holds(APPROVE_PRIVILEGE)))
    throw new RecordError(
      'PrivilegeDenied',
      `Approving or rejecting email addresses needs the privilege “Approve Email Addresses for Users or Queues” (${APPROVE_PRIVILEGE}).`,
      { table: 'mailbox', privilege: APPROVE_PRIVILEGE },
    )
  const setups = await loadSetups(records, mailboxIds)
  for (const id of mailboxIds) requireAddress(id, setups.get(id))
  await records.as(SYSTEM).updateMany(
    'mailbox',
    mailboxIds.map((mailboxid) => ({
      mailboxid,
      emailrouteraccessapproval: APPROVAL[verdict],
      ...(verdict === 'rejected' ? { enabledforincomingemail: false, enabledforoutgoingemail: false } : {}),
    })),
  )
}

function requireAddress(id: string, setup: MailboxSetup | undefined): void {
  if (!setup) throw new RecordError('NotFound', `There is no mailbox ${id}.`, { table: 'mailbox' })
  if (!setup.address)
    throw new RecordError('ValidationFailed', `The mailbox “${setup.name}” has no email address to approve.`, {
      table: 'mailbox',
      column: 'emailaddress',
    })
}

/** Whether email of a mailbox may be processed as far as approval goes (MB-60, MB-61). Forward mailboxes count as queues. */
export function approvalSuffices(setup: MailboxSetup, settings: Settings): boolean {
  const required =
    setup.kind === 'user' ? settings['RequireApprovalForUserEmail'] : settings['RequireApprovalForQueueEmail']
  return required !== true || setup.approved
}

/** The approval of a mailbox whose address was just set (MB-65, MB-66). */
export function approvalOfNew(address: unknown): number {
  return address ? APPROVAL.pending : APPROVAL.empty
}
