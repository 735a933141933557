import { MailboxError, type MailboxErrorCode, type MailboxErrorKind } from '../errors.ts'
import { tokenRefused } from './tokens.ts'

/** What Graph says when it refuses. */
export interface Refusal {
  status: number
  /** `error.code`, '' where there is none. */
  code: string
  message: string
  /** Milliseconds. */
  retryAfter?: number | undefined
}

interface Meaning {
  kind: MailboxErrorKind
  code: MailboxErrorCode
  remedy: string
  scope?: 'item' | 'mailbox' | 'server'
}

const ACCESS: Meaning = {
  kind: 'denied',
  code: 'CredentialsIncorrect',
  remedy:
    'The application lacks a permission for this mailbox. Grant Mail.ReadWrite, Mail.Send and MailboxSettings.Read with the consent of an administrator, and see that no application access policy leaves the mailbox out.',
}
const NO_MAILBOX: Meaning = {
  kind: 'permanent',
  code: 'MailboxNotFound',
  remedy: 'Check the address of the mailbox; it must be the primary one of a user or a shared mailbox of this tenant.',
}
/** The directory knows nobody (MO-37); one without a mailbox is another matter. */
const NOBODY: Meaning = {
  kind: 'permanent',
  code: 'NoUserInTenant',
  remedy: 'Check the address of the mailbox: it belongs to nobody of the tenant that the profile names.',
}
const ON_PREMISES: Meaning = {
  kind: 'permanent',
  code: 'MailboxNotEnabledForRESTAPI',
  remedy: 'The mailbox is inactive, has no licence, or lies on a server of the organization’s own.',
}
const GONE: Meaning = { kind: 'notFound', code: 'ItemNotFound', scope: 'item', remedy: 'It was deleted or moved.' }
const LOST: Meaning = { kind: 'cursorLost', code: 'CursorLost', scope: 'item', remedy: 'The folder is listed again.' }
const FULL: Meaning = { kind: 'full', code: 'ErrorQuotaExceeded', remedy: 'The mailbox is full; make room in it.' }
const LARGE: Meaning = { kind: 'tooLarge', code: 'MessageTooLarge', scope: 'item', remedy: 'The message is too large.' }
const REFUSED: Meaning = {
  kind: 'permanent',
  code: 'MessageRefused',
  scope: 'item',
  remedy: 'Check the recipients and the contents of the message.',
}
const SUBMISSION: Meaning = {
  kind: 'throttled',
  code: 'ErrorSubmissionQuotaExceeded',
  remedy: 'The mailbox has sent as much as the service allows for now; the rest is sent later.',
}
const CONFLICT: Meaning = {
  kind: 'conflict',
  code: 'ErrorInternalServerTransientError',
  scope: 'item',
  remedy: 'Somebody changed the item meanwhile; it is read again.',
}
const BUSY: Meaning = {
  kind: 'throttled',
  code: 'ServiceUnavailable',
  remedy: 'Exchange Online asked to come back later.',
}
const PASSING: Meaning = {
  kind: 'transient',
  code: 'ErrorInternalServerTransientError',
  remedy: 'It is tried again.',
}

