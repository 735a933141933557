import { folderNotFound } from '../failures.ts'
import type { FolderId, FoundItem, ItemId } from '../port.ts'
import { batch } from './batch.ts'
import type { GraphClient } from './client.ts'
import type { Listed } from './message.ts'
import { literal, query, segment } from './query.ts'

/** More copies of one message than this are not looked for in one place. */
const MOST = 100

/** Where messages with this Message-ID lie: in these folders, or anywhere. */
export async function find(
  client: GraphClient,
  messageId: string,
  folders: readonly FolderId[] | undefined,
): Promise<FoundItem[]> {
  const wanted = query({
    $filter: `internetMessageId eq ${literal(messageId)}`,
    $select: 'id,parentFolderId,internetMessageId',
    $top: MOST,
  })
  if (folders === undefined) {
    const path = `/messages${wanted}`
    const { value } = await client.json<{ value?: Listed[] }>({ path, deed: 'Looking for a message' })
    return itemsOf(value?.value, messageId).flatMap((message) =>
      message.parentFolderId ? [{ folder: message.parentFolderId, id: message.id as ItemId }] : [],
    )
  }
  const parts = folders.map((folder) => ({
    method: 'GET' as const,
    path: `/mailFolders/${segment(folder)}/messages${wanted}`,
  }))
  const answers = await batch(client, parts, 'Looking for a message')
  return folders.flatMap((folder, index) => {
    const answer = answers[index]
    if (answer?.error?.kind === 'notFound') throw folderNotFound(folder, answer.error)
    if (answer?.error) throw answer.error
    const { value } = (answer?.body ?? {}) as { value?: Listed[] }
    return itemsOf(value, messageId).map((message) => ({ folder, id: message.id as ItemId }))
  })
}

/** Exchange compares without regard to case; a Message-ID is another with other letters. */
function itemsOf(messages: readonly Listed[] | undefined, messageId: string): Listed[] {
  return (messages ?? []).filter((message) => message.id && message.internetMessageId === messageId)
}
