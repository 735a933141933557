import type { MailboxErrorCode } from '#mailbox'
import { approvalObstacle, type MailboxSetup } from '#mailboxes'
import type { Settings } from '#options'

/** Why incoming email of a mailbox cannot be processed, by hand neither, until a person acts (SC-1, MB-51, MB-61, MB-76). */
export function obstacleOf(
  setup: MailboxSetup,
  organization: Settings,
): { code: MailboxErrorCode; text: string } | undefined {
  const named = `“${setup.name}”`
  if (!setup.active) return { code: 'MailboxDisabled', text: `The mailbox ${named} is inactive.` }
  if (!setup.profile?.active)
    return { code: 'NoServerProfile', text: `The mailbox ${named} has no active server profile.` }
  if (setup.incoming !== 'serverSide')
    return {
      code: 'MailboxDisabled',
      text: `Incoming email of the mailbox ${named} is not set to server-side synchronization.`,
    }
  return approvalObstacle(setup, organization)
}
