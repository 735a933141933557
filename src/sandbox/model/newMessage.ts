import { parseHeaders } from '#mime'
import type { New } from './item.ts'
import type { Mailbox } from './mailbox.ts'
import type { Message } from './message.ts'
import { viewOf } from './messageView.ts'
import { threadOf } from './thread.ts'

export interface MessageNotes {
  draft?: boolean
  read?: boolean
  received: Date
  categories?: readonly string[]
  properties?: Message['properties']
  meeting?: Message['meeting']
}

/** What a mailbox keeps of a MIME source. */
export async function newMessage(mailbox: Mailbox, mime: Uint8Array, notes: MessageNotes): Promise<New<Message>> {
  const { draft = false, read = false, received, categories = [], properties = [], meeting } = notes
  const view = await viewOf(mime)
  const headers = parseHeaders(mime)
  return {
    kind: 'message',
    mime,
    headers,
    draft,
    read,
    flag: { status: 'notFlagged' },
    received,
    sent: headers.date ?? received,
    ...threadOf(headers, (id) => mailbox.byMessageId(id)[0], received),
    hasAttachments: view.attachments.some(({ inline }) => !inline),
    preview: previewOf(view.text),
    categories,
    properties,
    ...(meeting && { meeting }),
  }
}

/** What is different when a message gets another source: a draft that is written on. */
export async function withSource(mime: Uint8Array, received: Date) {
  const view = await viewOf(mime)
  const headers = parseHeaders(mime)
  return {
    mime,
    headers,
    sent: headers.date ?? received,
    hasAttachments: view.attachments.some(({ inline }) => !inline),
    preview: previewOf(view.text),
  }
}

function previewOf(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 255)
}
