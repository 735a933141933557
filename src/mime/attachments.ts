import type { Content } from './content.ts'
import { fallbackFileName, safeFileName, writtenFileName } from './file-name.ts'
import type { Leaf } from './walk.ts'

export interface Attachment {
  /** Safe as a file name: no path, no control characters, never empty. Not unique within a message. */
  fileName: string
  /** Lower-case, as the sender says; never trust it. */
  contentType: string
  /** Without angle brackets; HTML refers to it by `cid:`. */
  contentId?: string
  /** Part of the text rather than beside it, such as a picture in HTML. */
  inline: boolean
  /** Bytes, decoded. */
  size: number
  content: Content
}

export interface OmittedAttachment {
  fileName: string
  contentType: string
  /** Bytes as far as they were counted. */
  size: number
  /** `tooMany` stands once, for all parts beyond the limit. */
  reason: 'tooLarge' | 'blockedExtension' | 'tooMany' | 'unreadable'
}

export type AttachmentDescription = Pick<Attachment, 'fileName' | 'contentType' | 'contentId' | 'inline'>

/** @param number counts the attachments of a message, for those without a name */
export function describeAttachment(leaf: Leaf, number: number): AttachmentDescription {
  const { headers } = leaf
  const description: AttachmentDescription = {
    fileName: safeFileName(writtenFileName(headers), fallbackFileName(headers.type.value, number)),
    contentType: headers.type.value,
    inline: isInline(leaf),
  }
  if (headers.contentId !== '') description.contentId = headers.contentId
  return description
}

/** Outlook names no disposition for pictures in HTML; there it is the place that tells (RFC 2387). */
function isInline(leaf: Leaf): boolean {
  const { disposition, contentId, type } = leaf.headers
  if (disposition.value === 'attachment') return false
  if (leaf.parent?.subtype === 'related' && contentId !== '') return true
  return disposition.value === 'inline' && (contentId !== '' || type.value.startsWith('image/'))
}
