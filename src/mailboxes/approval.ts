import type { MailboxErrorCode } from '#mailbox'
import type { Settings } from '#options'
import { type Access, type Principal, RecordError, SYSTEM } from '#records'
import { APPROVAL, SERVER } from './rules.ts'
import { loadSetups, type MailboxSetup } from './setup.ts'

/** MB-62. */
export const APPROVE_PRIVILEGE = 'prvApproveRejectEmailAddress'

interface Records {
  as(principal: Principal): Access
}

/**
 * Approves or rejects the addresses of mailboxes (MB-62). On Exchange Online only who administers the mail tenant approves:
 * an application may open every mailbox of it (MB-63).
 * @throws RecordError `PrivilegeDenied` naming what is missing.
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
  const administers = await administersTenant(records, principal)
  const tenants = [...setups.values()].find(isOnline)
  if (verdict === 'approved' && tenants && !administers)
    throw new RecordError(
      'PrivilegeDenied',
      `The mailbox “${tenants.name}” lies in Exchange Online: only who administers its tenant approves it. Ask such a person, or let the operator of this installation say who does (regarding user mail-administrator).`,
      { table: 'mailbox' },
    )
  await records.as(SYSTEM).updateMany(
    'mailbox',
    mailboxIds.map((mailboxid) => ({
      mailboxid,
      emailrouteraccessapproval: APPROVAL[verdict],
      isemailaddressapprovedbyo365admin: verdict === 'approved' && administers,
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

/** The operator of the installation, and those of whom she says so (MB-63). */
async function administersTenant(records: Records, principal: Principal): Promise<boolean> {
  if (principal.kind === 'system') return true
  if (principal.kind !== 'user') return false
  const user = await records.as(SYSTEM).retrieve('systemuser', principal.id, ['mailtenantadministrator'])
  return user?.['mailtenantadministrator'] === true
}

function isOnline({ profile }: MailboxSetup): boolean {
  return Number(profile?.row['servertype'] ?? -1) === SERVER.exchangeOnline
}

/** Whether a mailbox may be processed as far as approval goes (MB-60, MB-61). Forward mailboxes count as queues. */
export function approvalSuffices(setup: MailboxSetup, settings: Settings): boolean {
  return approvalObstacle(setup, settings) === undefined
}

/** What is missing of its approval. */
export function approvalObstacle(
  setup: MailboxSetup,
  settings: Settings,
): { code: MailboxErrorCode; text: string } | undefined {
  const required =
    setup.kind === 'user' ? settings['RequireApprovalForUserEmail'] : settings['RequireApprovalForQueueEmail']
  const named = `The address ${setup.address} of the mailbox “${setup.name}”`
  // MB-64: in Exchange Online whatever the settings say.
  if (isOnline(setup) && !(setup.approved && setup.row['isemailaddressapprovedbyo365admin'] === true))
    return { code: 'TenantApprovalRequired', text: `${named} is not approved by an administrator of the mail tenant.` }
  if (required === true && !setup.approved) return { code: 'AddressNotApproved', text: `${named} is not approved.` }
  return undefined
}

/** The approval of a mailbox whose address was just set (MB-65, MB-66). */
export function approvalOfNew(address: unknown): number {
  return address ? APPROVAL.pending : APPROVAL.empty
}
