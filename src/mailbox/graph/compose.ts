import type { FileAttachment, Message } from '@microsoft/microsoft-graph-types'
import { type Address, type ParsedMessage, parseMessage } from '#mime'
import type { ItemId } from '../port.ts'
import type { GraphClient } from './client.ts'
import type { Created } from './created.ts'
import { discard } from './discard.ts'
import type { Listed } from './message.ts'
import { segment } from './query.ts'
import { upload } from './upload.ts'

/** Attachments that go in one request with the message, altogether; Graph takes requests of 4 MB. */
const MOST_TOGETHER = 2_900_000
const LIMITS = { maxAttachmentBytes: 150_000_000, blockedExtensions: [], maxBodyCharacters: 3_000_000 }
/** PidTagInReplyTo, PidTagInternetReferences, PidTagClientSubmitTime ([MS-OXPROPS]). */
const IN_REPLY_TO = 'String 0x1042'
const REFERENCES = 'String 0x1039'
const SENT = 'SystemTime 0x0039'

/**
 * Creates a message by its fields, taken from its source: for what a source cannot say, or is too large to. Attachments
 * that are too large to go along are uploaded; when that fails half-way the message is deleted.
 * @param path of the collection that takes it
 */
export async function createByFields(
  client: GraphClient,
  path: string,
  source: Uint8Array,
  more: Pick<Message, 'isRead' | 'singleValueExtendedProperties'> = {},
): Promise<Created> {
  const parsed = await parseMessage(source, LIMITS)
  try {
    const attachments = await attachmentsOf(parsed)
    const total = attachments.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const goAlong = total <= MOST_TOGETHER
    const fields = fieldsOf(parsed)
    const deed = 'Storing a message'
    const body = {
      ...fields,
      ...more,
      singleValueExtendedProperties: [
        ...(fields.singleValueExtendedProperties ?? []),
        ...(more.singleValueExtendedProperties ?? []),
      ],
      ...(goAlong && attachments.length ? { attachments: attachments.map(inline) } : {}),
    }
    const { value } = await client.json<Listed>({ method: 'POST', path, body, deed })
    const id = value.id as ItemId
    if (!goAlong) await attachAll(client, id, attachments)
    return { id, ...(value.internetMessageId ? { internetMessageId: value.internetMessageId } : {}) }
  } finally {
    await parsed.close()
  }
}

interface Part {
  about: { name: string; contentType: string; isInline: boolean; contentId?: string }
  bytes: Uint8Array
}

async function attachmentsOf({ attachments }: ParsedMessage): Promise<Part[]> {
  const parts: Part[] = []
  for (const { fileName, contentType, contentId, inline: isInline, content } of attachments)
    parts.push({
      about: { name: fileName, contentType, isInline, ...(contentId ? { contentId } : {}) },
      bytes: await content.bytes(),
    })
  return parts
}

async function attachAll(client: GraphClient, id: ItemId, parts: readonly Part[]): Promise<void> {
  try {
    for (const part of parts) {
      const { about, bytes } = part
      if (bytes.length > MOST_TOGETHER) await upload(client, `/messages/${segment(id)}`, about, bytes)
      else
        await client.json({
          method: 'POST',
          path: `/messages/${segment(id)}/attachments`,
          body: inline(part),
          deed: `Attaching ${JSON.stringify(about.name)}`,
        })
    }
  } catch (error) {
    await discard(client, id)
    throw error
  }
}

function inline({ about, bytes }: Part): FileAttachment & { '@odata.type': string } {
  const contentBytes = Buffer.from(bytes).toString('base64')
  return { '@odata.type': '#microsoft.graph.fileAttachment', ...about, contentBytes }
}

function fieldsOf({ headers, html, text }: ParsedMessage): Message {
  const properties = [
    { id: IN_REPLY_TO, value: headers.inReplyTo ?? '' },
    { id: REFERENCES, value: headers.references.join(' ') },
    { id: SENT, value: headers.date?.toISOString() ?? '' },
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
    singleValueExtendedProperties: properties,
  }
}

function recipient({ name, address }: Address) {
  return { emailAddress: { address, ...(name ? { name } : {}) } }
}
