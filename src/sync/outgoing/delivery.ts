import type { Executor } from '#database'
import { approvalSuffices, type MailboxSetup } from '#mailboxes'
import type { Settings } from '#options'
import { EMAIL_STATUS, type Principal, RecordError, type Row } from '#records'
import { type OutgoingDependencies, text } from './context.ts'
import { type DeliveryReason, type DeliveryText, deliveryReasons } from './reasons.ts'

/** Where an email stands, for people. */
export interface Delivery extends DeliveryText {
  emailId: string
  status: number
  reason: DeliveryReason
  attempts: number
  lastAttempt?: Date
  /** Not earlier than this. */
  notBefore?: Date
  mailboxId?: string
  /** The mailbox it leaves from, by name. */
  mailbox?: string
}

/** Why an email is where it is (OE-11). @throws RecordError `NotFound` */
export async function deliveryOf(
  dependencies: Pick<OutgoingDependencies, 'records' | 'mailboxes' | 'options' | 'clock' | 'database'>,
  principal: Principal,
  emailId: string,
  executor?: Executor,
): Promise<Delivery> {
  const { records, mailboxes, options, clock } = dependencies
  const access = executor ? records.as(principal).in(executor) : records.as(principal)
  const email = await access.retrieve('email', emailId)
  if (!email) throw new RecordError('NotFound', `There is no Email ${emailId} that you may read.`, { table: 'email' })
  const mailboxId = text(email, 'sendermailboxid')
  const setup = mailboxId ? (await mailboxes.setups([mailboxId], executor)).get(mailboxId) : undefined
  const reason = reasonOf(email, setup, await options.organization(executor), clock.now())
  const [lastAttempt, notBefore] = [email['lastdeliveryattempt'], notBeforeOf(email, reason)]
  return {
    emailId,
    status: Number(email['statuscode']),
    reason,
    ...deliveryReasons[reason],
    attempts: Number(email['deliveryattempts'] ?? 0),
    ...(lastAttempt instanceof Date ? { lastAttempt } : {}),
    ...(notBefore ? { notBefore } : {}),
    ...(setup ? { mailboxId: setup.id, mailbox: setup.name } : {}),
  }
}

/** Pure. */
function reasonOf(email: Row, setup: MailboxSetup | undefined, organization: Settings, now: Date): DeliveryReason {
  switch (Number(email['statuscode'])) {
    case EMAIL_STATUS.draft:
      return 'Draft'
    case EMAIL_STATUS.sent:
      return 'Sent'
    case EMAIL_STATUS.sending:
      return 'Sending'
    case EMAIL_STATUS.failed:
      return 'Failed'
    case EMAIL_STATUS.uncertain:
      return 'DeliveryUncertain'
    case EMAIL_STATUS.pendingSend:
      return pendingReason(email, setup, organization, now)
    default:
      return 'NotOutgoing'
  }
}

function pendingReason(email: Row, setup: MailboxSetup | undefined, organization: Settings, now: Date): DeliveryReason {
  if (!email['submittedon']) return 'NotSubmitted'
  const obstacle = outgoingObstacle(setup, organization)
  if (obstacle) return obstacle
  if (isLater(email['delayedemailsendtime'], now)) return 'SendLater'
  return isLater(email['postponeemailprocessinguntil'], now) ? 'Postponed' : 'Queued'
}

/** What keeps a mailbox from sending (OE-11, OE-12); nothing when it sends. Pure. */
export function outgoingObstacle(setup: MailboxSetup | undefined, organization: Settings): DeliveryReason | undefined {
  if (!setup) return 'NoMailbox'
  const method = Number(setup.row['outgoingemaildeliverymethod'])
  if (method === 0) return 'OutgoingNone'
  if (method === 1) return 'OutgoingByClient'
  if (!setup.active) return 'MailboxInactive'
  if (!setup.profile?.active) return 'NoServerProfile'
  if (!approvalSuffices(setup, organization)) return 'AddressNotApproved'
  return setup.row['enabledforoutgoingemail'] === true ? undefined : 'MailboxNotEnabled'
}

const isLater = (value: unknown, now: Date): value is Date => value instanceof Date && value > now

function notBeforeOf(email: Row, reason: DeliveryReason): Date | undefined {
  const column = { SendLater: 'delayedemailsendtime', Postponed: 'postponeemailprocessinguntil' } as const
  const value = reason === 'SendLater' || reason === 'Postponed' ? email[column[reason]] : undefined
  return value instanceof Date ? value : undefined
}
