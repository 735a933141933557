import { rm } from 'node:fs/promises'
import { openMailbox } from '#mailbox'
import { systemClock } from '#time'
import { conformance } from '../conformance.ts'
import { MaildirClient } from './client.ts'

conformance('a Maildir', async () => {
  const other = await MaildirClient.make()
  const mailbox = await openMailbox({ kind: 'maildir', path: other.root }, { clock: systemClock })
  return { mailbox, other, close: () => rm(other.root, { recursive: true, force: true }) }
})
