import type { MailboxErrorCode } from '#mailbox'
import { itemCodes } from './itemCodes.ts'

export type AlertLevel = 'information' | 'warning' | 'error'
export type AlertScope = 'email' | 'mailbox' | 'profile' | 'webhook'

/** What a code means to people, and what it does to the mailbox (MO §2). */
export interface CodeEntry {
  code: string
  level: AlertLevel
  scope: AlertScope
  /** `permanent` disables the direction at once; `transient` is retried; `none` is a fact. */
  class: 'permanent' | 'transient' | 'item' | 'none'
  title: string
  cause: string
  remedy: string
}

const entry = (
  code: string,
  level: AlertLevel,
  scope: AlertScope,
  kind: CodeEntry['class'],
  title: string,
  cause: string,
  remedy: string,
): CodeEntry => ({ code, level, scope, class: kind, title, cause, remedy })

const entries: readonly CodeEntry[] = [
  // MO-23 … MO-28: single emails
  entry(
    'InvalidSender',
    'information',
    'mailbox',
    'none',
    'A message has no usable sender',
    'The header From is missing or holds no address.',
    'Nothing needs to be done; the message is not tracked.',
  ),
  entry(
    'InvalidForwardMailItem',
    'error',
    'mailbox',
    'item',
    'A forwarded message could not be read',
    'The copy is not an attachment, or the forwarding mailbox is not set to “Forward mailbox”.',
    'Correct the forwarding rule so that it forwards as an attachment, or the mailbox’s method for incoming email.',
  ),
  entry(
    'IsvAborted',
    'error',
    'email',
    'item',
    'A customization refused an email',
    'A validator or handler of this installation failed or refused the record.',
    'Read the customization’s own message and correct it; assign the tracked category to try again.',
  ),
  entry(
    'Undeliverable',
    'information',
    'mailbox',
    'item',
    'A message could not be tracked after several attempts',
    'Every attempt failed; the message carries the category “undeliverable”.',
    'Correct the cause shown with the message and assign the tracked category to try again.',
  ),

  // OE-42: emails that were to be sent
  entry(
    'MessageRefused',
    'error',
    'email',
    'item',
    'The email was refused',
    'The mail server will not take it from this sender, or for these recipients.',
    'Correct what the text names, then send it again.',
  ),
  entry(
    'MessageTooLarge',
    'error',
    'email',
    'item',
    'The email is too large',
    'The mail server takes no message of this size.',
    'Take attachments off, then send it again.',
  ),
  entry(
    'ErrorSendAsDenied',
    'error',
    'email',
    'item',
    'The mail server does not let this mailbox send for the sender',
    'On the mail server the mailbox may not send as, or on behalf of, the user in From.',
    'Have the right granted on the mail server, or choose another sender; then send it again.',
  ),
  entry(
    'PartyWithoutAddress',
    'error',
    'email',
    'item',
    'A party of the email has no address',
    'The record that the text names has no primary email address.',
    'Enter the address or take the party off, then send it again.',
  ),
  entry(
    'AttachmentMissing',
    'error',
    'email',
    'item',
    'The content of an attachment is missing',
    'The content that the text names is not in the store.',
    'Add the attachment anew, then send the email again.',
  ),
  entry(
    'DeliveryAttemptsExhausted',
    'error',
    'email',
    'item',
    'The email could not be sent in ten attempts',
    'Every attempt failed; the text names the last cause.',
    'Remove the cause, then send it again.',
  ),
  entry(
    'DeliveryUncertain',
    'error',
    'email',
    'item',
    'Nobody knows whether the email was sent',
    'The mail server got the whole message and its answer was never heard; a server of this kind cannot be asked.',
    'Ask a recipient or look into the log of the mail server; then choose “It was sent” or “Send again”.',
  ),
  entry(
    'RecipientsRefused',
    'warning',
    'email',
    'item',
    'Some recipients were refused',
    'The mail server took the email for the others.',
    'Correct the addresses that the text names and send them the email again.',
  ),

  // MO-30 … MO-49: mailboxes
  entry(
    'MailboxEnabledIncoming',
    'information',
    'mailbox',
    'none',
    'The mailbox is enabled for incoming email',
    'Test & Enable succeeded.',
    'Nothing needs to be done.',
  ),
  entry(
    'MailboxEnabledOutgoing',
    'information',
    'mailbox',
    'none',
    'The mailbox is enabled for outgoing email',
    'Test & Enable succeeded.',
    'Nothing needs to be done.',
  ),
  entry(
    'MailboxEnabledAct',
    'information',
    'mailbox',
    'none',
    'The mailbox is enabled for appointments, contacts and tasks',
    'Test & Enable succeeded.',
    'Nothing needs to be done.',
  ),
  entry(
    'TrackedCategoryCreated',
    'information',
    'mailbox',
    'none',
    'The tracked category is available',
    'Category tracking is on for this mailbox.',
    'Assign the category to a message to track it; remove it to untrack the message.',
  ),
  entry(
    'CredentialsIncorrect',
    'error',
    'mailbox',
    'permanent',
    'The mail server refused the credentials',
    'User name or password is wrong or expired, or the account may not use this protocol.',
    'Enter valid credentials on the mailbox or its profile, then run Test & Enable.',
  ),
  entry(
    'AddressNotApproved',
    'error',
    'mailbox',
    'permanent',
    'The email address is not approved',
    'The organization processes email of approved addresses only.',
    'Somebody with the approval privilege approves the address; then run Test & Enable.',
  ),
  entry(
    'TenantApprovalRequired',
    'error',
    'mailbox',
    'permanent',
    'A mail administrator must approve the address',
    'Mailboxes of this profile need the approval of the mail tenant’s administrator.',
    'Ask that administrator to approve the address; then run Test & Enable.',
  ),
  entry(
    'LocationNotDetermined',
    'error',
    'mailbox',
    'permanent',
    'The mail server could not be found',
    'Auto-discovery found no server for the address.',
    'Enter the server’s location on the profile.',
  ),
  entry(
    'MailboxNotFound',
    'error',
    'mailbox',
    'permanent',
    'The mailbox does not exist on the server',
    'The address is wrong, an alias, or the mailbox was removed.',
    'Correct the address, then run Test & Enable.',
  ),
  entry(
    'ImpersonationDenied',
    'error',
    'mailbox',
    'permanent',
    'The service account may not act as this mailbox',
    'Exchange refuses impersonation: the role is not assigned to the account, or its scope leaves the mailbox out.',
    'Assign ApplicationImpersonation to the account of the profile with a scope that holds the mailbox, then run Test & Enable.',
  ),
  entry(
    'MailboxDisabled',
    'error',
    'mailbox',
    'permanent',
    'The mailbox record is inactive',
    'The record was deactivated, or its user was disabled.',
    'Activate the record (and its user), then run Test & Enable.',
  ),
  entry(
    'NoServerProfile',
    'error',
    'mailbox',
    'permanent',
    'The mailbox has no active server profile',
    'The profile is missing or inactive.',
    'Choose an active profile, then run Test & Enable.',
  ),
  entry(
    'MailboxNotEnabledForRESTAPI',
    'error',
    'mailbox',
    'permanent',
    'The mailbox is not in Exchange Online',
    'It lies on a server of the organization’s own, is still being set up, or has no licence for mail.',
    'Give the user a licence with Exchange Online, or choose a profile for the server that holds the mailbox.',
  ),
  entry(
    'ErrorInvalidLicense',
    'error',
    'mailbox',
    'permanent',
    'The user has no licence for mail',
    'The mail service does not serve users without a licence.',
    'Give the user a licence with a mailbox, then run Test & Enable.',
  ),
  entry(
    'ErrorSendAsDenied',
    'error',
    'mailbox',
    'item',
    'The mailbox may not send as this sender',
    'The sender of the message is another address, for which the mailbox lacks the right “Send as”.',
    'Grant “Send as”, or choose the mailbox’s own address as the sender.',
  ),
  entry(
    'PrivilegeDenied',
    'error',
    'mailbox',
    'permanent',
    'A privilege is missing',
    'The mailbox’s user lacks a privilege that synchronization needs.',
    'Grant the privilege that the text names, then run Test & Enable.',
  ),
  entry(
    'ErrorQuotaExceeded',
    'error',
    'mailbox',
    'permanent',
    'The mailbox is full',
    'The mail server accepts nothing more for this mailbox.',
    'Free space in the mailbox, then run Test & Enable.',
  ),
  entry(
    'ErrorSubmissionQuotaExceeded',
    'warning',
    'mailbox',
    'transient',
    'The sending quota is used up',
    'The mail service limits how much one mailbox sends.',
    'Wait; pending email is sent when the quota is renewed.',
  ),
  entry(
    'ErrorInternalServerTransientError',
    'warning',
    'mailbox',
    'transient',
    'The mail server failed for a moment',
    'The server reported a temporary error or closed the connection.',
    'Nothing needs to be done; it is tried again in a few minutes.',
  ),
  entry(
    'DatabaseTransientError',
    'warning',
    'mailbox',
    'transient',
    'The database failed for a moment',
    'The database was not reachable, out of space, or restarted.',
    'If it lasts, look at the database server and its free disk space.',
  ),
  entry(
    'Timeout',
    'warning',
    'mailbox',
    'transient',
    'The mail server did not answer in time',
    'A request took longer than the profile allows.',
    'If it lasts, look at the server or raise the profile’s time limit.',
  ),
  entry(
    'FolderNotFound',
    'warning',
    'mailbox',
    'transient',
    'A folder disappeared',
    'It was deleted or renamed while it was read.',
    'Nothing needs to be done; the next cycle reads the folders anew.',
  ),
  entry(
    'NotSupported',
    'error',
    'mailbox',
    'permanent',
    'The server cannot do what is asked',
    'The profile’s kind of server lacks a needed function.',
    'Choose another profile or method.',
  ),
  entry(
    'SettingsInvalid',
    'error',
    'mailbox',
    'permanent',
    'The connection settings are not usable',
    'A value on the mailbox or its profile is missing or wrong.',
    'Correct the value that the text names, then run Test & Enable.',
  ),
  entry(
    'Unexpected',
    'warning',
    'mailbox',
    'transient',
    'An unexpected error',
    'Something failed that has no name here.',
    'It is tried again; if it lasts, send the text to your administrator.',
  ),

  // MO-60 … MO-66: profiles
  entry(
    'ConnectFailure',
    'error',
    'profile',
    'transient',
    'The mail server is not reachable',
    'Wrong host or port, a firewall, or the server is down.',
    'Check location and port on the profile; it is tried again in a few minutes.',
  ),
  entry(
    'SecureConnectionFailed',
    'error',
    'profile',
    'permanent',
    'A secure connection could not be established',
    'The certificate is not trusted, has expired, or the security setting does not fit the port.',
    'Correct the security setting, or add the certificate authority to the profile.',
  ),
  entry(
    'SmtpPortError',
    'error',
    'profile',
    'permanent',
    'The outgoing port does not answer as a mail server',
    'The port is wrong or blocked.',
    'Correct the outgoing port on the profile.',
  ),
  entry(
    'ServiceUnavailable',
    'warning',
    'profile',
    'transient',
    'The mail server is too busy',
    'The server asked to come back later.',
    'Nothing needs to be done; work is postponed by the time the server named.',
  ),
  entry(
    'ProfileCredentialsIncorrect',
    'error',
    'profile',
    'permanent',
    'The profile’s credentials were refused',
    'User name or password on the profile is wrong or expired.',
    'Correct them on the profile; all its mailboxes are affected.',
  ),
  entry(
    'ProfileMailboxesFailing',
    'error',
    'profile',
    'none',
    'More than half of the profile’s mailboxes failed within an hour',
    'Usually one cause: the server, its certificate or shared credentials.',
    'Run Test Connection on the profile.',
  ),
  entry(
    'ProfileLacksLocation',
    'error',
    'profile',
    'permanent',
    'The profile names no server',
    'Auto-discovery is off and no location is given.',
    'Enter the incoming and outgoing location.',
  ),
  entry(
    'WebhookPaused',
    'error',
    'webhook',
    'none',
    'A webhook is paused',
    'Its receiver has not taken what was sent for a day, or says that nobody listens any longer.',
    'Put the receiver right, then resume the webhook: what it missed is sent then.',
  ),
  ...itemCodes,
]

const byCode = new Map(entries.map((item) => [item.code, item]))

/** Every code that can reach a person, for the help pages. */
export const codes: readonly CodeEntry[] = entries

export function codeEntry(code: string): CodeEntry {
  return byCode.get(code) ?? (byCode.get('Unexpected') as CodeEntry)
}

/** What went wrong, as a sentence, and after it what to do about it. */
export function withRemedy(text: string, code: string): string {
  return `${text}${/[.!?]$/.test(text) ? '' : '.'} ${codeEntry(code).remedy}`
}

/** The connectors' codes under the names by which people know them; all others keep their own. */
export function alertCodeOf(code: MailboxErrorCode, credentialsOnProfile: boolean): string {
  if (code === 'CredentialsIncorrect' && credentialsOnProfile) return 'ProfileCredentialsIncorrect' // MO-64
  return code
}
