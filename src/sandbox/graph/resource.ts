import type { Caller } from '../login.ts'
import { type ItemKind, type Notice, PLANTED, type User, type World } from '../model/index.ts'
import { mayReach } from './access.ts'
import { badRequest, GraphError } from './error.ts'
import { readId } from './request.ts'
import { segmentsOf } from './segments.ts'

/** What a subscription watches: all items of a kind in a mailbox, or those of one folder. */
export interface Resource {
  user: User
  kind: ItemKind
  folder: string | undefined
  /** As notifications name it. */
  type: string
  set: string
}

const SETS = {
  messages: { kind: 'message', type: '#Microsoft.Graph.Message', set: 'Messages' },
  events: { kind: 'event', type: '#Microsoft.Graph.Event', set: 'Events' },
  contacts: { kind: 'contact', type: '#Microsoft.Graph.Contact', set: 'Contacts' },
  tasks: { kind: 'task', type: '#Microsoft.Graph.TodoTask', set: 'Tasks' },
} as const

/** `users/{id}/mailFolders('inbox')/messages`, `/me/events`, `users/{id}/todo/lists/{id}/tasks` … @throws GraphError 400, 403 */
export function resourceOf(world: World, caller: Caller, written: string): Resource {
  const [path = ''] = written.replace(/^https?:\/\/[^/]+\/v1\.0/, '').split('?')
  const segments = segmentsOf(path)
  const own = segments[0]?.toLowerCase() === 'me'
  const user = own ? caller.user : segments[0]?.toLowerCase() === 'users' ? world.find(segments[1] ?? '') : undefined
  const rest = segments.slice(own ? 1 : 2)
  const set = SETS[(rest.at(-1)?.toLowerCase() ?? '') as keyof typeof SETS]
  if (!user || !set) throw badRequest(`Resource '${written}' is not supported.`, 'ExtensionError')
  // There is no telling of all tasks: a list is named.
  if (set.kind === 'task' && rest.length === 1)
    throw badRequest(`Resource '${written}' is not supported.`, 'ExtensionError')
  if (!mayReach(caller, user, []))
    throw new GraphError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.')
  return { user, ...set, folder: rest.length > 1 ? folderOf(user, rest.at(-2) as string) : undefined }
}

function folderOf({ mailbox }: User, written: string): string {
  const known = PLANTED.find(({ wellKnown }) => wellKnown === written.toLowerCase())
  return known ? mailbox.wellKnown(known.wellKnown).id : mailbox.folder(readId(written)).id
}

export function concerns({ user, kind, folder }: Resource, { mailbox, about }: Notice, where: string): boolean {
  return user.address === mailbox && kind === about && (folder === undefined || folder === where)
}
