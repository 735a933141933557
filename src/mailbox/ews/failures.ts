import { MailboxError } from '../errors.ts'
import { isSecurityFailure, networkError } from '../network.ts'
import { childrenOf, type Node, numberOf, textOf } from './node.ts'
import { UnreadableAnswer } from './reader.ts'
import { meaningOf } from './responseCodes.ts'

/** Longer pauses are not believed: a mailbox is asked again after half a day at the latest. */
const PAUSE_AT_MOST = 12 * 3_600_000

/** The failure that Exchange reports in its own terms. */
export class ExchangeError extends MailboxError {
  /** `ErrorItemNotFound` and the like. */
  readonly responseCode: string
  /** What Exchange said, without a remedy. */
  readonly said: string
  /** It answers one of the things asked, and not the whole request (a fault of SOAP). */
  readonly ofOne: boolean

  constructor(
    responseCode: string,
    doing: string,
    text: string,
    more: { backOff?: number | undefined; ofOne?: boolean } = {},
  ) {
    const { kind, code, scope, words } = meaningOf(responseCode)
    const short = text.replaceAll(/\s+/g, ' ').trim().slice(0, 500)
    const said = `${doing} failed: ${responseCode}${short ? ` (${short})` : ''}.`
    const { backOff = 0, ofOne = false } = more
    super(kind, code, `${said} ${words}`, {
      scope,
      ...(backOff > 0 && { retryAfter: Math.min(backOff, PAUSE_AT_MOST) }),
    })
    this.responseCode = responseCode
    this.said = said
    this.ofOne = ofOne
  }
}

/** The failure of one response message; undefined for a success or a warning. */
export function failureOf(message: Node, doing: string): ExchangeError | undefined {
  if (message.attributes['ResponseClass'] !== 'Error') return undefined
  const code = textOf(message, 'ResponseCode') ?? 'ErrorInternalServerError'
  return new ExchangeError(code, doing, textOf(message, 'MessageText') ?? '', {
    backOff: backOffOf(message),
    ofOne: true,
  })
}

/** The failure that a SOAP fault tells. */
export function faultError(fault: Node, doing: string): MailboxError {
  const detail = fault.children.find((child) => child.name.toLowerCase() === 'detail')
  const code = textOf(detail, 'ResponseCode') ?? codeIn(textOf(fault, 'faultcode'))
  const said = textOf(detail, 'Message') ?? textOf(fault, 'faultstring') ?? ''
  return new ExchangeError(code ?? 'ErrorInternalServerError', doing, said, { backOff: backOffOf(detail) })
}

function codeIn(faultCode: string | undefined): string | undefined {
  return /(?:^|:)(Error\w+)$/.exec(faultCode ?? '')?.[1]
}

function backOffOf(node: Node | undefined): number | undefined {
  const value = childrenOf(node, 'MessageXml').find((child) => child.attributes['Name'] === 'BackOffMilliseconds')
  return value ? numberOf(value.text.trim()) : undefined
}

interface Refusal {
  status: number
  headers: Record<string, string | string[] | undefined>
}

/** The failure that a status other than 200 tells (and 500 without a fault). */
export function statusError({ status, headers }: Refusal, where: string, now: Date): MailboxError {
  const retryAfter = pauseOf(headers['retry-after'], now)
  const pause = retryAfter === undefined ? {} : { retryAfter }
  if (status === 401) {
    const words = `${where} refused the user name or password, or the account may not use Exchange Web Services. Correct the credentials; write the user as DOMAIN\\user or user@domain.`
    return new MailboxError('denied', 'CredentialsIncorrect', words)
  }
  if (status === 403 || status === 456) {
    const words = `${where} knows the account and does not let it in (${status}). Check that the account is not blocked and that Exchange Web Services are allowed to it and to this application (Get-CASMailbox, EwsEnabled).`
    return new MailboxError('denied', 'CredentialsIncorrect', words)
  }
  if (status === 429 || status === 503) {
    const words = `${where} is too busy (${status}). It is tried again later.`
    return new MailboxError('throttled', 'ServiceUnavailable', words, { scope: 'server', ...pause })
  }
  if (status === 413) {
    const words = `${where} does not take a message of this size (413). Raise its limits (maxAllowedContentLength, maxRequestLength) or send less.`
    return new MailboxError('tooLarge', 'MessageTooLarge', words, { scope: 'item' })
  }
  if (status >= 300 && status < 500 && status !== 408) {
    const target = status < 400 ? `, leading to ${hostOf(headers['location'])}` : ''
    const words = `${where} is not the address of Exchange Web Services: it answers ${status}${target}. Correct the location in the profile; it usually ends with /EWS/Exchange.asmx.`
    return new MailboxError('permanent', 'SettingsInvalid', words, { scope: 'server' })
  }
  const words = `${where} answered ${status}. It is tried again.`
  return new MailboxError('transient', 'ErrorInternalServerTransientError', words, { scope: 'server', ...pause })
}

/** The failure of the network, or of reading what came. */
export function connectionError(error: unknown, where: string): MailboxError {
  if (error instanceof MailboxError) return error
  if (error instanceof UnreadableAnswer) {
    const words = `The answer of ${where} cannot be read: ${error.message}. It is tried again; if it lasts, look at what stands between this machine and Exchange (proxy, sign-in page).`
    return new MailboxError('transient', 'ErrorInternalServerTransientError', words, { scope: 'server', cause: error })
  }
  const cause = (error as { cause?: unknown } | undefined)?.cause
  if (!isSecurityFailure(error) && isSecurityFailure(cause)) return networkError(cause, where)
  return networkError(error, where)
}

/** Milliseconds of a header `Retry-After`: seconds or an instant (RFC 9110 10.2.3). */
function pauseOf(header: string | string[] | undefined, now: Date): number | undefined {
  const value = [header].flat()[0]?.trim()
  if (!value) return undefined
  const pause = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now.getTime()
  return pause > 0 ? Math.min(pause, PAUSE_AT_MOST) : undefined
}

function hostOf(location: string | string[] | undefined): string {
  const value = [location].flat()[0] ?? ''
  return URL.canParse(value) ? new URL(value).host : 'another page'
}
