import { sql } from 'kysely'
import type { Executor } from '#database'
import { addressHashes, subjectHashes, subjectKey, trackingSettings } from '#incoming'
import { childThreadIndex, newThreadIndex, threadIndexHash } from '#mime'
import type { OrganizationSettings } from '#options'
import { EMAIL_STATUS, type Principal, RecordError, type Row, SYSTEM_USER, type Values } from '#records'
import { LANE } from '#schedule'
import { clip } from '#text'
import { atomically, type OutgoingDependencies, systemIn, text, userOf } from './context.ts'
import { gatherDraft, mailboxFor } from './gather.ts'
import type { Draft, Recipient, Sender, SendingSettings } from './model.ts'
import { sendingRights } from './rights.ts'
import { sendingSettings } from './settings.ts'
import { signed } from './signature.ts'
import { LONGEST_TOKEN, subjectWithToken, tokenAtEnd } from './subject.ts'
import { takeToken } from './token.ts'
import { faultsOf } from './validate.ts'

export interface SubmitOptions {
  /** A token of the caller's in place of a new one. */
  token?: string
  /** `false`: the email was sent by other means and is only noted as sent. Default true. */
  issue?: boolean
}

export interface Submitted {
  /** As it is sent, with its token. */
  subject: string
  mailboxId: string
}

/**
 * *Send* (OE-1): checks everything, gives the email token, Message-ID and place in its conversation, and leaves it to the
 * mailbox of its sender. Nothing is changed when anything stands against it.
 * @throws RecordError `NotFound`, `PrivilegeDenied`, or `ValidationFailed` with every fault
 */
export async function submitEmail(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  options: SubmitOptions = {},
  executor?: Executor,
): Promise<Submitted> {
  return atomically(dependencies, executor, async (tx) => {
    const email = await lockedEmail(dependencies, principal, emailId, tx)
    const organization = await dependencies.options.organization(tx)
    const settings = sendingSettings(organization)
    const draft = await gatherDraft(dependencies, tx, email)
    const rights = await sendingRights(dependencies, tx, principal, draft.senders[0])
    refuse(faultsOf(draft, rights, settings), emailId)
    const sender = draft.senders[0] as Sender
    const mailboxId = await mailboxOf(dependencies, principal, sender, settings, tx)
    const token = await tokenFor(tx, principal, email, sender, organization, options.token)
    const sent = subjectWithToken(draft.subject, token, settings.subjectLimit)
    await writeParties(dependencies, tx, draft)
    const identity = await identityOf(dependencies, tx, email, sender)
    await systemIn(dependencies, tx).update('email', emailId, {
      ...(await signed(dependencies, tx, email, sender)),
      ...addressed(draft, sender),
      ...identity,
      ...hashed(sent.subject, draft, sender, organization),
      ...(await submission(dependencies, tx, principal, mailboxId)),
      subject: sent.subject,
      trackingtoken: sent.token ?? null,
      ...statusOf(options.issue !== false, dependencies.clock.now()),
    })
    if (options.issue !== false)
      await dependencies.schedule.makeDue([{ mailboxId, workload: 'outgoing', lane: LANE.immediate }], tx)
    return { subject: sent.subject, mailboxId }
  })
}

/** The email, which nobody else changes until the transaction ends. @throws RecordError unless it may be written */
export async function lockedEmail(
  { records }: Pick<OutgoingDependencies, 'records'>,
  principal: Principal,
  emailId: string,
  tx: Executor,
): Promise<Row> {
  const access = records.as(principal).in(tx)
  if (!(await access.retrieve('email', emailId, ['activityid'])))
    throw new RecordError('NotFound', `There is no Email ${emailId} that you may read.`, { table: 'email' })
  if (!(await access.may('write', 'email', emailId)))
    throw new RecordError('PrivilegeDenied', `You may not write the Email ${emailId} (prvWriteActivity).`, {
      table: 'email',
      privilege: 'prvWriteActivity',
    })
  await sql`select 1 from email where activityid = ${emailId} for update`.execute(tx)
  return (await systemIn({ records }, tx).retrieve('email', emailId)) as Row
}

function refuse(faults: ReturnType<typeof faultsOf>, emailId: string): void {
  if (!faults.length) return
  const said = faults.map(({ rule, text: why }) => `${why} (${rule})`).join(' ')
  const privilege = faults.find((fault) => fault.privilege)?.privilege
  throw new RecordError(
    privilege ? 'PrivilegeDenied' : 'ValidationFailed',
    `The email ${emailId} cannot be sent. ${said}`,
    { table: 'email', ...(privilege ? { privilege } : {}) },
  )
}

/** From which mailbox it leaves: the sender's (OE-22), or with delegation that of whoever clicks (OE-23). */
async function mailboxOf(
  dependencies: OutgoingDependencies,
  principal: Principal,
  sender: Sender,
  settings: SendingSettings,
  tx: Executor,
): Promise<string> {
  const user = userOf(principal)
  if (!settings.delegation || user === undefined || sender.record?.id === user) return String(sender.mailboxId)
  const own = await mailboxFor(systemIn(dependencies, tx), { table: 'systemuser', id: user })
  if (own) return String(own['mailboxid'])
  throw new RecordError(
    'ValidationFailed',
    'Sending on behalf of somebody else goes through your own mailbox, and you have none. (OE-23)',
    { table: 'email' },
  )
}

