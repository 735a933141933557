import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#time'
import { fileFailure } from '../files.ts'
import type { Mailbox } from '../port.ts'
import type { MaildirSettings } from '../settings.ts'
import { MaildirMailbox } from './mailbox.ts'

/** @throws MailboxError `notFound` / `MailboxNotFound` where there is no Maildir. */
export async function openMaildir({ path }: MaildirSettings, { clock }: { clock: Clock }): Promise<Mailbox> {
  try {
    await stat(join(path, 'cur'))
    await stat(join(path, 'new'))
  } catch (error) {
    throw fileFailure(error, `There is no Maildir at ${path}`)
  }
  return new MaildirMailbox(path, clock)
}
