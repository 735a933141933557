import { buildBounce, parseHeaders } from '#mime'
import { receive } from './arrival.ts'
import { isDelegateOf } from './delegates.ts'
import { Failure } from './failure.ts'
import type { Message } from './message.ts'
import { withHeaders } from './mimeHeaders.ts'
import { newMessage, withSource } from './newMessage.ts'
import { threadOf } from './thread.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** At most so many recipients of one mail, as Exchange Online. */
const MAX_RECIPIENTS = 500

export interface Submission {
  user: User
  mime: Uint8Array
  /** The draft that is sent: it becomes the copy of the sender and keeps its `id`. */
  draft?: Message
  /** Folder of the copy of the sender; `false` for none. Default Sent Items. */
  saveTo?: string | false
  /** Recipients, when they are not those of the header. */
  recipients?: readonly string[]
  /** Of the copy of the sender. */
  properties?: Message['properties']
  categories?: readonly string[]
}

/**
 * Sends a mail of a user: it gets a sender, a date and a Message-ID where it has none, a copy lies in Sent Items with
 * its Bcc, and everybody gets it without.
 * @throws Failure `invalid` without recipients, `denied` when he may not send in that name
 */
export async function submit(world: World, submission: Submission): Promise<Message | undefined> {
  const { user, recipients } = submission
  const mime = signed(world, user, complete(world, user, submission.mime))
  const headers = parseHeaders(mime)
  const written = recipients ?? [...headers.to, ...headers.cc, ...headers.bcc].map(({ address }) => address)
  const to = [...new Map(written.filter(Boolean).map((each) => [each.toLowerCase(), each])).values()]
  if (!to.length) throw new Failure('invalid', 'The message has no recipients.')
  if (to.length > MAX_RECIPIENTS) throw new Failure('invalid', `A message has at most ${MAX_RECIPIENTS} recipients.`)
  for (const { address } of [...headers.from, ...headers.sender]) checkSender(world, user, address)
  const copy = await keep(world, submission, mime)
  await deliver(world, { from: user.address, to, mime: withHeaders(mime, ['bcc']) })
  return copy
}

/** Brings a mail to everybody of `to` who is here, and puts it into the outbox for the others. Unknown users bounce. */
export async function deliver(
  world: World,
  mail: { from: string; to: readonly string[]; mime: Uint8Array },
): Promise<void> {
  const at = world.clock.now()
  const strangers = mail.to.filter((address) => !world.find(address))
  const outside = strangers.filter((address) => !world.isLocal(address))
  const users = new Set(mail.to.flatMap((address) => world.find(address) ?? []))
  for (const user of users) await receive(world, user, mail.mime)
  if (outside.length) {
    const entry = { from: mail.from, to: outside, mime: mail.mime, at }
    world.outbox.push(entry)
    await world.relay?.(entry)
  }
  for (const failed of strangers.filter((address) => world.isLocal(address)))
    if (mail.from) await bounce(world, mail.from, failed, mail.mime)
}

/** The copy in the mailbox of the sender. */
async function keep(world: World, submission: Submission, mime: Uint8Array): Promise<Message | undefined> {
  const { user, draft, properties = [], categories = [] } = submission
  const { mailbox } = user
  const folder = submission.saveTo ?? mailbox.wellKnown('sentitems').id
  const received = world.clock.now()
  if (draft && folder !== false) {
    const sent = { ...(await withSource(mime, received)), draft: false, read: true, received, sent: received }
    mailbox.update<Message>(draft.id, sent)
    return mailbox.move(draft.id, folder) as Message
  }
  if (draft) mailbox.purge(draft.id)
  if (folder === false) return undefined
  const message = await newMessage(mailbox, mime, { read: true, received, properties, categories })
  return mailbox.add<Message>(folder, message)
}

function complete(world: World, user: User, mime: Uint8Array): Uint8Array {
  const headers = parseHeaders(mime)
  const now = world.clock.now()
  const add: (readonly [string, string])[] = []
  if (!headers.messageId) add.push(['Message-ID', world.ids.messageId(world.host)])
  if (!headers.date) add.push(['Date', dateLine(now)])
  if (!headers.from[0]?.address) add.push(['From', `${encoded(user.name)} <${user.address}>`])
  if (!headers.threadIndex)
    add.push(['Thread-Index', threadOf(headers, (id) => user.mailbox.byMessageId(id)[0], now).conversationIndex])
  return add.length ? withHeaders(mime, headers.from[0]?.address ? [] : ['from'], add) : mime
}

/** What a delegate sends in the owner's name says who wrote it. */
function signed(world: World, user: User, mime: Uint8Array): Uint8Array {
  const owner = world.find(parseHeaders(mime).from[0]?.address ?? '')
  if (!owner || owner === user || user.mayActAs.has(owner.address) || !isDelegateOf(user, owner)) return mime
  return withHeaders(mime, ['sender'], [['Sender', `${encoded(user.name)} <${user.address}>`]])
}

function checkSender(world: World, user: User, address: string): void {
  const meant = world.find(address)
  if (meant === user || (meant && (user.mayActAs.has(meant.address) || isDelegateOf(user, meant)))) return
  throw new Failure('denied', `${user.address} may not send as ${address}.`)
}

async function bounce(world: World, to: string, failed: string, original: Uint8Array): Promise<void> {
  const sender = world.find(to)
  if (!sender) return
  const report = await buildBounce({
    messageId: world.ids.messageId(world.host),
    date: world.clock.now(),
    from: `postmaster@${world.host}`,
    to,
    failed,
    status: '5.1.10',
    diagnostic: `550 5.1.10 RESOLVER.ADR.RecipientNotFound; ${failed} is not known here`,
    original,
  })
  await receive(world, sender, report)
}

/** RFC 5322 §3.3. */
function dateLine(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000')
}

/** RFC 2047, for what is not plain ASCII. */
function encoded(text: string): string {
  return /^[\w .-]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
}
