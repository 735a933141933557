import type { MailboxError } from '../errors.ts'
import type { FolderId, ItemHeaders, ItemId } from '../port.ts'
import { batch, type PartAnswer } from './batch.ts'
import { HEADER_FIELDS, headersOf, type Listed, listing, STATE_FIELDS, stateOf } from './message.ts'
import { segment } from './query.ts'
import type { Reader } from './reader.ts'

/** Fewer are asked for one by one, in one batch. */
const WORTH_A_LISTING = 3
const MOST_LISTED = 250

/** Messages as they are now, 20 in each request. Those that are gone, or lie elsewhere by now, are left out. */
export async function fetchStates(
  reader: Reader,
  folder: FolderId,
  ids: readonly ItemId[],
  signal?: AbortSignal,
): Promise<Listed[]> {
  return fetchWhole(reader, folder, ids, STATE_FIELDS, signal)
}

/**
 * The headers of messages: from the page that listed them, else with one listing of the time in which they arrived, and
 * what that does not bring 20 in each request.
 */
export async function fetchHeaders(reader: Reader, folder: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
  const found = new Map<ItemId, ItemHeaders>()
  const take = (message: Listed) => {
    const state = stateOf(message)
    if (!state || (state.folder !== undefined && state.folder !== folder)) return
    const { id, received, size } = state
    found.set(id, { id, received, size, headers: headersOf(message) })
  }
  for (const id of ids) {
    const known = reader.memory.takeHeaders(folder, id)
    if (known) found.set(id, known)
  }
  const missing = () => ids.filter((id) => !found.has(id))
  for (const message of await listedAround(reader, folder, missing())) take(message)
  for (const message of await fetchWhole(reader, folder, missing(), HEADER_FIELDS)) take(message)
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** Messages that arrived between the first and the last of these, when their arrival is known. */
async function listedAround(reader: Reader, folder: FolderId, ids: readonly ItemId[]): Promise<Listed[]> {
  if (ids.length < WORTH_A_LISTING) return []
  const times = ids.flatMap((id) => reader.memory.stateOf(folder, id)?.received.getTime() ?? [])
  if (times.length < WORTH_A_LISTING) return []
  const from = times.reduce((least, time) => Math.min(least, time))
  const to = times.reduce((most, time) => Math.max(most, time))
  const { value } = await reader.client.json<{ value?: Listed[] }>({
    path: `/mailFolders/${segment(folder)}/messages${listing(HEADER_FIELDS, {
      $filter: `receivedDateTime ge ${instant(from)} and receivedDateTime lt ${instant(to + 1_000)}`,
      $orderby: 'receivedDateTime asc',
      $top: Math.min(ids.length + 20, MOST_LISTED),
    })}`,
    deed: 'Reading headers',
  })
  const wanted = new Set(ids)
  return (value?.value ?? []).filter((message) => wanted.has(message.id ?? ''))
}

/** As filters name it: to the second. */
function instant(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

async function fetchWhole(
  { client }: Reader,
  folder: FolderId,
  ids: readonly ItemId[],
  fields: Record<'$select' | '$expand', string>,
  signal?: AbortSignal,
): Promise<Listed[]> {
  if (!ids.length) return []
  const parts = ids.map((id) => ({ method: 'GET' as const, path: `/messages/${segment(id)}${listing(fields)}` }))
  const answers = await batch(client, parts, 'Reading messages', { signal })
  return answers.flatMap((answer) => {
    if (isGone(answer)) return []
    if (answer.error) throw answer.error
    const message = answer.body as Listed
    return message.parentFolderId === undefined || message.parentFolderId === folder ? [message] : []
  })
}

/** Whether the part failed because the message is not there. @see MailboxError */
export function isGone({ error }: { error?: MailboxError } | PartAnswer): boolean {
  return error?.kind === 'notFound'
}
