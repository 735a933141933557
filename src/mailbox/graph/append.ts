import { MailboxError } from '../errors.ts'
import { folderNotFound } from '../failures.ts'
import type { FolderId, ItemId } from '../port.ts'
import { messageIdOf } from '../source.ts'
import type { GraphClient } from './client.ts'
import { createByFields } from './compose.ts'
import type { Listed } from './message.ts'
import { literal, query, segment } from './query.ts'

/** PidTagMessageFlags, PidTagMessageDeliveryTime ([MS-OXPROPS]). */
const FLAGS = 'Integer 0x0E07'
const DELIVERED = 'SystemTime 0x0E06'
const READ = 1

/**
 * Stores a message in a folder, once by its Message-ID (law 2). Of a MIME source Graph makes nothing but drafts, and what
 * is a draft stays one. So the message is created by its fields, with the message flags of one that was received, which
 * Exchange takes at that moment only. Headers that are no field of Exchange do not survive.
 */
export async function append(
  client: GraphClient,
  folder: FolderId,
  source: Uint8Array,
  options: { seen?: boolean; received?: Date },
): Promise<ItemId> {
  const messageId = messageIdOf(source)
  const seen = options.seen ?? false
  try {
    const there = messageId === undefined ? undefined : await existing(client, folder, messageId)
    if (there) return there
    const { id } = await createByFields(client, `/mailFolders/${segment(folder)}/messages`, source, {
      isRead: seen,
      singleValueExtendedProperties: [
        { id: FLAGS, value: String(seen ? READ : 0) },
        ...(options.received ? [{ id: DELIVERED, value: options.received.toISOString() }] : []),
      ],
    })
    return id
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
