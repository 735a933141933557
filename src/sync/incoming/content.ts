import type { Readable } from 'node:stream'
import type { Blobs, Executor } from '#database'
import { type Mailbox, MailboxError } from '#mailbox'
import { type ParsedMessage, parseMessage } from '#mime'
import type { Settings } from '#options'
import type { Content } from './emailRows.ts'
import type { Message } from './model.ts'

/** What may be kept of a message (T-91, MB-92). */
export interface ContentLimits {
  attachmentBytes: number
  blockedExtensions: readonly string[]
  bodyCharacters: number
}

/** T-91, MB-92. */
export function contentLimits({ organization }: { organization: Settings }): ContentLimits {
  const blocked = String(organization['BlockedAttachments'] ?? '')
  return {
    attachmentBytes: Number(organization['MaxUploadFileSize']) * 1024,
    blockedExtensions: blocked
      .split(';')
      .map((extension) => extension.trim().toLowerCase())
      .filter(Boolean),
    bodyCharacters: 1_000_000,
  }
}

/** A body that could not be read; the others of the page go on (FT-30). */
export class UnreadableMessage extends Error {
  constructor(itemId: string, cause: unknown) {
    super(`The message ${itemId} could not be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'UnreadableMessage'
  }
}

export type Fetched = Map<string, ParsedMessage | UnreadableMessage>

/** Fetches and parses the sources of messages of one folder. Messages that are gone by now are missing from the result. */
export async function fetchContents(
  mailbox: Mailbox,
  folderId: string,
  messages: readonly Pick<Message, 'itemId' | 'size'>[],
  limits: ContentLimits,
  signal?: AbortSignal,
): Promise<Fetched> {
  const fetched: Fetched = new Map()
  if (!messages.length) return fetched
  const sizes = new Map(messages.map((message) => [message.itemId, message.size]))
  try {
    for await (const raw of mailbox.raw(folderId, [...sizes.keys()], { sizes, ...(signal ? { signal } : {}) })) {
      const content = await parse(raw.id, raw.source, limits)
      if (content) fetched.set(raw.id, content)
    }
    return fetched
  } catch (error) {
    await releaseContents(fetched)
    throw error
  }
}

/** Undefined when the message was deleted while it was read. @throws what no message is to blame for. */
async function parse(
  id: string,
  source: Uint8Array | Readable,
  limits: ContentLimits,
): Promise<ParsedMessage | UnreadableMessage | undefined> {
  try {
    return await parseMessage(source, {
      maxAttachmentBytes: limits.attachmentBytes,
      blockedExtensions: limits.blockedExtensions,
      maxBodyCharacters: limits.bodyCharacters,
    })
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') return undefined
    if (isFaultOfOthers(error)) throw error
    return new UnreadableMessage(id, error)
  }
}

/** The connection, a cycle that was told to stop, or this machine, e.g. its full disk (SC-52, SC-56). */
function isFaultOfOthers(error: unknown): boolean {
  if (error instanceof MailboxError) return error.scope === 'server' || error.code === 'Timeout'
  return error !== null && typeof error === 'object' && 'syscall' in error
}

/** Stores the attachments of parsed messages as blobs, one statement for all, and gives each message its content. */
export async function storeContents(tx: Executor, blobs: Blobs, parsed: readonly ParsedMessage[]): Promise<Content[]> {
  const attachments = parsed.flatMap((message) => message.attachments)
  const bytes = await Promise.all(attachments.map((attachment) => attachment.content.bytes()))
  const hashes = bytes.length ? await blobs.put(tx, bytes) : []
  const hashOf = new Map(attachments.map((attachment, index) => [attachment, hashes[index] as string]))
  return parsed.map((message) => ({
    body: message.html ?? message.text ?? '',
    html: message.html !== undefined,
    attachments: message.attachments.map((attachment) => ({
      name: attachment.fileName,
      type: attachment.contentType,
      size: attachment.size,
      hash: hashOf.get(attachment) as string,
      inline: attachment.inline,
      ...(attachment.contentId === undefined ? {} : { contentId: attachment.contentId }),
    })),
    attachmentsOmitted: message.attachmentsOmitted.length,
    bodyTruncated: message.bodyTruncated,
  }))
}

/** Gives back what parsed messages hold outside memory. */
export async function releaseContents(fetched: Fetched): Promise<void> {
  for (const content of fetched.values()) if (!(content instanceof UnreadableMessage)) await content.close()
}
