import { createHash } from 'node:crypto'
import MimeNode from 'nodemailer/lib/mime-node'
import { parseHeaderBlockOf } from './header-block.ts'

/** A report that a message could not be delivered. */
export interface NewBounce {
  /** With angle brackets. */
  messageId: string
  date: Date
  /** Who reports, e.g. `mailer-daemon@x.test`. */
  from: string
  /** Who sent the message that failed. */
  to: string
  /** The address that could not be reached. */
  failed: string
  /** Enhanced status code (RFC 3463), e.g. `5.1.1`. */
  status: string
  /** What the other server answered. */
  diagnostic: string
  /** The message that failed; its headers come along. */
  original: Uint8Array
}

/** The MIME source of a delivery status notification (RFC 3464, 6522), with CRLF line ends. */
export async function buildBounce(bounce: NewBounce): Promise<Buffer> {
  const report = new MimeNode('multipart/report; report-type=delivery-status', {
    baseBoundary: createHash('sha256').update(bounce.messageId).digest('hex').slice(0, 24),
    newline: '\r\n',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  report.setHeader({
    From: `Mail Delivery System <${bounce.from}>`,
    To: bounce.to,
    Subject: 'Undelivered Mail Returned to Sender',
    'Message-ID': bounce.messageId,
    Date: bounce.date.toUTCString().replace('GMT', '+0000'),
    'Auto-Submitted': 'auto-replied',
  })
  const sentence = `Your message to ${oneLine(bounce.failed)} could not be delivered:\n\n${oneLine(bounce.diagnostic)}\n`
  report.createChild('text/plain; charset=utf-8').setContent(sentence)
  const status = [
    `Reporting-MTA: dns; ${oneLine(bounce.from).split('@').at(-1)}`,
    '',
    `Final-Recipient: rfc822; ${oneLine(bounce.failed)}`,
    'Action: failed',
    `Status: ${oneLine(bounce.status)}`,
    `Diagnostic-Code: smtp; ${oneLine(bounce.diagnostic)}`,
    '',
  ]
  report.createChild('message/delivery-status').setContent(status.join('\r\n'))
  report.createChild('text/rfc822-headers').setContent(Buffer.from(parseHeaderBlockOf(bounce.original)))
  return report.build()
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}
