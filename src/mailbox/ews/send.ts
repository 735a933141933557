import { type Address, parseHeaders } from '#mime'
import { MailboxError } from '../errors.ts'
import type { OutgoingMessage, SentReference } from '../port.ts'
import { headerBlock } from '../source.ts'
import { findItems } from './find.ts'
import { changeKeyOf, idOf } from './item.ts'
import { childrenOf, isTrue, type Node, textOf } from './node.ts'
import { equals, extended, field, LINK_KEY, type WellKnown, wellKnown } from './pieces.ts'
import type { Place } from './place.ts'
import { type Xml, xml } from './xml.ts'

const DOING = 'Sending a message'

interface Draft {
  id: string
  changeKey: string
}

/**
 * See `Mailbox.send`. The message is laid down among the drafts first, with a key, and sent from there: an attempt that
 * broke off is found by the key, and it shows whether it was sent (law 2).
 */
export async function send(place: Place, address: string, message: OutgoingMessage): Promise<SentReference> {
  const before = await attemptOf(place, message.messageId)
  if (before === 'sent') return taken(message, 'Exchange had taken the message before')
  const draft = before ?? (await prepare(place, address, message))
  try {
    await sendDraft(place, draft, message.keepCopy !== false)
  } catch (error) {
    return afterFailure(place, message, draft, error)
  }
  return taken(message, 'Exchange took the message')
}

function taken({ messageId }: OutgoingMessage, response: string): SentReference {
  return { messageId, response }
}

/** What became of an earlier attempt: nothing, a draft, or sent. */
async function attemptOf(place: Place, key: string): Promise<Draft | 'sent' | undefined> {
  const places: WellKnown[] = ['sentitems', 'outbox', 'drafts']
  const fields = ['item:IsDraft', 'item:IsSubmitted'].map(field)
  const folders = places.map((name) => wellKnown(name, place.owner))
  const answers = await findItems(place, equals(LINK_KEY, key), folders, fields)
  for (const answer of answers) if (answer instanceof MailboxError && answer.kind !== 'notFound') throw answer
  const items = answers.flatMap((answer) => (answer instanceof MailboxError ? [] : answer))
  if (items.some((item) => !isTrue(textOf(item, 'IsDraft')) || isTrue(textOf(item, 'IsSubmitted')))) return 'sent'
  return draftOf(items[0])
}

function draftOf(item: Node | undefined): Draft | undefined {
  const id = idOf(item)
  return id === undefined ? undefined : { id, changeKey: changeKeyOf(item) ?? '' }
}

async function prepare(place: Place, address: string, message: OutgoingMessage): Promise<Draft> {
  const content = xml`<t:MimeContent CharacterSet="UTF-8">${Buffer.from(message.source).toString('base64')}</t:MimeContent>`
  const item = xml`<t:Message>${content}${extended(LINK_KEY, message.messageId)}${addressed(address, message)}</t:Message>`
  const where = xml`<m:SavedItemFolderId>${wellKnown('drafts', place.owner)}</m:SavedItemFolderId>`
  const body = xml`<m:CreateItem MessageDisposition="SaveOnly">${where}<m:Items>${item}</m:Items></m:CreateItem>`
  const answer = await place.client.callOne({ name: 'CreateItem', body, doing: DOING })
  const draft = draftOf(childrenOf(answer, 'Items')[0])
  if (draft) return draft
  const words = `${DOING} failed: Exchange did not tell the id of the draft. It is tried again.`
  throw new MailboxError('transient', 'ErrorInternalServerTransientError', words, { scope: 'item' })
}

/**
 * Exchange has no envelope: it delivers to whom the message names. So recipients that no header names become blind ones,
 * and those in the headers that shall not get it are taken out; and a sender other than the mailbox is named (OE-23).
 */
