import { RecordError } from '#records'
import type { Call } from '../api/call.ts'

/**
 * Whoever may not write a mailbox learns nothing of what is in it; a mailbox that does not exist is refused alike.
 * @throws RecordError `PrivilegeDenied`
 */
export async function requireMailboxWrite({ access }: Call, mailboxId: string, what: string): Promise<void> {
  if (await access.may('write', 'mailbox', mailboxId)) return
  throw new RecordError('PrivilegeDenied', `${what} needs the privilege to write the mailbox (prvWriteMailbox).`, {
    table: 'mailbox',
    privilege: 'prvWriteMailbox',
  })
}
