import type { Executor } from '#database'
import { safeFileName } from '#mime'
import type { Principal } from '#records'
import { atomically, type OutgoingDependencies, rowsWhere } from './context.ts'

export interface NewFile {
  fileName: string
  mimeType?: string
  content: Uint8Array
  /** Makes it a picture that the HTML shows by `cid:`. */
  contentId?: string
}

/**
 * Adds a file to a draft, as the person.
 * @returns the id of the attachment
 * @throws RecordError unless the email may be written and is open (T-92)
 */
export function attachFile(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  { fileName, mimeType, content, contentId }: NewFile,
  executor?: Executor,
): Promise<string> {
  return atomically(dependencies, executor, async (tx) => {
    const access = dependencies.records.as(principal).in(tx)
    const there = await rowsWhere(access, 'activitymimeattachment', 'objectid', [emailId], {
      columns: ['attachmentnumber'],
    })
    const [contenthash] = await dependencies.database.blobs.put(tx, [content])
    return access.create('activitymimeattachment', {
      objectid: { table: 'email', id: emailId },
      filename: safeFileName(fileName, 'attachment'),
      mimetype: mimeType ?? 'application/octet-stream',
      filesize: content.length,
      attachmentnumber: 1 + Math.max(-1, ...there.map((row) => Number(row['attachmentnumber'] ?? 0))),
      isinline: contentId !== undefined,
      ...(contenthash === undefined ? {} : { contenthash }),
      ...(contentId === undefined ? {} : { attachmentcontentid: contentId }),
    })
  })
}