/** Codes of Graph and of the Exchange behind it, in lower case. */
const MEANINGS = new Map<string, Meaning>([
  ['erroraccessdenied', ACCESS],
  ['accessdenied', ACCESS],
  ['authorization_requestdenied', ACCESS],
  ['errorimpersonateuserdenied', ACCESS],
  ['mailboxnotenabledforrestapi', ON_PREMISES],
  ['mailboxnotsupportedforrestapi', ON_PREMISES],
  ['errormailboxnotenabledforrestapi', ON_PREMISES],
  [
    'errorinvalidlicense',
    { kind: 'permanent', code: 'ErrorInvalidLicense', remedy: 'Give the user a licence with a mailbox.' },
  ],
  ['errorinvaliduser', NOBODY],
  ['errornonexistentmailbox', NO_MAILBOX],
  ['request_resourcenotfound', NOBODY],
  ['resourcenotfound', NO_MAILBOX],
  ['erroritemnotfound', GONE],
  ['itemnotfound', GONE],
  ['errorinvalididmalformed', GONE],
  ['errorinvalididempty', GONE],
  ['errorinvalidid', GONE],
  ['errorfoldernotfound', { ...GONE, code: 'FolderNotFound' }],
  ['errorparentfoldernotfound', { ...GONE, code: 'FolderNotFound' }],
  ['errormovecopyfailed', CONFLICT],
  ['syncstatenotfound', LOST],
  ['errorsyncstatenotfound', LOST],
  ['syncstateinvalid', LOST],
  ['errorinvalidsyncstatedata', LOST],
  ['resyncrequired', LOST],
  ['resyncchangesapplydifferences', LOST],
  ['errorquotaexceeded', FULL],
  ['errormailboxstoragequotaexceeded', FULL],
  ['quotalimitreached', FULL],
  [
    'errorsendasdenied',
    {
      kind: 'denied',
      code: 'ErrorSendAsDenied',
      scope: 'item',
      remedy:
        'The mailbox lacks the right “Send as” for the sender of the message. Grant it, or choose another sender.',
    },
  ],
  ['errorsubmissionquotaexceeded', SUBMISSION],
  ['errorexceededmessagelimit', SUBMISSION],
  ['errormessagelimitexceeded', SUBMISSION],
  ['errormessagesubmissionblocked', { ...REFUSED, remedy: 'Exchange Online has blocked this mailbox from sending.' }],
  ['errormessagesizeexceeded', LARGE],
  ['errorattachmentsizelimitexceeded', LARGE],
  ['requestentitytoolarge', LARGE],
  ['maximumrequestlengthexceeded', LARGE],
  ['errorinvalidrecipients', REFUSED],
  ['errorinvalidrecipientsubset', REFUSED],
  ['errormissingrecipients', REFUSED],
  ['errorirresolvableconflict', CONFLICT],
  ['errorchangekeyrequiredforwriteoperations', CONFLICT],
  ['toomanyrequests', BUSY],
  ['applicationthrottled', BUSY],
  ['errorserverbusy', { ...BUSY, scope: 'server' }],
  ['errormailboxmoveinprogress', PASSING],
  ['errormailboxstoreunavailable', PASSING],
  ['errortimeoutexpired', PASSING],
  ['errorinternalservertransienterror', PASSING],
])

const TOKEN = new Set(['invalidauthenticationtoken', 'unauthenticated', 'compacttoken parsing failed'])

/** A refusal with its status, and what was said without a remedy. */
export class GraphError extends MailboxError {
  readonly status: number
  readonly said: string

  constructor({ kind, code, remedy, scope }: Meaning, status: number, said: string, retryAfter?: number) {
    super(kind, code, `${said} ${remedy}`, {
      ...(scope ? { scope } : {}),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    })
    this.status = status
    this.said = said
  }
}

/** Classifies a refusal: by its code, and by its status where the code says nothing. `deed` begins the sentence. */
export function graphError(refusal: Refusal, deed: string): MailboxError {
  const code = refusal.code.toLowerCase()
  const said = `${refusal.code || `status ${refusal.status}`}: ${refusal.message.slice(0, 300)}`
  if (refusal.status === 401 || TOKEN.has(code)) return tokenRefused(said)
  const meaning = MEANINGS.get(code) ?? byStatus(refusal.status)
  const wait = meaning.kind === 'throttled' ? (refusal.retryAfter ?? 60_000) : undefined
  return new GraphError(meaning, refusal.status, `${deed}: Microsoft Graph said ${JSON.stringify(said)}.`, wait)
}

function byStatus(status: number): Meaning {
  if (status === 403) return ACCESS
  if (status === 404) return GONE
  if (status === 409 || status === 412) return CONFLICT
  if (status === 410) return LOST
  if (status === 413) return LARGE
  if (status === 429) return BUSY
  if (status === 503 || status === 504 || status === 502)
    return { kind: 'transient', code: 'ServiceUnavailable', scope: 'server', remedy: 'It is tried again.' }
  if (status === 507) return FULL
  return PASSING
}

/** What the body of an answer says about its failure. */
export function refusalOf(status: number, body: unknown, retryAfter: number | undefined): Refusal {
  const error = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error
  return { status, code: textOf(error?.code), message: textOf(error?.message), retryAfter }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
