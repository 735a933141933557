import { onTestFinished } from 'vitest'
import type { OutgoingMessage } from '#mailbox'
import type { SmtpSettings } from '../../../src/mailbox/settings.ts'
import { smtpSender } from '../../../src/mailbox/smtp/index.ts'
import { letter } from '../conformance/letters.ts'

export const ID = '<out.1@contoso.example>'

export function outgoing(more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const source = letter({ id: more.messageId ?? ID, body: 'First line.\r\n.\r\n..dots\r\nLast line.' })
  return { messageId: ID, from: 'sales@test.example', to: ['anne@test.example'], source, ...more }
}

export function send(settings: SmtpSettings, message: OutgoingMessage = outgoing()) {
  const sender = smtpSender(settings)
  onTestFinished(() => sender.close())
  return sender.send(message)
}
