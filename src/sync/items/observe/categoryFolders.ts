import type { FolderId, ItemFolder } from '#mailbox'

/** Where the category tracks appointments: the main calendar and what lies below it (AP-4). */
export function categoryFoldersOf(folders: readonly ItemFolder[]): ReadonlySet<FolderId> {
  const calendar = folders.find(({ main, kind }) => main && kind === 'event')
  const isBelow = ({ path, kind }: ItemFolder) =>
    kind === 'event' && calendar !== undefined && calendar.path.every((name, at) => path[at] === name)
  return new Set(folders.filter(isBelow).map(({ id }) => id))
}
