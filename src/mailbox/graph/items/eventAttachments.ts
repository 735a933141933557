import { MailboxError } from '../../errors.ts'
import type { ItemId } from '../../ids.ts'
import type { NewAttachment } from '../../items/common.ts'
import type { GraphClient } from '../client.ts'
import { segment } from '../query.ts'
import { upload } from '../upload.ts'

/** Larger ones go piece by piece. */
const MOST_TOGETHER = 3 * 1024 * 1024 - 1024
/** Exchange Online takes no larger ones. */
const MOST_BYTES = 150 * 1024 * 1024

export const ATTACHMENT_FIELDS = { $select: 'id,name,contentType,size,isInline' }

export async function attach(
  client: GraphClient,
  event: ItemId,
  { name, type, content }: NewAttachment,
): Promise<void> {
  const path = `/events/${segment(event)}`
  const about = { name, contentType: type, isInline: false }
  if (content.length > MOST_TOGETHER) return upload(client, path, about, content)
  const contentBytes = Buffer.from(content).toString('base64')
  await client.json({
    method: 'POST',
    path: `${path}/attachments`,
    body: { '@odata.type': '#microsoft.graph.fileAttachment', ...about, contentBytes },
    deed: `Attaching ${JSON.stringify(name)}`,
  })
}

/** One that is gone already is no failure. */
export async function detach(client: GraphClient, event: ItemId, attachment: string): Promise<void> {
  try {
    const path = `/events/${segment(event)}/attachments/${segment(attachment)}`
    await client.json({ method: 'DELETE', path, deed: 'Deleting an attachment', repeatable: true })
  } catch (error) {
    if (!(error instanceof MailboxError && error.kind === 'notFound')) throw error
  }
}

/** @throws MailboxError `tooLarge` */
export async function attachmentContent(client: GraphClient, event: ItemId, attachment: string): Promise<Uint8Array> {
  const path = `/events/${segment(event)}/attachments/${segment(attachment)}/$value`
  const { body } = await client.stream({ path, deed: 'Reading an attachment' })
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    pieces.push(piece as Buffer)
    size += (piece as Buffer).length
    if (size <= MOST_BYTES) continue
    throw new MailboxError('tooLarge', 'MessageTooLarge', 'The attachment is larger than 150 MB.', { scope: 'item' })
  }
  return Buffer.concat(pieces)
}
