import { createHash } from 'node:crypto'
import { type ParsedMessage, parseMessage } from '#mime'
import type { Body } from './base.ts'

/** A file or a message that is part of a message, as its MIME source has it. */
export interface AttachedPart {
  /** Stable as long as the source is. */
  id: string
  name: string
  contentType: string
  contentId?: string | undefined
  inline: boolean
  content: Uint8Array
}

/** What is to be read in a message besides its header. */
export interface MessageView {
  body: Body
  /** The text, or that of the HTML. */
  text: string
  attachments: readonly AttachedPart[]
}

const views = new WeakMap<Uint8Array, Promise<MessageView>>()

/** Reads the MIME source once; the same source gives the same view. */
export function viewOf(mime: Uint8Array): Promise<MessageView> {
  const known = views.get(mime)
  if (known) return known
  const view = read(mime)
  views.set(mime, view)
  return view
}

async function read(mime: Uint8Array): Promise<MessageView> {
  const parsed = await parseMessage(mime, { memoryLimit: Number.POSITIVE_INFINITY })
  try {
    return {
      body: bodyOf(parsed),
      text: parsed.searchText,
      attachments: await Promise.all(
        parsed.attachments.map(async (part, index) => ({
          id: attachmentId(mime, index),
          name: part.fileName,
          contentType: part.contentType,
          contentId: part.contentId,
          inline: part.inline,
          content: await part.content.bytes(),
        })),
      ),
    }
  } finally {
    await parsed.close()
  }
}

/** HTML before text, as Exchange shows a message that has both. */
function bodyOf({ html, text }: ParsedMessage): Body {
  return html === undefined ? { type: 'text', content: text ?? '' } : { type: 'html', content: html }
}

function attachmentId(mime: Uint8Array, index: number): string {
  return `AAMkAGAt${createHash('sha512').update(mime).update(String(index)).digest('base64').slice(0, 64)}`
}
