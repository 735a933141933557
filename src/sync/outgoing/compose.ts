import type { OutgoingMessage } from '#mailbox'
import { buildMessage, type NewAttachment } from '#mime'
import type { Row } from '#records'
import { htmlToText, sanitizeHtml } from '#text'
import { type OutgoingCycle, type OutgoingDependencies, rowsWhere, systemIn, text } from './context.ts'
import { gatherDraft } from './gather.ts'
import type { Draft, OutgoingAttachment, Recipient, Sender } from './model.ts'
import { inlinePictures } from './pictures.ts'
import { isHtmlBody } from './signature.ts'
import { topicOf } from './subject.ts'
import { Unsendable } from './unsendable.ts'
import { isAddress } from './validate.ts'

const IMPORTANCE = ['low', 'normal', 'high'] as const
/** As other programs tell it. */
const PRIORITY = { low: { 'X-Priority': '5' }, normal: {}, high: { 'X-Priority': '1' } } as const
/** Ancestors that References names. */
const MOST_REFERENCES = 20

/** An email turned into what travels. */
export interface Composed {
  message: OutgoingMessage
  draft: Draft
}

/**
 * The message of an email, the same bytes however often it is made for the same hour.
 * @throws Unsendable naming the party or attachment that keeps it from being sent (OE-14, OE-42)
 */
export async function compose(
  dependencies: OutgoingDependencies,
  cycle: Pick<OutgoingCycle, 'setup'>,
  email: Row,
  date: Date,
): Promise<Composed> {
  const { sql } = dependencies.database
  const draft = await gatherDraft(dependencies, sql, email)
  const sender = senderOf(draft)
  const all = draft.recipients.map((recipient) => ({ ...recipient, address: addressOf(recipient) }))
  const of = (role: Recipient['role']) => all.filter((one) => one.role === role)
  const messageId = text(email, 'messageid') ?? ''
  const body = bodyOf(email)
  const own = cycle.setup.address
  const delegated = own.toLowerCase() !== sender.address.toLowerCase()
  const source = await buildMessage({
    messageId,
    date,
    from: { name: sender.name, address: sender.address },
    ...(delegated ? { sender: { name: cycle.setup.name, address: own } } : {}), // OE-23
    to: of('to').map(shown),
    cc: of('cc').map(shown),
    subject: draft.subject,
    text: body.text,
    ...(body.html === undefined ? {} : { html: body.html }),
    ...(await conversationOf(dependencies, email)),
    importance: IMPORTANCE[Number(email['prioritycode'] ?? 1)] ?? 'normal',
    headers: headersOf(email, draft, sender.address),
    attachments: [
      ...body.pictures,
      ...(await Promise.all(draft.attachments.map((one) => contentOf(dependencies, one)))),
    ],
  })
  const named = new Set([...of('to'), ...of('cc')].map(({ address }) => address.toLowerCase()))
  const bcc = unique(of('bcc').map(({ address }) => address)).filter((address) => !named.has(address.toLowerCase()))
  return {
    draft,
    message: {
      messageId,
      from: own,
      to: unique(all.map(({ address }) => address)),
      source,
      ...(bcc.length ? { bcc } : {}),
    },
  }
}

function senderOf({ senders: [sender] }: Draft): Sender & { address: string } {
  if (sender?.address) return { ...sender, address: sender.address }
  throw new Unsendable(
    'PartyWithoutAddress',
    `The sender ${sender ? `“${sender.name}” ` : ''}has no mailbox with an address.`,
  )
}

/** OE-14, now: the address may have gone since the email was submitted. */
function addressOf({ name, address }: Recipient): string {
  if (address && isAddress(address)) return address
  const why = address ? `no usable email address (${address.slice(0, 100)})` : 'no email address'
  throw new Unsendable('PartyWithoutAddress', `The recipient “${name}” has ${why}.`)
}

const shown = ({ name, address }: { name: string; address: string }) => ({
  name: name === address ? '' : name,
  address,
})

function bodyOf(email: Row): { text: string; html?: string; pictures: NewAttachment[] } {
  const body = text(email, 'description') ?? ''
  if (!isHtmlBody(email)) return { text: body, pictures: [] }
  const { html, pictures } = inlinePictures(sanitizeHtml(body, { remoteContent: true }), String(email['activityid']))
  return { html, text: htmlToText(html), pictures }
}

function headersOf(email: Row, draft: Draft, from: string): Record<string, string> {
  const index = text(email, 'conversationindex')
  const importance = IMPORTANCE[Number(email['prioritycode'] ?? 1)] ?? 'normal'
  return {
    ...PRIORITY[importance],
    ...(index ? { 'Thread-Index': index } : {}),
    'Thread-Topic': topicOf(draft.subject, text(email, 'trackingtoken')),
    ...(email['readreceiptrequested'] === true ? { 'Disposition-Notification-To': from } : {}),
    ...(email['deliveryreceiptrequested'] === true ? { 'Return-Receipt-To': from } : {}),
  }
}

/** OE-34: In-Reply-To and References, from the emails above it (RFC 5322 §3.6.4). */
async function conversationOf(
  dependencies: OutgoingDependencies,
  email: Row,
): Promise<{ inReplyTo?: string; references?: string[] }> {
  const inReplyTo = text(email, 'inreplyto')
  if (!inReplyTo || !isMessageId(inReplyTo)) return {}
  const access = systemIn(dependencies, dependencies.database.sql)
  const references = [inReplyTo]
  let above = text(email, 'parentactivityid')
  for (let depth = 0; above && depth < MOST_REFERENCES; depth++) {
    const columns = ['activityid', 'messageid', 'inreplyto', 'parentactivityid']
    const [row]: Row[] = await rowsWhere(access, 'email', 'activityid', [above], { columns })
    const [id, earlier] = row ? [text(row, 'messageid'), text(row, 'inreplyto')] : []
    for (const each of [id, earlier])
      if (each && isMessageId(each) && !references.includes(each)) references.unshift(each)
    above = row && text(row, 'parentactivityid')
  }
  return { inReplyTo, references }
}

/** Keys of messages that had no Message-ID stay with us (T-88). */
const isMessageId = (id: string) => /^<[^<>\s]+>$/.test(id)

async function contentOf(
  { database }: Pick<OutgoingDependencies, 'database'>,
  attachment: OutgoingAttachment,
): Promise<NewAttachment> {
  const content = attachment.hash ? await database.blobs.stream(database.sql, attachment.hash) : undefined
  if (!content) throw new Unsendable('AttachmentMissing', `The content of the attachment “${attachment.name}” is gone.`)
  const { name: fileName, type: contentType, contentId, inline } = attachment
  return { fileName, contentType, content, ...(inline && contentId ? { contentId } : {}) }
}

function unique(addresses: readonly string[]): string[] {
  return [...new Map(addresses.map((address) => [address.toLowerCase(), address])).values()]
}
