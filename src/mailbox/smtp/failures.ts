import { MailboxError } from '../errors.ts'
import { codeOf, isSecurityFailure, networkError } from '../network.ts'

interface SmtpFailure {
  responseCode?: number
  response?: string
  command?: string
  message?: string
  /** The code before nodemailer put its own in its place. */
  originalCode?: string
  timeoutType?: string
}

const SENDING_QUOTA = /(sending|submission|daily|hourly|message).{0,20}(quota|limit)|5\.4\.5|recipient limit/i
const TOO_MANY = /too many|rate|throttl|slow down|4\.7\.(0|28|500)/i
/** Exchange, and Postfix where a user may send under certain addresses only. */
const SEND_AS = /5\.7\.60|SendAsDenied|not owned by user/i
const TOO_LARGE = /5\.3\.4|5\.2\.3|size|too (large|big)/i
const UNREACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

/** Classifies a failure of nodemailer (MO-32, MO-46, MO-60 to MO-63). `where` names the server for people. */
export function smtpError(error: unknown, where: string): MailboxError {
  if (error instanceof MailboxError) return error
  const { responseCode, response, message } = error as SmtpFailure
  const code = codeOf(error)
  if (code === 'EAUTH') return authenticationError(error as SmtpFailure, where)
  // Of a failed STARTTLS the reply only says that it failed.
  if (responseCode !== undefined && !(code === 'ETLS' && responseCode >= 500))
    return replyError(responseCode, response ?? message ?? '', where, error)
  if (code === 'EMESSAGE' || /message size/i.test(message ?? '')) return tooLarge(message ?? '', where, error)
  return connectionError(error, where)
}

/** The connection ended after the whole message was given away and before the server answered: nobody knows (OE-3). */
export function unanswered(error: unknown, where: string): MailboxError {
  const { kind, code, message, scope } = smtpError(error, where)
  const text = `${message}. The whole message had been handed over, so that it may have been taken.`
  return new MailboxError(kind, code, text, { scope, uncertain: true, cause: error })
}

/** Classifies a reply of the server (RFC 5321 §4.2, RFC 3463). */
function replyError(reply: number, text: string, where: string, cause: unknown): MailboxError {
  const said = `${where} refused the message: ${JSON.stringify(text.slice(0, 300))}`
  const server = { scope: 'server', cause } as const
  const item = { scope: 'item', cause } as const
  if (SENDING_QUOTA.test(text)) return new MailboxError('throttled', 'ErrorSubmissionQuotaExceeded', said, { cause })
  if (reply === 530 || reply === 534 || reply === 535 || reply === 538) return denied(said, cause)
  if (reply === 552 && TOO_LARGE.test(text) && !/5\.2\.2/.test(text)) return tooLarge(text, where, cause)
  if (reply === 421 || (reply < 500 && TOO_MANY.test(text))) {
    return new MailboxError('throttled', 'ServiceUnavailable', `${said}. It is tried again later.`, server) // SC-42
  }
  if (SEND_AS.test(text)) return sendAsDenied(said, cause)
  if (reply < 500) return new MailboxError('transient', 'ErrorInternalServerTransientError', said, item)
  return new MailboxError('permanent', 'MessageRefused', `${said}. Check the addresses and the right to send.`, item)
}

function authenticationError(error: SmtpFailure, where: string): MailboxError {
  const text = error.response ?? error.message ?? ''
  const reply = error.responseCode
  if (reply !== undefined && reply < 500) return replyError(reply, text, where, error)
  return denied(`${where} refused the sign-in: ${JSON.stringify(text.slice(0, 300))}`, error)
}

function connectionError(error: unknown, where: string): MailboxError {
  const { originalCode, timeoutType, message, command } = error as SmtpFailure
  const server = { scope: 'server', cause: error } as const
  const cause = originalCode === undefined ? error : Object.assign(new Error(message), { code: originalCode })
  if (isSecurityFailure(cause)) return networkError(cause, where)
  if (codeOf(error) === 'ETLS') return insecure(where, error)
  if (/invalid greeting/i.test(message ?? '')) {
    const text = `${where} is no SMTP server. Check the outgoing port of the profile.`
    return new MailboxError('permanent', 'SmtpPortError', text, server)
  }
  if (timeoutType !== undefined && timeoutType !== 'CONNECT_TIMEOUT') {
    return new MailboxError('transient', 'Timeout', `${where} did not answer in time: ${message}`, server) // SC-41
  }
  if (command === 'CONN' && (timeoutType !== undefined || UNREACHED.has(codeOf(cause)))) {
    const text = `${where} does not accept connections. Check that the outgoing port is right and not blocked by a firewall.`
    // MO-62. Not permanent at once: a server that restarts refuses connections, too (SC-52).
    return new MailboxError('transient', 'SmtpPortError', text, server)
  }
  return networkError(cause, where)
}

function insecure(where: string, cause: unknown): MailboxError {
  const text = `${where} does not offer STARTTLS, or the handshake failed. Check the port and the security setting.`
  return new MailboxError('permanent', 'SecureConnectionFailed', text, { scope: 'server', cause })
}

function tooLarge(text: string, where: string, cause: unknown): MailboxError {
  const said = `${where} refused the message as too large: ${JSON.stringify(text.slice(0, 300))}`
  return new MailboxError('tooLarge', 'MessageTooLarge', `${said}. Send it without large attachments.`, {
    scope: 'item',
    cause,
  })
}

function sendAsDenied(said: string, cause: unknown): MailboxError {
  const remedy = 'Give the mailbox that sends the right to send as, or on behalf of, the sender.'
  return new MailboxError('permanent', 'ErrorSendAsDenied', `${said}. ${remedy}`, { scope: 'item', cause })
}

function denied(said: string, cause: unknown): MailboxError {
  return new MailboxError('denied', 'CredentialsIncorrect', `${said}. Check the user name and password.`, { cause })
}
