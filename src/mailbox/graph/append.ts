import { MailboxError } from '../errors.ts'
import { folderNotFound } from '../failures.ts'
import type { FolderId, ItemId } from '../port.ts'
import { messageIdOf } from '../source.ts'
import type { GraphClient } from './client.ts'
import type { Created } from './created.ts'
import { largeDraft } from './largeDraft.ts'
import type { Listed } from './message.ts'
import { literal, query, segment } from './query.ts'

/** Graph takes requests of 4 MB; a MIME source grows by a third as base64. */
const MOST_MIME = 2_900_000
/** PidTagMessageFlags, PidTagMessageDeliveryTime ([MS-OXPROPS]). */
const FLAGS = 'Integer 0x0E07'
const DELIVERED = 'SystemTime 0x0E06'
const READ = 1

/**
 * Creates a message from its source, as a draft: Graph makes nothing else of MIME. Large ones are taken apart.
 * @param folder where; Drafts if it is not given
 */
export async function createFromMime(client: GraphClient, source: Uint8Array, folder?: FolderId): Promise<Created> {
  const path = folder === undefined ? '/messages' : `/mailFolders/${segment(folder)}/messages`
  if (source.length > MOST_MIME) return largeDraft(client, source, path)
  const { value } = await client.json<Listed>({
    method: 'POST',
    path,
    body: { mime: Buffer.from(source).toString('base64') },
    deed: 'Storing a message',
  })
  const { id, internetMessageId } = value
  return { id: id as ItemId, ...(internetMessageId ? { internetMessageId } : {}) }
}

/**
 * Stores a message in a folder, once by its Message-ID (law 2). Exchange is asked to take it for one that was received:
 * it keeps the time, and whether it was read; that it is no draft it keeps only where it accepts message flags after
 * creation, else people see it as a draft.
 */
export async function append(
  client: GraphClient,
  folder: FolderId,
  source: Uint8Array,
  options: { seen?: boolean; received?: Date },
): Promise<ItemId> {
  const messageId = messageIdOf(source)
  try {
    const there = messageId === undefined ? undefined : await existing(client, folder, messageId)
    if (there) return there
    const created = await createFromMime(client, source, folder)
    const seen = options.seen ?? false
    await client.json({
      method: 'PATCH',
      path: `/messages/${segment(created.id)}`,
      body: {
        isRead: seen,
        singleValueExtendedProperties: [
          { id: FLAGS, value: String(seen ? READ : 0) },
          ...(options.received ? [{ id: DELIVERED, value: options.received.toISOString() }] : []),
        ],
      },
      deed: 'Storing a message',
      repeatable: true,
    })
    return created.id
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') throw folderNotFound(folder, error)
    throw error
  }
}

async function existing(client: GraphClient, folder: FolderId, messageId: string): Promise<ItemId | undefined> {
  const $filter = `internetMessageId eq ${literal(messageId)}`
  const path = `/mailFolders/${segment(folder)}/messages${query({ $filter, $select: 'id,internetMessageId', $top: 10 })}`
  const { value } = await client.json<{ value?: Listed[] }>({ path, deed: 'Looking for a message' })
  return value?.value?.find((message) => message.internetMessageId === messageId)?.id
}
