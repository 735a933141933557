import type { Folder } from '#mailbox'
import type { Cycle } from './context.ts'
import type { ReadFolder } from './observe.ts'

/**
 * The Inbox, mapped folders, Sent Items, then all others for the sake of the tracked category (T-1, T-5, B-2); never
 * drafts, junk and trash.
 */
export function foldersToRead(
  cycle: Pick<Cycle, 'mappings' | 'settings' | 'setup' | 'mailbox'>,
  listed: readonly Folder[],
): ReadFolder[] {
  const mapped = new Map(cycle.mappings.map((mapping) => [mapping.folderId, mapping]))
  const byCategory = cycle.settings.trackCategorizedItems && cycle.mailbox.can.categories && cycle.setup.kind === 'user'
  return listed
    .filter((folder) => !['drafts', 'junk', 'trash'].includes(folder.use ?? ''))
    .map((folder): ReadFolder => {
      const mapping = mapped.get(folder.id)
      const place = folder.use === 'inbox' ? 'inbox' : folder.use === 'sent' ? 'sent' : mapping ? 'mapped' : 'other'
      const searched = place === 'inbox' || (place === 'sent' && cycle.settings.autoTrackSentFolderItems)
      return { id: folder.id, path: folder.path, place, searched, ...(mapping ? { mapping } : {}) }
    })
    .filter((folder) => folder.searched || folder.mapping || byCategory)
    .sort((a, b) => rank(a) - rank(b))
}

/** Where new mail matters most comes first. */
function rank(folder: ReadFolder): number {
  if (folder.place === 'inbox') return 0
  if (folder.mapping) return 1
  return folder.searched ? 2 : 3
}

/** Messages that arrived earlier may be left out of a first listing (MB-47); in a mapped folder none is (FT-20). */
export function receivedAfter(cycle: Pick<Cycle, 'setup'>, folder: ReadFolder): Date | undefined {
  return folder.mapping ? undefined : cycle.setup.effectiveStart
}
