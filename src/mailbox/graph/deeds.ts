import { MailboxError } from '../errors.ts'
import type { Category, FolderId, ItemId } from '../port.ts'
import { batch } from './batch.ts'
import type { GraphClient } from './client.ts'
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
  if (change.add?.length && ids.length) await keepInMasterList(reader.client, change.add)
  let left = [...new Set(ids)]
  for (let round = 1; left.length; round++) {
    const unknown = left.filter((id) => !reader.memory.stateOf(folder, id)?.etag)
    reader.memory.note(folder, await fetchStates(reader, folder, unknown), false)
    const due = left.flatMap((id) => {
      const state = reader.memory.stateOf(folder, id)
      const wanted = state && changed(state.categories, change)
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

/** The categories a message is to have; undefined when it has them. */
function changed(
  now: readonly Category[],
  { add = [], remove = [] }: { add?: readonly Category[]; remove?: readonly Category[] },
): Category[] | undefined {
  const wanted = [...new Set([...now.filter((name) => !remove.includes(name)), ...add])]
  return wanted.length === now.length && wanted.every((name) => now.includes(name)) ? undefined : wanted
}

/** Categories known to be in the master lists of mailboxes, for this process; asking again would do no harm. */
const listed = new Map<string, Set<string>>()
const MOST_MAILBOXES = 10_000

/**
 * A category of the master list has a colour and can be chosen in Outlook. One that is missing there works all the same,
 * so a mailbox whose settings the application may not change goes without.
 */
async function keepInMasterList(client: GraphClient, categories: readonly Category[]): Promise<void> {
  const known = listed.get(client.key) ?? new Set<string>()
  if (categories.every((name) => known.has(name))) return
  if (listed.size >= MOST_MAILBOXES) listed.clear()
  try {
    const path = '/outlook/masterCategories'
    const { value } = await client.json<{ value?: { displayName?: string }[] }>({ path, deed: 'Reading categories' })
    for (const { displayName } of value?.value ?? []) if (displayName) known.add(displayName)
    for (const displayName of categories.filter((name) => !known.has(name))) await create(client, displayName)
  } catch (error) {
    if (!(error instanceof MailboxError) || error.kind !== 'denied' || error.code !== 'CredentialsIncorrect')
      throw error
  }
  for (const name of categories) known.add(name)
  listed.set(client.key, known)
}

async function create(client: GraphClient, displayName: string): Promise<void> {
  const body = { displayName, color: displayName === '$Tracked' ? 'preset4' : 'preset12' }
  try {
    await client.json({ method: 'POST', path: '/outlook/masterCategories', body, deed: 'Creating a category' })
  } catch (error) {
    // Somebody else made it first.
    if (!(error instanceof MailboxError && error.kind === 'conflict')) throw error
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
