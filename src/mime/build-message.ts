import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Address } from './headers.ts'

/** A message to be written. Everything that would differ from run to run is given, so that the same message is the same bytes. */
export interface NewMessage {
  /** With angle brackets. */
  messageId: string
  date: Date
  from: Address | string
  sender?: Address | string
  replyTo?: readonly (Address | string)[]
  to?: readonly (Address | string)[]
  cc?: readonly (Address | string)[]
  /** Written only with `keepBcc`. */
  bcc?: readonly (Address | string)[]
  keepBcc?: boolean
  subject: string
  text?: string
  html?: string
  inReplyTo?: string
  references?: readonly string[]
  importance?: 'low' | 'normal' | 'high'
  /** Further header fields, e.g. `Auto-Submitted`, `Thread-Index`. */
  headers?: Readonly<Record<string, string>>
  attachments?: readonly NewAttachment[]
  /** An iCalendar text makes the message an invitation. */
  calendar?: { method: 'REQUEST' | 'REPLY' | 'CANCEL' | 'PUBLISH'; content: string }
}

export interface NewAttachment {
  fileName: string
  content: Uint8Array | string | Readable
  /** By the extension when absent. */
  contentType?: string
  /** Without angle brackets. Makes it a picture that the HTML shows by `cid:`. */
  contentId?: string
}

/**
 * The MIME source of a message, with CRLF line ends, all headers in ASCII, and no header field smuggled in by a line
 * break in a value.
 */
export async function buildMessage(message: NewMessage): Promise<Buffer> {
  const composer = new MailComposer({
    messageId: message.messageId,
    date: message.date,
    from: message.from,
    ...(message.sender && { sender: message.sender }),
    replyTo: [...(message.replyTo ?? [])],
    to: [...(message.to ?? [])],
    cc: [...(message.cc ?? [])],
    bcc: [...(message.bcc ?? [])],
    subject: message.subject,
    ...(message.text !== undefined && { text: lines(message.text) }),
    ...(message.html !== undefined && { html: lines(message.html) }),
    ...(message.inReplyTo && { inReplyTo: message.inReplyTo }),
    references: [...(message.references ?? [])],
    headers: { ...(message.importance && { Importance: message.importance }), ...message.headers },
    attachments: (message.attachments ?? []).map(composerAttachment),
    ...(message.calendar && { icalEvent: message.calendar }),
    newline: '\r\n',
    disableFileAccess: true,
    disableUrlAccess: true,
    baseBoundary: createHash('sha256').update(message.messageId).digest('hex').slice(0, 24),
  })
  const root = composer.compile()
  root.keepBcc = message.keepBcc ?? false
  return root.build()
}

/** A carriage return alone ends a line for some servers and not for others (RFC 5321 §2.3.8); U+0000 has no place at all. */
function lines(text: string): string {
  return text.replaceAll('\0', '').replaceAll(/\r\n?|\n/g, '\r\n')
}

function composerAttachment({ fileName, content, contentType, contentId }: NewAttachment) {
  return {
    filename: fileName,
    content: content instanceof Uint8Array ? Buffer.from(content) : content,
    ...(contentType && { contentType }),
    ...(contentId && { cid: contentId, contentDisposition: 'inline' as const }),
  }
}
