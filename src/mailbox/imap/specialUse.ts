import { useOf } from '../folderUse.ts'
import type { Folder } from '../port.ts'

export type Use = NonNullable<Folder['use']>

const ATTRIBUTES: Record<string, Use> = {
  '\\SENT': 'sent',
  '\\DRAFTS': 'drafts',
  '\\JUNK': 'junk',
  '\\SPAM': 'junk',
  '\\TRASH': 'trash',
  '\\ARCHIVE': 'archive',
}

/** The use that a server announces by an attribute of LIST (RFC 6154). */
export function useOfAttributes(attributes: readonly string[]): Use | undefined {
  for (const attribute of attributes) {
    const use = ATTRIBUTES[attribute.toUpperCase()]
    if (use) return use
  }
  return undefined
}

/** Gives each use that no folder announces to the first folder whose name is usual for it. */
export function guessUses(folders: readonly Folder[]): void {
  const claimed = new Set(folders.map((folder) => folder.use))
  for (const folder of folders) {
    const use = useOf(folder.path)
    if (use === undefined || folder.use !== undefined || claimed.has(use)) continue
    folder.use = use
    claimed.add(use)
  }
}
