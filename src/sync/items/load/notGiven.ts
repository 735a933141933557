import { type FolderId, type ItemId, MailboxError, type UnreadableItem } from '#mailbox'
import { itemKey } from '../observe/seenItems.ts'
import type { Work } from '../store/work.ts'

/** The places of items without link that a listing told of, and no later one said to be gone. */
export function listedPlaces(work: readonly Work[]): Set<string> {
  return new Set(work.flatMap(({ item, itemGone }) => (item && !itemGone ? [itemKey(item)] : [])))
}

/** An item without link that is listed, and that the mailbox does not give out (SC-56): the next time it may (SC-58). */
export function notGivenItem({ folder, id }: { folder: FolderId; id: ItemId }): UnreadableItem {
  const words = `The mailbox lists the item ${JSON.stringify(id.slice(0, 200))} and says that it is not there when it is read. Nothing is done about it. Open it in Outlook and save it again, or delete it there.`
  return {
    kind: 'unreadable',
    ref: { folder, id, version: '' },
    error: new MailboxError('transient', 'ItemNotFound', words, { scope: 'item' }),
  }
}
