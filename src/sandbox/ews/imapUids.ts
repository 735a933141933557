import type { Item, Mailbox } from '../model/index.ts'

const numbers = new WeakMap<Mailbox, Map<string, number>>()

/** PidTagInternetArticleNumber: grows within a mailbox with every item that comes into a folder. */
export function imapUid(mailbox: Mailbox, item: Item): number {
  const known = numbers.get(mailbox) ?? new Map<string, number>()
  numbers.set(mailbox, known)
  if (!known.has(item.entryId))
    for (const { entryId } of mailbox.items(item.folder)) if (!known.has(entryId)) known.set(entryId, known.size + 1)
  return known.get(item.entryId) ?? known.size + 1
}
