import type { Row } from '#records'
import { type OutgoingCycle, text } from './context.ts'

/**
 * Whether the server took the message of an email (OE-3): its copy in Sent Items proves that it did; that there is none
 * proves something only where the server itself files what it sends.
 */
export async function wasSent(
  { mailbox }: Pick<OutgoingCycle, 'mailbox'>,
  email: Row,
): Promise<'yes' | 'no' | 'unknown'> {
  const messageId = text(email, 'messageid')
  if (messageId === undefined) return 'no'
  const unless = mailbox.can.filesSent ? 'no' : 'unknown'
  const folders = await mailbox.folders()
  const places = folders.filter(({ use }) => use === 'sent').map(({ id }) => id)
  if (!places.length) return unless
  return (await mailbox.find(messageId, places)).length ? 'yes' : unless
}