/** The token that it has already or ends with, else a new one (OE-30, OE-33, OE-45). */
async function tokenFor(
  tx: Executor,
  principal: Principal,
  email: Row,
  sender: Sender,
  organization: OrganizationSettings,
  given: string | undefined,
): Promise<string | undefined> {
  if (given !== undefined && given.trim() !== '') return clip(given.trim(), LONGEST_TOKEN)
  if (organization['UseTrackingTokens'] !== true) return undefined
  const { tokenPrefixes } = trackingSettings(organization)
  const before = isSubmittedBefore(email) ? text(email, 'trackingtoken') : undefined
  const known = tokenAtEnd(text(email, 'subject') ?? '', tokenPrefixes) ?? before
  if (known !== undefined) return known
  const ownUser = sender.record?.table === 'systemuser' ? sender.record.id : userOf(principal)
  return takeToken(tx, ownUser ?? SYSTEM_USER, organization)
}

/** What was given to it by an earlier *Send* is kept; what a person wrote into these columns is not. */
const isSubmittedBefore = (email: Row) => typeof email['submitterid'] === 'string'

/** Message-ID and place in the conversation, kept when it is sent again (OE-34). */
async function identityOf(
  dependencies: OutgoingDependencies,
  tx: Executor,
  email: Row,
  sender: Sender,
): Promise<Values> {
  const { clock, newId } = dependencies
  const parentId = text(email, 'parentactivityid')
  const columns = ['threadid', 'conversationindex']
  const parent = parentId ? await systemIn(dependencies, tx).retrieve('email', parentId, columns) : undefined
  const above = parent && text(parent, 'conversationindex')
  const now = clock.now()
  const before = isSubmittedBefore(email)
  const kept = (column: string) => (before ? text(email, column) : undefined)
  const index = kept('conversationindex') ?? (above ? childThreadIndex(above, now) : newThreadIndex(now))
  return {
    messageid: kept('messageid') ?? `<${newId()}@${sender.address?.split('@').at(-1) ?? 'localhost'}>`,
    conversationindex: index,
    baseconversationindexhash: threadIndexHash(index) ?? null,
    threadid: text(email, 'threadid') ?? (parent && text(parent, 'threadid')) ?? String(email['activityid']),
    ...(parent && !text(email, 'correlatedactivityid')
      ? { correlatedactivityid: { table: 'email', id: String(parentId) } }
      : {}),
  }
}

/** OE-35. */
function hashed(subject: string, draft: Draft, sender: Sender, organization: OrganizationSettings): Values {
  const settings = trackingSettings(organization)
  const words = subjectHashes(subject, settings)
  const to = (role: Recipient['role']) =>
    draft.recipients.filter((one) => one.role === role).map(({ name, address = '' }) => ({ name, address }))
  const from = [{ name: sender.name, address: sender.address ?? '' }]
  const addresses = addressHashes({ from, to: to('to'), cc: to('cc'), bcc: to('bcc') }, settings)
  return {
    subjecthashes: words.join(',') || null,
    subjectkey: words.length ? subjectKey(words) : null,
    addresshashes: addresses.join(',') || null,
  }
}

function addressed(draft: Draft, sender: Sender): Values {
  const to = draft.recipients.filter(({ role }) => role === 'to').map(({ address }) => address)
  return {
    sender: sender.address ?? null,
    torecipients: clip(to.join(';'), 32_768),
    attachmentcount: draft.attachments.length,
    directioncode: true,
    ...(sender.record ? { emailsender: sender.record } : {}),
  }
}

/** The addresses it is sent to, as they are now (OE-14). */
async function writeParties(dependencies: OutgoingDependencies, tx: Executor, draft: Draft): Promise<void> {
  const rows = [...draft.senders, ...draft.recipients].map(({ partyId, address }) => ({
    activitypartyid: partyId,
    addressused: address ?? null,
  }))
  await systemIn(dependencies, tx).updateMany('activityparty', rows)
}

/** Who submitted it, and to which mailbox (OE-1). */
async function submission(
  dependencies: OutgoingDependencies,
  tx: Executor,
  principal: Principal,
  mailboxId: string,
): Promise<Values> {
  const id = userOf(principal) ?? SYSTEM_USER
  const user = await systemIn(dependencies, tx).retrieve('systemuser', id, ['fullname', 'internalemailaddress'])
  const name = (user && (text(user, 'fullname') ?? text(user, 'internalemailaddress'))) ?? id
  return {
    submittedby: clip(name, 250),
    submitterid: { table: 'systemuser', id },
    submittedon: dependencies.clock.now(),
    sendermailboxid: { table: 'mailbox', id: mailboxId },
    deliveryattempts: 0,
    lastdeliveryattempt: null,
    postponeemailprocessinguntil: null,
  }
}

function statusOf(issue: boolean, now: Date): Values {
  return issue ? { statuscode: EMAIL_STATUS.pendingSend } : { statuscode: EMAIL_STATUS.sent, senton: now }
}
