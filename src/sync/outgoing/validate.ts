import { EMAIL_STATUS } from '#records'
import type { Draft, OutgoingAttachment, Recipient, Sender, SendingRights, SendingSettings } from './model.ts'

/** Why an email may not be sent as it is. */
export interface Fault {
  rule: string
  /** Names the party or attachment, and what to do. */
  text: string
  /** The missing privilege. */
  privilege?: string
}

export const SEND_EMAIL = 'prvSendEmail'
export const SEND_AS_USER = 'prvSendAsUser'

/** Everything that stands against sending an email (OE-10…OE-23, SE-60); nothing when it may be sent. Pure. */
export function faultsOf(draft: Draft, rights: SendingRights, settings: SendingSettings): Fault[] {
  return [
    ...statusFaults(draft),
    ...senderFaults(draft.senders),
    ...rightFaults(draft.senders[0], rights, settings),
    ...recipientFaults(draft.recipients, settings),
    ...attachmentFaults(draft.attachments, settings),
  ]
}

function statusFaults({ status, outgoing }: Draft): Fault[] {
  if (!outgoing) return [{ rule: 'OE-1', text: 'It is an incoming email. Make a reply or a forward of it.' }]
  if (status === EMAIL_STATUS.draft || status === EMAIL_STATUS.failed) return []
  return [{ rule: 'OE-1', text: 'It is no draft and did not fail; only such email can be sent.' }]
}

/** OE-10, OE-18. */
function senderFaults(senders: readonly Sender[]): Fault[] {
  const [sender, another] = senders
  if (!sender || another)
    return [{ rule: 'OE-10', text: `From names ${senders.length || 'no'} senders; name one user or queue.` }]
  if (sender.record?.table !== 'systemuser' && sender.record?.table !== 'queue')
    return [{ rule: 'OE-10', text: `From, ${named(sender)}, is no user and no queue; name one.` }]
  if (sender.disabled) return [{ rule: 'OE-18', text: `The sender ${named(sender)} is disabled; name another.` }]
  if (!sender.mailboxId)
    return [{ rule: 'OE-10', text: `The sender ${named(sender)} has no mailbox; an administrator adds one.` }]
  if (!sender.address)
    return [{ rule: 'OE-10', text: `The mailbox of the sender ${named(sender)} has no address; enter one.` }]
  return []
}

/** OE-20, OE-21, SE-60. With delegation the mail server's rights take the place of privilege and consent (OE-23). */
function rightFaults(sender: Sender | undefined, rights: SendingRights, settings: SendingSettings): Fault[] {
  if (!rights.sendEmail)
    return [{ rule: 'SE-60', text: `The privilege Send Email (${SEND_EMAIL}) is missing.`, privilege: SEND_EMAIL }]
  if (!sender?.record || rights.isOwn || settings.delegation) return []
  if (!rights.sendAsUser)
    return [
      {
        rule: 'OE-21',
        text: `Sending as ${named(sender)} needs the privilege Send Email as Another User (${SEND_AS_USER}) deep enough to reach them.`,
        privilege: SEND_AS_USER,
      },
    ]
  if (sender.record.table === 'queue')
    return rights.readsQueue ? [] : [{ rule: 'OE-20', text: `You may not read the queue ${named(sender)}.` }]
  if (rights.consent) return []
  const text = `${named(sender)} has not allowed others to send email on their behalf (personal option SendOnBehalf).`
  return [{ rule: 'OE-21', text }]
}

function recipientFaults(recipients: readonly Recipient[], settings: SendingSettings): Fault[] {
  if (!recipients.length) return [{ rule: 'OE-13', text: 'Nobody stands in To, Cc or Bcc; add a recipient.' }]
  return recipients.flatMap((recipient) => recipientFault(recipient, settings) ?? [])
}

function recipientFault(recipient: Recipient, settings: SendingSettings): Fault | undefined {
  const who = named(recipient)
  if (!recipient.record && !settings.allowUnresolved)
    return {
      rule: 'OE-15',
      text: `${who} is no record. Resolve the address, or have unresolved recipients allowed (AllowUnresolvedPartiesOnEmailSend).`,
    }
  if (recipient.disabled) return { rule: 'OE-18', text: `${who} is a disabled user; take them off.` }
  if (!recipient.address) return { rule: 'OE-14', text: `${who} has no email address; enter one, or take them off.` }
  if (!isAddress(recipient.address))
    return { rule: 'OE-14', text: `${who} has no usable email address; correct it, or take them off.` }
  if (recipient.refusesEmail) return { rule: 'OE-16', text: `${who} does not want email; take them off.` }
  return undefined
}

/** OE-17, MB-92. */
function attachmentFaults(attachments: readonly OutgoingAttachment[], settings: SendingSettings): Fault[] {
  const blocked = attachments.filter(({ name }) => settings.blockedExtensions.includes(extensionOf(name)))
  const faults = blocked.map(({ name }) => ({
    rule: 'OE-17',
    text: `The attachment “${name}” is of a kind that may not be sent; take it off.`,
  }))
  const empty = attachments.filter(({ hash }) => hash === undefined)
  for (const { name } of empty)
    faults.push({ rule: 'OE-17', text: `The attachment “${name}” has no content; add it anew.` })
  const total = attachments.reduce((sum, { size }) => sum + size, 0)
  if (total <= settings.attachmentBytes) return faults
  const text = `The attachments hold ${kilobytes(total)}; at most ${kilobytes(settings.attachmentBytes)} may be sent.`
  return [...faults, { rule: 'OE-17', text: `${text} Take some off.` }]
}

const kilobytes = (bytes: number) => `${Math.ceil(bytes / 1024)} KB`

function extensionOf(name: string): string {
  const dot = name.trimEnd().lastIndexOf('.')
  return dot < 0
    ? ''
    : name
        .slice(dot + 1)
        .trim()
        .toLowerCase()
}

/** What a mail server can be told (RFC 5321 §4.1.2) without quotes, which nobody uses. */
export function isAddress(address: string): boolean {
  return address.length <= 320 && /^[^\p{Cc}\s<>(),;:\\"[\]@]+@[^\p{Cc}\s<>(),;\\"@]+$/u.test(address)
}

function named({ name, address }: { name: string; address?: string }): string {
  if (!name || name === address) return `“${address ?? 'without a name'}”`
  return address ? `“${name}” (${address})` : `“${name}”`
}
