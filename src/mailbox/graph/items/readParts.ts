import { MailboxError } from '../../errors.ts'
import type { FolderId, ItemId } from '../../ids.ts'
import type { Item, UnreadableItem } from '../../items/port.ts'
import { batch, type PartAnswer } from '../batch.ts'
import { isGone } from '../details.ts'
import type { Kit } from './kit.ts'
import { broken, type Raw } from './raw.ts'

const DEED = 'Reading items'

/** An answer for an item that is there: what was told of it, or why it was not. */
export type Found = { id: ItemId } & ({ raw: Raw } | { error: MailboxError })

/**
 * Items by their ids, 20 in each request, in the order they were asked for. Those that are gone are left out.
 * @throws MailboxError for what is no matter of a single item: the folder itself is denied, or the server is ill
 */
export async function readParts(
  { client }: Kit,
  ids: readonly ItemId[],
  pathOf: (id: ItemId) => string,
  folderPath: string,
): Promise<Found[]> {
  const parts = ids.map((id) => ({ method: 'GET' as const, path: pathOf(id) }))
  const answers = await batch(client, parts, DEED)
  const here = answers.flatMap((answer, index) => (isGone(answer) ? [] : [{ id: ids[index] ?? '', answer }]))
  const isIll = here.length >= ILL_AT && here.every(({ answer }) => isStumble(answer))
  const there = here.map(({ id, answer }) => found(id, answer, isIll))
  const denied = there.length > 0 && there.every((one) => 'error' in one && one.error.kind === 'denied')
  // Whoever is denied everything may lack the right to the folder: then this says so.
  if (denied) await client.json({ path: folderPath, deed: DEED })
  return there
}

function found(id: ItemId, answer: PartAnswer, isIll: boolean): Found {
  const { error, body } = answer
  if (!error) return { id, raw: (body ?? {}) as Raw }
  if (isOfItem(answer) && !(isIll && isStumble(answer))) return { id, error }
  throw error
}

/** A service that stumbles over so many items, and reads none, is ill. */
const ILL_AT = 3

const isStumble = ({ status, error }: PartAnswer): boolean => error?.kind === 'transient' && status === 500

/** Whether it is that one item which is denied or broken, and not the mailbox (SC-56). */
export function isOfItem(answer: PartAnswer): boolean {
  const { status, error } = answer
  return (error?.kind === 'denied' && status === 403) || error?.kind === 'permanent' || isStumble(answer)
}

/** The names of categories that these items carry. */
export function carriedBy(found: readonly Found[]): string[] {
  return found.flatMap((one) => ('raw' in one ? ((one.raw['categories'] as string[] | null | undefined) ?? []) : []))
}

/** The item, or why it cannot be read: its folder goes on without it. */
export function itemOr(kit: Kit, folder: FolderId, id: ItemId, read: () => Item): Item | UnreadableItem {
  try {
    return read()
  } catch (error) {
    if (error instanceof MailboxError) return unreadable(kit, folder, id, error)
    // Days and zones that are none.
    if (error instanceof RangeError) return unreadable(kit, folder, id, broken(id, error.message))
    throw error
  }
}

export function unreadable({ seen }: Kit, folder: FolderId, id: ItemId, error: MailboxError): UnreadableItem {
  return { kind: 'unreadable', ref: { folder, id, version: seen.versionOf(id) }, error }
}
