import { MailboxError } from '../errors.ts'
import { codeOf, isSecurityFailure, networkError } from '../network.ts'

interface SmtpFailure {
  responseCode?: number
  response?: string
  command?: string
  message?: string
}

const SENDING_QUOTA = /(sending|submission|daily|hourly|message).{0,20}(quota|limit)|5\.4\.5|recipient limit/i
const TOO_MANY = /too many|rate|throttl|slow down|4\.7\.(0|28|500)/i
const TOO_LARGE = /5\.3\.4|5\.2\.3|size|too (large|big)/i
const UNREACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

/** Classifies a failure of nodemailer (MO-32, MO-46, MO-60 to MO-63). `where` names the server for people. */
export function smtpError(error: unknown, where: string): MailboxError {
  if (error instanceof MailboxError) return error
  const { responseCode, response, message } = error as SmtpFailure
  const code = codeOf(error)
  if (code === 'EAUTH') return authenticationError(error as SmtpFailure, where)
  if (responseCode !== undefined) return replyError(responseCode, response ?? message ?? '', where, error)
  if (code === 'EMESSAGE' || /message size/i.test(message ?? '')) return tooLarge(message ?? '', where, error)
  return connectionError(error, where)
}

/** Classifies a reply of the server (RFC 5321 §4.2, RFC 3463). */
export function replyError(reply: number, text: string, where: string, cause: unknown): MailboxError {
  const said = `${where} refused the message: ${JSON.stringify(text.slice(0, 300))}`
  const server = { scope: 'server', cause } as const
  const item = { scope: 'item', cause } as const
  if (SENDING_QUOTA.test(text)) return new MailboxError('throttled', 'ErrorSubmissionQuotaExceeded', said, { cause })
  if (reply === 530 || reply === 534 || reply === 535 || reply === 538) return denied(said, cause)
  if (reply === 552 && TOO_LARGE.test(text) && !/5\.2\.2/.test(text)) return tooLarge(text, where, cause)
  if (reply === 421 || (reply < 500 && TOO_MANY.test(text))) {
    return new MailboxError('throttled', 'ServiceUnavailable', `${said}. It is tried again later.`, server) // SC-42
  }
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
  const message = (error as Error).message ?? ''
  const cause = innermost(error)
  if (codeOf(error) === 'ETLS' || isSecurityFailure(cause)) {
    return isSecurityFailure(cause) ? networkError(cause, where) : insecure(where, error)
  }
  if (/invalid greeting/i.test(message)) {
    const text = `${where} is no SMTP server. Check the outgoing port of the profile.`
    return new MailboxError('permanent', 'SmtpPortError', text, { scope: 'server', cause: error })
  }
  const connecting = (error as SmtpFailure).command === 'CONN'
  if (connecting && (UNREACHED.has(codeOf(cause)) || /connection timeout/i.test(message))) {
    const text = `${where} does not accept connections. Check that the outgoing port is right and not blocked by a firewall.`
    // MO-62. Not permanent at once: a server that restarts refuses connections, too (SC-52).
    return new MailboxError('transient', 'SmtpPortError', text, { scope: 'server', cause: error })
  }
  return networkError(error, where)
}

/** nodemailer gives its own codes (ESOCKET, ECONNECTION) and keeps what happened as the cause or in the message. */
function innermost(error: unknown): unknown {
  const cause = (error as { cause?: unknown }).cause
  if (cause !== undefined) return innermost(cause)
  if (!/^E(SOCKET|CONNECTION|TLS)$/.test(codeOf(error))) return error
  const told = error as { errno?: unknown; message?: string }
  const code = /\b(E[A-Z]{5,}|ERR_[A-Z_]+)\b/.exec(told.message ?? '')?.[1]
  if (code) return Object.assign(new Error(told.message), { code })
  const security = /self[- ]signed|certificate|altnames|wrong version number|ssl/i.test(told.message ?? '')
  return security ? Object.assign(new Error(told.message), { code: 'ERR_TLS' }) : error
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

function denied(said: string, cause: unknown): MailboxError {
  return new MailboxError('denied', 'CredentialsIncorrect', `${said}. Check the user name and password.`, { cause })
}
