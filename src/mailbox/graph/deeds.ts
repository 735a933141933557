import type { Category, FolderId, ItemId } from '../port.ts'
import { batch } from './batch.ts'
import { fetchStates, isGone } from './details.ts'
import type { Listed } from './message.ts'
import { segment } from './query.ts'
import type { Reader } from './reader.ts'

/** Somebody else may change a message at the same moment; so often it is read again. */
const MOST_ROUNDS = 5
const DEED = 'Marking messages'

/**
 * Puts categories on messages and takes them off, 20 in a request. A change names the version it is made from, so that
 * a category that a person sets at the same moment is not lost: refused ones are read and tried again.
 */
export async function mark(
  reader: Reader,
  folder: FolderId,
  ids: readonly ItemId[],
  change: { add?: readonly Category[]; remove?: readonly Category[] },
): Promise<void> {
  if (ids.length === 0) return
  const own = await reader.categories.offer(change.add ?? [])
  let left = [...new Set(ids)]
  for (let round = 1; left.length; round++) {
    const unknown = left.filter((id) => !reader.memory.stateOf(folder, id)?.etag)
    reader.memory.note(folder, await fetchStates(reader, folder, unknown), false)
    const due = left.flatMap((id) => {
      const state = reader.memory.stateOf(folder, id)
      const wanted = state && own.changed(state.categories, change)
      return wanted ? [{ id, wanted, etag: state.etag }] : []
    })
    const answers = await batch(
      reader.client,
      due.map(({ id, wanted, etag }) => ({
        method: 'PATCH' as const,
        path: `/messages/${segment(id)}`,
        headers: etag ? { 'If-Match': etag } : {},
        body: { categories: wanted },
      })),
      DEED,
      { repeatable: true },
    )
    left = []
    for (const [index, { id }] of due.entries()) {
      const answer = answers[index]
      // What was written has a new version, told by the answer where it tells anything.
      reader.memory.forget([id])
      if (!answer?.error) reader.memory.note(folder, answer?.body ? [answer.body] : [], false)
      else if (answer.error.kind === 'conflict' && round < MOST_ROUNDS) left.push(id)
      else if (!isGone(answer)) throw answer.error
    }
  }
}

/** Moves messages; those that are gone, or lie elsewhere by now, are left out. */
export async function move(
  reader: Reader,
  folder: FolderId,
  ids: readonly ItemId[],
  to: FolderId,
): Promise<Map<ItemId, ItemId>> {
  const there = await stillThere(reader, folder, ids)
  const answers = await batch(
    reader.client,
    there.map((id) => ({
      method: 'POST' as const,
      path: `/messages/${segment(id)}/move`,
      body: { destinationId: to },
    })),
    'Moving messages',
  )
  const moved = new Map<ItemId, ItemId>()
  for (const [index, id] of there.entries()) {
    const answer = answers[index]
    if (answer && isGone(answer)) continue
    if (answer?.error) throw answer.error
    const now = (answer?.body as Listed | undefined)?.id
    if (now) moved.set(id, now)
  }
  reader.memory.forget(there)
  return moved
}

/** Deletes messages for good; those that are gone, or lie elsewhere by now, are left alone. */
export async function remove(reader: Reader, folder: FolderId, ids: readonly ItemId[]): Promise<void> {
  const there = await stillThere(reader, folder, ids)
  const answers = await batch(
    reader.client,
    there.map((id) => ({ method: 'POST' as const, path: `/messages/${segment(id)}/permanentDelete` })),
    'Deleting messages',
    { repeatable: true },
  )
  reader.memory.forget(there)
  for (const answer of answers) if (answer.error && !isGone(answer)) throw answer.error
}

/** An id that survives a move says nothing about where the message lies now. */
async function stillThere(reader: Reader, folder: FolderId, ids: readonly ItemId[]): Promise<ItemId[]> {
  const found = await fetchStates(reader, folder, [...new Set(ids)])
  return found.map((message) => message.id as ItemId)
}
