import type { FolderId, Item, ItemId, ItemMailbox, UnreadableItem } from '#mailbox'

/**
 * Items as they are at this moment, for a step that goes wrong where it does not see them.
 * @throws MailboxError where the server stumbles over one of them: the step is done again with the next cycle
 */
export async function itemsNow(
  items: ItemMailbox,
  folder: FolderId,
  ids: readonly ItemId[],
): Promise<(Item | UnreadableItem)[]> {
  const found = await items.get(folder, ids)
  for (const one of found) if (one.kind === 'unreadable' && one.error.kind === 'transient') throw one.error
  return found
}
