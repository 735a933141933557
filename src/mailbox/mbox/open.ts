import { stat } from 'node:fs/promises'
import type { Clock } from '#time'
import { fileFailure } from '../files.ts'
import type { Mailbox } from '../port.ts'
import type { MboxSettings } from '../settings.ts'
import { MboxMailbox } from './mailbox.ts'

/** @throws MailboxError `notFound` / `MailboxNotFound` where there is neither file nor directory. */
export async function openMbox({ path, quoting }: MboxSettings, { clock }: { clock: Clock }): Promise<Mailbox> {
  try {
    await stat(path)
  } catch (error) {
    throw fileFailure(error, `There are no mbox files at ${path}`)
  }
  return new MboxMailbox(path, quoting ?? 'mboxrd', clock)
}
