import type * as graph from '@microsoft/microsoft-graph-types'
import type { AttachedPart } from '../model/index.ts'
import type { Entity } from './filter.ts'
import { instant } from './instant.ts'
import { writtenId } from './request.ts'

export function attachmentJson(part: AttachedPart, modified: Date, withBytes = true): Entity {
  const isItem = part.contentType === 'message/rfc822'
  return {
    '@odata.type': isItem ? '#microsoft.graph.itemAttachment' : '#microsoft.graph.fileAttachment',
    '@odata.mediaContentType': part.contentType,
    id: writtenId(part.id),
    lastModifiedDateTime: instant(modified),
    name: part.name,
    contentType: isItem ? null : part.contentType,
    size: part.content.length,
    isInline: part.inline,
    ...(!isItem && {
      contentId: part.contentId ?? null,
      contentLocation: null,
      ...(withBytes && { contentBytes: Buffer.from(part.content).toString('base64') }),
    }),
  } satisfies graph.FileAttachment & Entity
}
