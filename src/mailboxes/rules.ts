import type { Row } from '#records'

/** A mailbox or profile that may not be saved like this; names the field (MB-25, MB-50, MB-91). */
export class MailboxRuleError extends Error {
  readonly code = 'ValidationFailed'
  readonly field: string
  readonly rule: string

  constructor(rule: string, field: string, message: string) {
    super(message)
    this.name = 'MailboxRuleError'
    this.field = field
    this.rule = rule
  }
}

export const KIND = { user: 0, queue: 1, forward: 2 } as const
export const INCOMING = { none: 0, client: 1, serverSide: 2, forward: 3 } as const
export const OUTGOING = { none: 0, client: 1, serverSide: 2 } as const
export const ACT = { client: 0, serverSide: 1, none: 2 } as const
export const APPROVAL = { empty: 0, approved: 1, pending: 2, rejected: 3 } as const
export const STATUS = { notRun: 0, success: 1, failure: 2 } as const
export const SERVER = {
  exchangeOnline: 0,
  exchangeServer: 1,
  pop3: 2,
  imap: 3,
  maildir: 4,
  mbox: 5,
  exchangeHybrid: 6,
} as const

const KINDS = ['user', 'queue', 'forward'] as const

/** Which methods a kind of mailbox may have (the table under MB-49). */
const ALLOWED: Record<(typeof KINDS)[number], { incoming: number[]; outgoing: number[]; act: number[] }> = {
  user: { incoming: [0, 1, 2, 3], outgoing: [0, 1, 2], act: [0, 1, 2] },
  queue: { incoming: [0, 2, 3], outgoing: [0, 2], act: [2] },
  forward: { incoming: [2], outgoing: [0], act: [2] },
}

/** Servers without calendar: no ACT through this profile (MB-91, B-1). */
const MAIL_ONLY: readonly number[] = [SERVER.pop3, SERVER.imap, SERVER.maildir, SERVER.mbox]

/** An IMAP profile may name a server of calendars and contacts beside it (B-1). */
function hasCalendars(profile: Row): boolean {
  return Number(profile['servertype']) === SERVER.imap && Boolean(profile['calendarserverlocation'])
}

/** Rejects a mailbox whose methods do not fit its kind or its profile's server; names the offending field. */
export function checkMailbox(mailbox: Row, profile: Row | undefined): void {
  const kind = KINDS[Number(mailbox['kind'])]
  if (!kind) throw new MailboxRuleError('MB-31', 'kind', `A mailbox is of kind user, queue or forward.`)
  const regarding = mailbox['regardingobjectid']
  if (kind === 'forward' && regarding)
    throw new MailboxRuleError('MB-31', 'regardingobjectid', 'A forward mailbox belongs to no user and no queue.')
  if (kind !== 'forward' && !regarding)
    throw new MailboxRuleError('MB-31', 'regardingobjectid', `A ${kind} mailbox names its ${kind}.`)
  const allowed = ALLOWED[kind]
  checkMethod('incomingemaildeliverymethod', mailbox, allowed.incoming, kind)
  checkMethod('outgoingemaildeliverymethod', mailbox, allowed.outgoing, kind)
  checkMethod('actdeliverymethod', mailbox, allowed.act, kind)
  if (
    profile &&
    Number(mailbox['actdeliverymethod']) === ACT.serverSide &&
    MAIL_ONLY.includes(Number(profile['servertype'])) &&
    !hasCalendars(profile)
  )
    throw new MailboxRuleError(
      'MB-91',
      'actdeliverymethod',
      'Appointments, contacts and tasks cannot be synchronized through this profile: its server carries email only.',
    )
  if (mailbox['processanddeleteemails'] === true && kind === 'user')
    throw new MailboxRuleError(
      'MB-43',
      'processanddeleteemails',
      'Only queue and forward mailboxes may delete processed email.',
    )
}

function checkMethod(field: string, mailbox: Row, allowed: readonly number[], kind: string): void {
  if (allowed.includes(Number(mailbox[field]))) return
  throw new MailboxRuleError(
    'MB-50',
    field,
    `${field} ${String(mailbox[field])} is not possible for a ${kind} mailbox (allowed: ${allowed.join(', ')}).`,
  )
}

/** Rejects a profile that names no server, or mixes server families (MB-5, MB-25). */
export function checkProfile(profile: Row): void {
  const type = Number(profile['servertype'])
  if (profile['useautodiscover'] === true) return
  // Exchange Online is at the same place for everybody; only a sandbox or a gateway is named.
  if (type === SERVER.exchangeOnline && !profile['incomingserverlocation']) return
  if (!profile['incomingserverlocation'])
    throw new MailboxRuleError(
      'MB-5',
      'incomingserverlocation',
      'Without auto-discovery the incoming server location is required.',
    )
  const sends = type === SERVER.imap || type === SERVER.pop3
  if (sends && profile['usesamesettingsforoutgoing'] === false && !profile['outgoingserverlocation'])
    throw new MailboxRuleError(
      'MB-5',
      'outgoingserverlocation',
      'Without auto-discovery the outgoing server location is required.',
    )
  for (const field of ['incomingserverlocation', 'outgoingserverlocation'])
    if (/^https?:/i.test(String(profile[field] ?? '')) && MAIL_ONLY.includes(type))
      throw new MailboxRuleError(
        'MB-25',
        field,
        'An IMAP, POP3 or SMTP server is named by its host, not by a web address; Exchange and other servers cannot be mixed in one profile.',
      )
  for (const field of ['calendarserverlocation', 'contactserverlocation'])
    if (profile[field] && type !== SERVER.imap)
      throw new MailboxRuleError(
        'MB-25',
        field,
        'Only an IMAP server is joined with calendars and contacts of another: Exchange has its own.',
      )
}