function addressed(mailbox: string, { source, to }: OutgoingMessage): Xml {
  const headers = parseHeaders(headerBlock(source))
  const wanted = new Map(to.map((address) => [address.toLowerCase(), address]))
  const chosen = (people: readonly Address[]) => people.filter(({ address }) => wanted.has(address.toLowerCase()))
  const [toNow, ccNow] = [chosen(headers.to), chosen(headers.cc)]
  for (const { address } of [...toNow, ...ccNow]) wanted.delete(address.toLowerCase())
  const blind = [...wanted.values()].map((address) => ({ name: '', address }))
  const [from] = headers.from
  return xml`${toNow.length < headers.to.length ? recipients('To', toNow) : undefined}${
    ccNow.length < headers.cc.length ? recipients('Cc', ccNow) : undefined
  }${blind.length > 0 ? recipients('Bcc', blind) : undefined}${
    from?.address && from.address.toLowerCase() !== mailbox.toLowerCase()
      ? xml`<t:From>${person(from)}</t:From>`
      : undefined
  }`
}

function recipients(kind: 'To' | 'Cc' | 'Bcc', people: readonly Address[]): Xml {
  const list = people.map(person)
  if (kind === 'To') return xml`<t:ToRecipients>${list}</t:ToRecipients>`
  return kind === 'Cc' ? xml`<t:CcRecipients>${list}</t:CcRecipients>` : xml`<t:BccRecipients>${list}</t:BccRecipients>`
}

function person({ name, address }: Address): Xml {
  return xml`<t:Mailbox>${name ? xml`<t:Name>${name}</t:Name>` : undefined}<t:EmailAddress>${address}</t:EmailAddress></t:Mailbox>`
}

async function sendDraft({ client, owner }: Place, { id, changeKey }: Draft, keepCopy: boolean): Promise<void> {
  const where = keepCopy ? xml`<m:SavedItemFolderId>${wellKnown('sentitems', owner)}</m:SavedItemFolderId>` : undefined
  const body = xml`<m:SendItem SaveItemToFolder="${keepCopy}"><m:ItemIds><t:ItemId Id="${id}" ChangeKey="${changeKey}"/></m:ItemIds>${where}</m:SendItem>`
  await client.callOne({ name: 'SendItem', body, doing: DOING })
}

/** An error of Exchange says that nothing was sent. When no answer came, the mailbox itself tells what happened. */
async function afterFailure(
  place: Place,
  message: OutgoingMessage,
  draft: Draft,
  error: unknown,
): Promise<SentReference> {
  if (!(error instanceof MailboxError)) throw error
  if (!mayHaveHappened(error)) {
    if (error.kind !== 'transient' && error.kind !== 'throttled') await discard(place, draft)
    throw error
  }
  let now: Draft | 'sent' | undefined
  try {
    now = await attemptOf(place, message.messageId)
  } catch {
    throw uncertain(error) // The mailbox cannot be asked either: the first failure says more.
  }
  if (now === 'sent') return taken(message, 'Exchange took the message, its answer was lost')
  if (now === undefined) throw uncertain(error)
  throw error
}

/** The connection failed on the way: an answer of Exchange would have named its code. */
function mayHaveHappened(error: MailboxError): boolean {
  return error.kind === 'transient' && !('responseCode' in error)
}

function uncertain(error: MailboxError): MailboxError {
  const { kind, code, scope } = error
  return new MailboxError(kind, code, `${error.message} Whether the message was sent is not known.`, {
    scope,
    uncertain: true,
    cause: error,
  })
}

/** What will never be sent does not stay among a person's drafts; if it cannot be taken away, the failure still counts. */
async function discard({ client }: Place, { id }: Draft): Promise<void> {
  const body = xml`<m:DeleteItem DeleteType="HardDelete"><m:ItemIds><t:ItemId Id="${id}"/></m:ItemIds></m:DeleteItem>`
  try {
    await client.call({ name: 'DeleteItem', body, doing: 'Deleting a draft' }, { again: true })
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
  }
}
