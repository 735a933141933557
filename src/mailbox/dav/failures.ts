import { MailboxError } from '../errors.ts'
import { isSecurityFailure, networkError } from '../network.ts'
import { retryAfterOf } from '../retryAfter.ts'
import { childOf, hrefsOf } from './multistatus.ts'
import { readElements, UnreadableXml } from './reader.ts'

/** An answer that is no success, and what its body says (RFC 4918 §16). */
export interface ServerAnswer {
  status: number
  headers: Record<string, string>
  /** `C:no-uid-conflict`, `D:valid-sync-token` … */
  conditions: string[]
  /** What the server says for people. */
  words?: string
  /** The resource that stands in the way. */
  href?: string
}

/** A failure that the server named by conditions. */
export class DavError extends MailboxError {
  readonly status: number
  readonly conditions: readonly string[]
  readonly href: string | undefined

  constructor(error: MailboxError, { status, conditions, href }: ServerAnswer) {
    const { scope, retryAfter } = error
    super(error.kind, error.code, error.message, { scope, ...(retryAfter !== undefined && { retryAfter }) })
    this.status = status
    this.conditions = conditions
    this.href = href
  }
}

const ERROR = new Set(['D:error'])

/** What the body of an error says; nothing where it is a page for people. */
export async function errorOf(text: string): Promise<Omit<ServerAnswer, 'status' | 'headers'>> {
  try {
    for await (const error of readElements([Buffer.from(text)], ERROR)) {
      const words = childOf(error, 'D:responsedescription')?.text.trim()
      const conditions = error.children.filter(({ name }) => name !== 'D:responsedescription')
      const [href] = conditions.flatMap(hrefsOf)
      return { conditions: conditions.map(({ name }) => name), ...(words && { words }), ...(href && { href }) }
    }
  } catch (error) {
    if (!(error instanceof UnreadableXml)) throw error // A page of HTML says nothing that we act on.
  }
  return { conditions: [] }
}

/** What was tried, for people; and whether it was about one item alone. */
export interface Tried {
  doing: string
  single?: boolean
}

/** Classifies an answer that is no success. */
export function statusError(answer: ServerAnswer, where: string, tried: Tried, now: Date): MailboxError {
  return new DavError(classify(answer, where, tried, now), answer)
}

/** Statuses that say of a request about one item that this item is not taken (RFC 9110 §15.5, RFC 6585). */
const REFUSALS = new Set([402, 405, 406, 411, 414, 416, 417, 424, 428, 431, 451])

function classify(answer: ServerAnswer, where: string, { doing, single }: Tried, now: Date): MailboxError {
  const { status, conditions } = answer
  const retryAfter = retryAfterOf(answer.headers, now)
  const pause = retryAfter === undefined ? {} : { retryAfter }
  const why = answer.words ? `: ${answer.words.slice(0, 300)}` : conditions[0] ? ` (${conditions[0]})` : ''
  const said = (remedy: string) => `${doing} failed, ${where} answered ${status}${why}. ${remedy}`
  const item = { scope: 'item' } as const
  if (status === 507 || conditions.includes('D:quota-not-exceeded'))
    return new MailboxError('full', 'ErrorQuotaExceeded', said('Delete something there, or raise the quota.'))
  if (status === 413 || conditions.some((one) => /^(C|CARD):max-(resource|attachment)-size$/.test(one)))
    return new MailboxError(
      'tooLarge',
      'MessageTooLarge',
      said('Make the item smaller, or raise the limit there.'),
      item,
    )
  if (status === 401)
    return new MailboxError(
      'denied',
      'CredentialsIncorrect',
      said('Correct user name and password; services with a second factor want a password of their own for programs.'),
    )
  if (status === 412) return new MailboxError('conflict', 'ItemChanged', said('Read it again and decide anew.'), item)
  if (status === 403 && conditions.some((one) => /^(C|CARD):/.test(one)))
    return new MailboxError('permanent', 'ItemRefused', said('Correct the item.'), item)
  if (status === 403)
    return new MailboxError('denied', 'ItemRefused', said('Ask for the right to do so, or leave the folder out.'), item)
  if (status === 404 || status === 410)
    return new MailboxError('notFound', 'ItemNotFound', said('It was moved or deleted.'), item)
  if (status === 423)
    return new MailboxError(
      'transient',
      'ErrorInternalServerTransientError',
      said('Somebody has locked it. It is tried again.'),
      {
        ...item,
        ...pause,
      },
    )
  if (status === 429 || status === 503)
    return new MailboxError('throttled', 'ServiceUnavailable', said('It is tried again later.'), {
      scope: 'server',
      ...pause,
    })
  if (status === 409 || status === 400 || status === 415 || status === 422 || (single && REFUSALS.has(status)))
    return new MailboxError('permanent', 'ItemRefused', said('Correct the item.'), item)
  if (status < 500 && status !== 408)
    return new MailboxError(
      'permanent',
      'SettingsInvalid',
      said('Check the address of calendars and contacts in the profile: it leads to no CalDAV or CardDAV server.'),
      { scope: 'server' },
    )
  // A server that stumbles over what one item says answers others well.
  if (single && status === 500)
    return new MailboxError(
      'transient',
      'ErrorInternalServerTransientError',
      said('It is tried again; if it lasts, correct the item.'),
      item,
    )
  return new MailboxError('transient', 'ErrorInternalServerTransientError', said('It is tried again.'), {
    scope: 'server',
    ...pause,
  })
}

/** The failure of the network, or of reading what came. */
export function connectionError(error: unknown, where: string): MailboxError {
  if (error instanceof MailboxError) return error
  const cause = (error as { cause?: unknown } | undefined)?.cause
  if (!isSecurityFailure(error) && isSecurityFailure(cause)) return networkError(cause, where)
  return networkError(error, where)
}

/** What came cannot be read, as a failure of the server. */
export function unreadable(error: UnreadableXml, where: string): MailboxError {
  const words = `The answer of ${where} cannot be read: ${error.message}. It is tried again; if it lasts, look at what stands between (proxy, sign-in page).`
  return new MailboxError('transient', 'ErrorInternalServerTransientError', words, { scope: 'server', cause: error })
}

export function tooLarge(size: number, atMost: number): MailboxError {
  const words = `The item has ${size} bytes or more; ${atMost} are allowed. Make it smaller, without pictures and attachments.`
  return new MailboxError('tooLarge', 'MessageTooLarge', words, { scope: 'item' })
}
