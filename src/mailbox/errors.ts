/**
 * What went wrong, in terms the engine acts on (law 10):
 * - `transient`: try again later; `throttled`: not before `retryAfter`;
 * - `permanent`: a person must act; `denied`: credentials or rights are missing;
 * - `cursorLost`: list the folder again; `notFound`: folder or item is gone; `conflict`: it changed meanwhile;
 * - `full`: the mailbox has no room; `tooLarge`: the message exceeds a limit; `unsupported`: the server cannot do it.
 */
export type MailboxErrorKind =
  | 'transient'
  | 'throttled'
  | 'permanent'
  | 'denied'
  | 'cursorLost'
  | 'notFound'
  | 'conflict'
  | 'full'
  | 'tooLarge'
  | 'unsupported'

/** Names of spec 90 §2, and `Timeout`, under which a failure reaches people. */
export type MailboxErrorCode =
  | 'CredentialsIncorrect'
  | 'MailboxNotFound'
  /** No server was found for the address (MO-35). */
  | 'LocationNotDetermined'
  /** The service account may not act as this mailbox (MO-43). */
  | 'ImpersonationDenied'
  | 'ConnectFailure'
  | 'SecureConnectionFailed'
  | 'SmtpPortError'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'ErrorQuotaExceeded'
  | 'ErrorSubmissionQuotaExceeded'
  | 'ErrorInternalServerTransientError'
  | 'CursorLost'
  | 'ItemNotFound'
  /** Somebody else changed the item meanwhile. */
  | 'ItemChanged'
  /** The item, as it is, cannot be kept there. */
  | 'ItemRefused'
  | 'FolderNotFound'
  | 'MessageTooLarge'
  /** The server will not take this message from us, or for these recipients. */
  | 'MessageRefused'
  /** The mail server does not let this mailbox send as, or on behalf of, the sender of the message (OE-23). */
  | 'ErrorSendAsDenied'
  | 'NotSupported'
  | 'SettingsInvalid'
  | 'MailboxDisabled'
  | 'NoServerProfile'
  | 'NotServerSide'
  | 'AddressNotApproved'
  /** Exchange Online: nobody who administers the mail tenant has approved the address (MB-63). */
  | 'TenantApprovalRequired'
  /** The directory of the mail tenant knows nobody by this address (MO-37). */
  | 'NoUserInTenant'
  /** Exchange Online: the mailbox lies on a server of the organization's own, or has no licence (MO-44). */
  | 'MailboxNotEnabledForRESTAPI'
  | 'ErrorInvalidLicense'
  /** Another organization synchronizes the items of the mailbox (MB-77, MO-42). */
  | 'HeldByAnotherOrganization'
  /** A synchronization filter cannot be read or asked (SF-18). */
  | 'FilterNotEvaluable'
  /** The mailbox's user lacks a privilege that synchronization needs (SE-41, SE-42). */
  | 'PrivilegeDenied'

export class MailboxError extends Error {
  readonly kind: MailboxErrorKind
  readonly code: MailboxErrorCode
  /** Whose fault it is: this mailbox's, or the server's (and so the profile's). */
  readonly scope: 'item' | 'mailbox' | 'server'
  /** Milliseconds the server asks to wait. */
  readonly retryAfter?: number
  /** Of a deed that must not be done twice: the server may have done it although its answer never came (law 2). */
  readonly uncertain: boolean

  constructor(
    kind: MailboxErrorKind,
    code: MailboxErrorCode,
    message: string,
    more: { scope?: 'item' | 'mailbox' | 'server'; retryAfter?: number; uncertain?: boolean; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'MailboxError'
    this.kind = kind
    this.code = code
    this.scope = more.scope ?? 'mailbox'
    this.uncertain = more.uncertain ?? false
    if (more.retryAfter !== undefined) this.retryAfter = more.retryAfter
  }
}
