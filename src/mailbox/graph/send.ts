import { MailboxError } from '../errors.ts'
import type { ItemId, OutgoingMessage, SentReference } from '../port.ts'
import { messageIdOf } from '../source.ts'
import type { GraphClient } from './client.ts'
import { createByFields } from './compose.ts'
import type { Created } from './created.ts'
import { discard } from './discard.ts'
import type { Listed } from './message.ts'
import { literal, query, segment } from './query.ts'

const DEED = 'Sending a message'

/**
 * Sends a message, once (law 2): a draft is made from its source, then submitted. Whoever comes again with the same
 * Message-ID finds the message sent, or the draft of before, and never makes a second one. Exchange keeps the Message-ID
 * and files a copy itself.
 * @throws MailboxError `uncertain` when the answer to the submission never came and the draft does not tell.
 */
export async function send(client: GraphClient, message: OutgoingMessage): Promise<SentReference> {
  checkMessage(message)
  const earlier = await earlierAttempt(client, message.messageId)
  if (earlier && !earlier.isDraft) return sent(message)
  const id = earlier?.id ?? (await draftOf(client, message))
  await submit(client, id)
  if (message.keepCopy === false) await removeCopy(client, id)
  return sent(message)
}

async function submit(client: GraphClient, id: ItemId): Promise<void> {
  try {
    await client.json({ method: 'POST', path: `/messages/${segment(id)}/send`, deed: DEED })
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    if (!isUnanswered(error)) {
      await discard(client, id)
      throw error
    }
    if (!(await isSubmitted(client, id))) throw asUncertain(error)
  }
}

const MOST_LOOKS = 5
const BETWEEN_LOOKS = 500

/**
 * Exchange files every draft that it sends; a copy that is not wanted is deleted once it lies in Sent Items, and not
 * before, which would stop it from being sent. One that takes longer, or whose deletion fails, is left: it was sent.
 */
async function removeCopy(client: GraphClient, id: ItemId): Promise<void> {
  try {
    const folder = await client.json<Listed>({ path: `/mailFolders/sentitems${query({ $select: 'id' })}`, deed: DEED })
    for (let look = 1; look <= MOST_LOOKS; look++) {
      const path = `/messages/${segment(id)}${query({ $select: 'id,isDraft,parentFolderId' })}`
      const { value } = await client.json<Listed>({ path, deed: DEED })
      if (value.isDraft === false && value.parentFolderId === folder.value.id) return await discard(client, id)
      await client.rest(BETWEEN_LOOKS, undefined)
    }
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
  }
}

function sent({ messageId }: OutgoingMessage): SentReference {
  return { messageId, response: 'Accepted by Exchange Online' }
}

/** A message of this id anywhere: sent, received by the mailbox itself, or a draft that was not submitted. */
async function earlierAttempt(
  client: GraphClient,
  messageId: string,
): Promise<{ id: ItemId; isDraft: boolean } | undefined> {
  const $filter = `internetMessageId eq ${literal(messageId)}`
  const path = `/messages${query({ $filter, $select: 'id,internetMessageId,isDraft', $top: 10 })}`
  const { value } = await client.json<{ value?: Listed[] }>({ path, deed: DEED })
  const found = (value?.value ?? []).filter((message) => message.internetMessageId === messageId)
  const best = found.find((message) => message.isDraft === false) ?? found[0]
  return best?.id ? { id: best.id, isDraft: best.isDraft !== false } : undefined
}

async function draftOf(client: GraphClient, message: OutgoingMessage): Promise<ItemId> {
  const created = await createDraft(client, withBlindCopies(message))
  if (created.internetMessageId === message.messageId) return created.id
  // It is the key by which the message is found again; of a draft it may be set.
  try {
    const body = { internetMessageId: message.messageId }
    const path = `/messages/${segment(created.id)}`
    await client.json({ method: 'PATCH', path, body, deed: DEED, repeatable: true })
  } catch (error) {
    await discard(client, created.id)
    throw error
  }
  return created.id
}

/** Graph takes requests of 4 MB; a source grows by a third as base64. */
const MOST_MIME = 2_900_000

/** A draft of the source as it is; of one that is too large for a request, by its fields. */
async function createDraft(client: GraphClient, source: Uint8Array): Promise<Created> {
  if (source.length > MOST_MIME) return createByFields(client, '/messages', source)
  const body = { mime: Buffer.from(source).toString('base64') }
  const { value } = await client.json<Listed>({ method: 'POST', path: '/messages', body, deed: DEED })
  return { id: value.id as ItemId, ...(value.internetMessageId ? { internetMessageId: value.internetMessageId } : {}) }
}

/** Graph knows no envelope: blind copies are told by a header, which Exchange takes off. */
function withBlindCopies({ source, bcc = [] }: OutgoingMessage): Uint8Array {
  if (!bcc.length) return source
  return Buffer.concat([Buffer.from(`Bcc: ${bcc.join(',\r\n ')}\r\n`), source])
}

/** Whether the submission may have been carried out although the answer says nothing about it. */
function isUnanswered({ kind, code }: MailboxError): boolean {
  return kind === 'transient' || code === 'Timeout' || code === 'ConnectFailure'
}

/** An item keeps its id on its way from Drafts to Sent Items, so it can be asked where it is. */
async function isSubmitted(client: GraphClient, id: ItemId): Promise<boolean> {
  try {
    const path = `/messages/${segment(id)}${query({ $select: 'id,isDraft' })}`
    const { value } = await client.json<Listed>({ path, deed: DEED })
    return value.isDraft === false
  } catch (error) {
    // Not there: sent without a copy, or on its way. Nobody can say; nor when the question goes unanswered.
    if (error instanceof MailboxError) return false
    throw error
  }
}

function asUncertain(error: MailboxError): MailboxError {
  const text = `${error.message} Whether the message was sent is not known; it is looked for before it is sent again.`
  return new MailboxError(error.kind, error.code, text, {
    scope: error.scope,
    uncertain: true,
    cause: error,
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
  })
}

const MOST_RECIPIENTS = 1_000

/** Nothing in an address can become a header, and the key is the one the message carries (law 2). */
function checkMessage(message: OutgoingMessage): void {
  const wrong = [...message.to, ...(message.bcc ?? [])].find((address) => !isAddress(address))
  if (wrong !== undefined) throw invalid(`${JSON.stringify(wrong.slice(0, 320))} is not an email address`)
  if (message.to.length === 0) throw invalid('it has no recipients')
  if (message.to.length > MOST_RECIPIENTS) throw invalid(`it has more than ${MOST_RECIPIENTS} recipients`)
  if (messageIdOf(message.source) !== message.messageId)
    throw invalid(`its header Message-ID is not ${message.messageId.slice(0, 200)}`)
}

function isAddress(address: string): boolean {
  return address.length <= 320 && /^[^\p{Cc}\s<>(),;:\\"[\]@]+@[^\p{Cc}\s<>(),;\\"@]+$/u.test(address)
}

function invalid(why: string): MailboxError {
  return new MailboxError('permanent', 'MessageRefused', `The message cannot be sent: ${why}.`, { scope: 'item' })
}
