import type { AttachedPart, FileAttachment, Item } from '../../model/index.ts'
import { type Content, tag, type Xml } from '../xml.ts'
import { dateTime, type Subject } from './property.ts'

/** Of whichever item; what is attached to a message is as old as the message. */
export type AnyAttachment = FileAttachment | AttachedPart

/** The attachments of an item, without their content. */
export function attachmentsOf({ item, view }: Pick<Subject, 'item' | 'view'>): readonly AnyAttachment[] {
  return item.kind === 'message' ? (view?.attachments ?? []) : item.attachments
}

export function viewAttachments(subject: Subject): Content {
  const attachments = attachmentsOf(subject)
  return attachments.length ? attachments.map((attachment) => writeAttachment(subject.item, attachment)) : undefined
}

/** An attached message is an item to Exchange, everything else a file. */
export function isItemAttachment({ contentType }: AnyAttachment): boolean {
  return contentType === 'message/rfc822'
}

/** @param content what is added to the end: the content, for GetAttachment */
export function writeAttachment(item: Item, attachment: AnyAttachment, content?: Xml, root = false): Xml {
  const id = attachmentId(item.entryId, attachment.id)
  return tag(
    isItemAttachment(attachment) ? 't:ItemAttachment' : 't:FileAttachment',
    {},
    tag('t:AttachmentId', root ? { Id: id, RootItemId: item.entryId, RootItemChangeKey: item.changeKey } : { Id: id }),
    tag('t:Name', {}, attachment.name),
    tag('t:ContentType', {}, attachment.contentType),
    attachment.contentId !== undefined && attachment.contentId !== ''
      ? tag('t:ContentId', {}, attachment.contentId)
      : undefined,
    tag('t:Size', {}, attachment.content.byteLength),
    tag('t:LastModifiedTime', {}, dateTime('modified' in attachment ? attachment.modified : item.created)),
    tag('t:IsInline', {}, attachment.inline),
    content,
  )
}

/** The id of an attachment names its item too. */
export function attachmentId(entryId: string, attachment: string): string {
  return Buffer.from(JSON.stringify([entryId, attachment])).toString('base64')
}

/** What `attachmentId` made an id of; nothing for what it did not make. */
export function readAttachmentId(id: string): { entryId: string; attachment: string } | undefined {
  try {
    const [entryId, attachment] = JSON.parse(Buffer.from(id, 'base64').toString()) as unknown[]
    return typeof entryId === 'string' && typeof attachment === 'string' ? { entryId, attachment } : undefined
  } catch {
    // No id of ours.
    return undefined
  }
}
