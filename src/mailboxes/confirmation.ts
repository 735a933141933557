import type { OutgoingMessage } from '#mailbox'
import { buildMessage, type MessageHeaders } from '#mime'
import type { MailboxSetup } from './setup.ts'

const HOST = 'confirmation.regarding.invalid'

/** The message by which a mailbox proves that it can send to itself (MB-72). */
export async function confirmationMessage(setup: MailboxSetup, now: Date, id: string): Promise<OutgoingMessage> {
  const messageId = `<${id}@${HOST}>`
  const source = await buildMessage({
    messageId,
    date: now,
    from: setup.address,
    to: [setup.address],
    subject: 'Regarding: the mailbox can send',
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: `This message was sent by Test & Enable of the mailbox “${setup.name}”. It needs no answer and may be deleted.`,
  })
  return { messageId, from: setup.address, to: [setup.address], source }
}

/** Whether a message is such a confirmation, sent by the mailbox to itself: nobody wants it tracked. */
export function isConfirmation(headers: MessageHeaders, address: string): boolean {
  const own = headers.from[0]?.address.toLowerCase() === address.toLowerCase()
  return own && headers.messageId?.endsWith(`@${HOST}>`) === true
}
