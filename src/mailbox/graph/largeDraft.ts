import type { Message } from '@microsoft/microsoft-graph-types'
import { type Address, type Attachment, type ParsedMessage, parseMessage } from '#mime'
import type { ItemId } from '../port.ts'
import type { GraphClient } from './client.ts'
import type { Created } from './created.ts'
import type { Listed } from './message.ts'
import { segment } from './query.ts'
import { upload } from './upload.ts'

/** Larger attachments go through an upload session: https://learn.microsoft.com/graph/outlook-large-attachments. */
const MOST_INLINE = 2_900_000
const LIMITS = { maxAttachmentBytes: 150_000_000, blockedExtensions: [], maxBodyCharacters: 3_000_000 }

/**
 * Creates a draft from a source that is too large for one request: the message by its fields, then each attachment. When
 * that fails half-way the draft is deleted.
 * @param path of the collection that takes it
 */
export async function largeDraft(client: GraphClient, source: Uint8Array, path: string): Promise<Created> {
  const parsed = await parseMessage(source, LIMITS)
  try {
    const deed = 'Storing a large message'
    const { value } = await client.json<Listed>({ method: 'POST', path, body: messageOf(parsed), deed })
    const id = value.id as ItemId
    try {
      for (const attachment of parsed.attachments) await attach(client, id, attachment)
    } catch (error) {
      await discard(client, id)
      throw error
    }
    return { id, ...(value.internetMessageId ? { internetMessageId: value.internetMessageId } : {}) }
  } finally {
    await parsed.close()
  }
}

/** Deletes a draft nobody shall find. */
export async function discard(client: GraphClient, id: ItemId): Promise<void> {
  const path = `/messages/${segment(id)}/permanentDelete`
  await client.json({ method: 'POST', path, deed: 'Deleting a draft', repeatable: true })
}

function messageOf({ headers, html, text }: ParsedMessage): Message {
  const properties = [
    { id: 'String 0x1042', value: headers.inReplyTo ?? '' },
    { id: 'String 0x1039', value: headers.references.join(' ') },
  ].filter(({ value }) => value !== '')
  const [from] = headers.from
  const [sender] = headers.sender
  return {
    subject: headers.subject,
    body: html === undefined ? { contentType: 'text', content: text ?? '' } : { contentType: 'html', content: html },
    ...(from ? { from: recipient(from) } : {}),
    ...(sender ? { sender: recipient(sender) } : {}),
    toRecipients: headers.to.map(recipient),
    ccRecipients: headers.cc.map(recipient),
    bccRecipients: headers.bcc.map(recipient),
    replyTo: headers.replyTo.map(recipient),
    importance: headers.importance,
    ...(headers.messageId ? { internetMessageId: headers.messageId } : {}),
    ...(properties.length ? { singleValueExtendedProperties: properties } : {}),
  }
}

function recipient({ name, address }: Address) {
  return { emailAddress: { address, ...(name ? { name } : {}) } }
}

async function attach(client: GraphClient, id: ItemId, attachment: Attachment): Promise<void> {
  const { fileName, contentType, contentId, inline, content } = attachment
  const bytes = await content.bytes()
  const about = { name: fileName, contentType, isInline: inline, ...(contentId ? { contentId } : {}) }
  if (bytes.length > MOST_INLINE) return upload(client, id, about, bytes)
  await client.json({
    method: 'POST',
    path: `/messages/${segment(id)}/attachments`,
    body: {
      '@odata.type': '#microsoft.graph.fileAttachment',
      ...about,
      contentBytes: Buffer.from(bytes).toString('base64'),
    },
    deed: `Attaching ${JSON.stringify(fileName)}`,
  })
}
