import { MailboxError } from '../errors.ts'
import { codeOf, networkError } from '../network.ts'
import type { Response } from './response.ts'

const TOO_MANY =
  /too many|maximum number|connection limit|rate limit|throttl|exceeded.*(bandwidth|command)|try again later/i
const BACK_OFF = /back-?off time[:=\s]+(\d+)/i
const DENIED = new Set(['AUTHENTICATIONFAILED', 'AUTHORIZATIONFAILED', 'EXPIRED', 'PRIVACYREQUIRED', 'CONTACTADMIN'])
const MISSING = /doesn'?t exist|does not exist|not found|no such|unknown (mailbox|folder)|non-?existent|not exist/i

/** What a server says when it refuses, whatever the way it says it. */
export interface Refusal {
  code?: string | undefined
  text: string
}

/** Classifies a refusal by its response code (RFC 5530) and, where servers have none, by its text. */
export function refusalError(refusal: Refusal, deed: string, more: { cause?: unknown } = {}): MailboxError {
  const { code, text } = refusal
  const said = `${deed}: the mail server said ${JSON.stringify(text.slice(0, 300))}`
  if (code === 'OVERQUOTA' || /quota exceeded|over quota|mailbox is full/i.test(text)) {
    return new MailboxError('full', 'ErrorQuotaExceeded', `${said}. The mailbox is full; make room in it.`, more)
  }
  if (code === 'TOOBIG') {
    return new MailboxError('tooLarge', 'MessageTooLarge', `${said}. The message is too large.`, {
      scope: 'item',
      ...more,
    })
  }
  const wait = BACK_OFF.exec(text)?.[1]
  if (code === 'LIMIT' || code === 'INUSE' || wait !== undefined || TOO_MANY.test(text)) {
    // SC-42
    const asked = wait === undefined ? {} : { retryAfter: Number(wait) }
    return new MailboxError('throttled', 'ServiceUnavailable', `${said}. It is asked again later.`, {
      scope: 'server',
      ...asked,
      ...more,
    })
  }
  if (code === 'UNAVAILABLE' || code === 'SERVERBUG' || code === 'CORRUPTION') {
    return new MailboxError('transient', 'ServiceUnavailable', said, { scope: 'server', ...more })
  }
  if (code !== undefined && DENIED.has(code)) return denied(said, more)
  if (code === 'NOPERM') return denied(`${said}. The account lacks the right`, { scope: 'item', ...more })
  if (isMissing(refusal)) return new MailboxError('notFound', 'FolderNotFound', said, { scope: 'item', ...more })
  return new MailboxError('transient', 'ErrorInternalServerTransientError', said, more)
}

/** Whether a refusal says that the folder is not there. */
export function isMissing({ code, text }: Refusal): boolean {
  return code === 'NONEXISTENT' || code === 'TRYCREATE' || (code === undefined && MISSING.test(text))
}

/** @throws MailboxError unless the command was completed with OK. */
export function expectOk(response: Response, deed: string): Response {
  if (response.name === 'OK') return response
  if (response.name === 'BAD') {
    const text = `${deed}: the mail server does not understand the command (${response.text.slice(0, 300)})`
    const throttled = BACK_OFF.test(response.text)
    if (!throttled) throw new MailboxError('transient', 'ErrorInternalServerTransientError', text)
  }
  throw refusalError(response, deed)
}

/** Classifies a failure of connecting and signing in, as imapflow tells it. */
export function connectError(error: unknown, where: string): MailboxError {
  if (error instanceof MailboxError) return error
  const told = error as {
    authenticationFailed?: boolean
    serverResponseCode?: string
    response?: unknown
    responseText?: string
    reason?: string
    tlsFailed?: boolean
    message?: string
  }
  const deed = `Sign-in at ${where}`
  // OpenSSL's errors have a `reason`, too.
  if (told.reason && /^(ClosedAfterConnect|NoConnection)/.test(codeOf(error)))
    return farewellError(told.reason, where, error)
  const text = typeof told.response === 'string' ? told.response : (told.responseText ?? '')
  if (told.message === 'Login is disabled' || told.message === 'Unsupported authentication mechanism') {
    return new MailboxError(
      'permanent',
      'SettingsInvalid',
      `${where} does not offer a way to sign in with these settings. Check the security and the authentication of the profile.`,
      { scope: 'server', cause: error },
    )
  }
  if (told.authenticationFailed) {
    const refusal = { ...codeAndText(text), ...(told.serverResponseCode && { code: told.serverResponseCode }) }
    const known = refusalError(refusal, deed, { cause: error })
    const meant = known.kind === 'throttled' || known.code === 'ServiceUnavailable'
    return meant
      ? known
      : denied(`${deed}: the mail server said ${JSON.stringify(text.slice(0, 300))}`, { cause: error })
  }
  if (told.tlsFailed && codeOf(error) === '') {
    return new MailboxError(
      'permanent',
      'SecureConnectionFailed',
      `${where} does not offer STARTTLS. Check the port and the security setting of the profile.`,
      { scope: 'server', cause: error },
    )
  }
  return networkError(error, where)
}

/** Classifies a connection that the server ended with BYE and these words. */
export function farewellError(said: string, where: string, cause?: unknown): MailboxError {
  const refused = refusalError(codeAndText(said), `Connection to ${where}`, { cause })
  if (refused.kind === 'throttled' || refused.kind === 'denied') return refused
  const text = `The server ${where} closed the connection, saying ${JSON.stringify(said.slice(0, 300))}`
  return new MailboxError('transient', 'ConnectFailure', text, { scope: 'server', cause })
}

function codeAndText(text: string): Refusal {
  const match = /^\[([^\s\]]+)[^\]]*\] ?(.*)$/.exec(text)
  return match ? { code: match[1]?.toUpperCase(), text: match[2] ?? '' } : { text }
}

function denied(said: string, more: { scope?: 'item' | 'mailbox'; cause?: unknown }): MailboxError {
  return new MailboxError('denied', 'CredentialsIncorrect', `${said}. Check the user name, password and rights.`, more)
}
