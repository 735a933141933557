import type { Box, Sight } from './ledger.ts'
import type { World } from './world.ts'

/** Everything that lies in a mailbox, by its place: folder, generation of the folder's ids, id. */
export function look(world: World, box: Box): Map<string, Sight> {
  const seen = new Map<string, Sight>()
  for (const folder of world.server.account(box.person.address).folders)
    for (const item of folder.items.values()) {
      const place = `${folder.number}.${folder.epoch}.${item.uid}`
      seen.set(place, {
        place,
        folder: folder.number,
        path: folder.path,
        uid: String(item.uid),
        letter: world.ledger.letterOf(item.source),
        category: item.categories.includes('$Tracked'),
        undeliverable: item.categories.includes('$TrackedUndeliverable'),
      })
    }
  return seen
}

export const isInbox = (path: readonly string[]): boolean => path.length === 1 && path[0] === 'INBOX'
export const isBelowInbox = (path: readonly string[]): boolean => path.length > 1 && path[0] === 'INBOX'
/** Folders that are never read. */
export const isDark = (path: readonly string[]): boolean => ['Drafts', 'Junk', 'Trash'].includes(path[0] ?? '')
