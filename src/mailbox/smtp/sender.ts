import { rootCertificates } from 'node:tls'
import { createTransport } from 'nodemailer'
import { MailboxError } from '../errors.ts'
import type { OutgoingMessage, SentReference } from '../port.ts'
import type { SmtpSettings } from '../settings.ts'
import { messageIdOf } from '../source.ts'
import { smtpError } from './failures.ts'

const MOST_RECIPIENTS = 1_000

export interface Sender {
  /** Hands a message to the submission server, once; the caller knows by its Message-ID whether it was sent before. */
  send(message: OutgoingMessage): Promise<SentReference>
  close(): void
}

/** Sends by SMTP submission (RFC 6409) with TLS, or STARTTLS without falling back to plain text. */
export function smtpSender(settings: SmtpSettings): Sender {
  const where = `${settings.host}:${settings.port}`
  const timeout = settings.timeoutMs
  const transport = createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.security === 'tls',
    requireTLS: settings.security === 'starttls',
    ignoreTLS: settings.security === 'none',
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: settings.allowUntrusted !== true,
      ...(settings.ca !== undefined && { ca: [...rootCertificates, settings.ca] }),
    },
    ...(settings.auth && { auth: credentials(settings.auth) }),
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: Math.min(timeout, 30_000),
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  })
  return {
    async send(message) {
      checkMessage(message)
      const envelope = { from: message.from, to: [...message.to] }
      try {
        const info = await transport.sendMail({ envelope, raw: Buffer.from(message.source) })
        const refused = info.rejected.map(String)
        return { messageId: message.messageId, response: info.response, ...(refused.length > 0 && { refused }) }
      } catch (error) {
        throw smtpError(error, where)
      }
    },
    close: () => transport.close(),
  }
}

function credentials(auth: NonNullable<SmtpSettings['auth']>) {
  if (auth.kind === 'password') return { user: auth.user, pass: auth.password.reveal() }
  return { type: 'OAuth2' as const, user: auth.user, accessToken: auth.accessToken.reveal() }
}

/** Nothing in an address can become a command, and the key is the one the message carries (law 2). */
function checkMessage(message: OutgoingMessage): void {
  const wrong = [message.from, ...message.to].find((address) => !isAddress(address))
  if (wrong !== undefined) throw invalid(`${JSON.stringify(wrong.slice(0, 320))} is not an email address`)
  if (message.to.length === 0) throw invalid('it has no recipients')
  if (message.to.length > MOST_RECIPIENTS) throw invalid(`it has more than ${MOST_RECIPIENTS} recipients`)
  if (messageIdOf(message.source) !== message.messageId) {
    throw invalid(`its header Message-ID is not ${message.messageId.slice(0, 200)}`)
  }
}

function isAddress(address: string): boolean {
  return address.length <= 320 && /^[^\p{Cc}\s<>(),;:\\"[\]@]+@[^\p{Cc}\s<>(),;\\"@]+$/u.test(address)
}

function invalid(why: string): MailboxError {
  return new MailboxError('permanent', 'MessageRefused', `The message cannot be sent: ${why}.`, { scope: 'item' })
}
