import { type Address, buildMessage, type NewMessage } from '#mime'
import type { Message } from './message.ts'
import { viewOf } from './messageView.ts'

/** A message in parts, as a client writes it; `compose` makes its MIME source. */
export type Composition = NewMessage & { to: Address[]; cc: Address[]; bcc: Address[] }

/** A message taken apart, to be written on. Header fields nobody knows are lost, as Exchange loses them. */
export async function decompose(message: Message): Promise<Composition> {
  const { headers, sent } = message
  const view = await viewOf(message.mime)
  return {
    messageId: headers.messageId ?? '',
    date: sent,
    from: headers.from[0] ?? { name: '', address: '' },
    ...(headers.sender[0] && { sender: headers.sender[0] }),
    replyTo: headers.replyTo,
    to: headers.to,
    cc: headers.cc,
    bcc: headers.bcc,
    subject: headers.subject,
    ...(view.body.type === 'html' ? { html: view.body.content } : { text: view.body.content }),
    ...(headers.inReplyTo && { inReplyTo: headers.inReplyTo }),
    references: headers.references,
    importance: headers.importance,
    headers: headers.threadIndex ? { 'Thread-Index': headers.threadIndex } : {},
    attachments: view.attachments.map(({ name, contentType, contentId, inline, content }) => ({
      fileName: name,
      contentType,
      content,
      ...(inline && contentId && { contentId }),
    })),
  }
}

/** With Bcc: the copy of the sender has it. */
export function compose(composition: Composition): Promise<Buffer> {
  return buildMessage({ ...composition, keepBcc: true })
}
