import type { Announced } from '#mailbox'
import type { SynchronizedFolder } from './synchronizedFolders.ts'

/** Lists of tasks that are subscribed to one by one; the changes of others are found by the sweep. */
const MOST_LISTS = 20

/**
 * What a server is asked to call about, for what is synchronized: the Inbox, or all mail once more than it is read;
 * appointments and contacts as a whole; the lists of tasks one by one.
 */
export function announcedOf(folders: readonly SynchronizedFolder[]): Announced[] {
  const mail = folders.filter(({ kind }) => kind === 'mail')
  const lists = folders.filter(({ kind }) => kind === 'task').slice(0, MOST_LISTS)
  const [inbox] = mail
  return [
    ...(inbox ? [mail.length === 1 ? { kind: 'mail' as const, folder: inbox.id } : { kind: 'mail' as const }] : []),
    ...(['event', 'contact'] as const).flatMap((kind) =>
      folders.some((folder) => folder.kind === kind) ? [{ kind }] : [],
    ),
    ...lists.map(({ id }) => ({ kind: 'task' as const, folder: id })),
  ]
}

/** As the database names it. */
export function resourceOf(about: Announced): string {
  return 'folder' in about && about.folder !== undefined ? `${about.kind}/${about.folder}` : about.kind
}

/** Which workload reads it. */
export function workloadOf(resource: string): SynchronizedFolder['workload'] {
  return resource.split('/', 1)[0] === 'mail' ? 'incoming' : 'act'
}
