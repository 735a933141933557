import type { Attachment, OmittedAttachment } from './attachments.ts'
import type { MessageHeaders } from './headers.ts'

export interface ParsedMessage {
  /** As `parseHeaders` gives them, with `kind`, `rightsProtected` corrected by what the parts say. */
  headers: MessageHeaders
  /** As its sender wrote it: dangerous. Pass it through `sanitizeHtml` before it is shown (T-90). */
  html?: string
  text?: string
  /** The plain text, or that of the HTML. For searching and previews. */
  searchText: string
  /** T-91: the body was cut. */
  bodyTruncated: boolean
  attachments: Attachment[]
  /** T-91: what was left out, and why. */
  attachmentsOmitted: OmittedAttachment[]
  /** Bytes of the source. */
  size: number
  /** Gives back the file of large attachments; call it once nothing reads them any more. */
  close(): Promise<void>
}
