import type { NewAttachment } from '#mime'
import { EwsFailure } from '../failure.ts'
import { child, type Element, textOf } from '../xml.ts'

/** An attachment as a request has it, whole in memory. */
export type GivenAttachment = NewAttachment & { content: Buffer }

/** The attachments of an Attachments element. @throws EwsFailure for one that has no name or no content */
export function readAttachments(element: Element | undefined): GivenAttachment[] {
  return (element?.children ?? []).map(readAttachment)
}

function readAttachment(element: Element): GivenAttachment {
  const fileName = textOf(element, 'Name')
  const content = contentOf(element)
  if (content === undefined) throw new EwsFailure('ErrorInvalidRequest', 'The attachment has no content.')
  const contentId = textOf(element, 'ContentId')
  const contentType = element.name === 'ItemAttachment' ? 'message/rfc822' : textOf(element, 'ContentType')
  return {
    fileName: fileName ?? 'attachment',
    content: Buffer.from(content.replaceAll(/\s+/g, ''), 'base64'),
    ...(contentType !== undefined && { contentType }),
    ...(contentId !== undefined && contentId !== '' && { contentId }),
  }
}

/** Base64 of a file, or of the MIME source of an attached message. */
function contentOf(element: Element): string | undefined {
  if (element.name === 'FileAttachment') return textOf(element, 'Content')
  return textOf(child(element, 'Message') ?? child(element, 'Item'), 'MimeContent')
}
