import type { Caller, Login } from '../login.ts'
import { type Folder, type Item, type ItemKind, type Mailbox, PLANTED, type User, type World } from '../model/index.ts'
import { GraphError } from './error.ts'
import { type GraphRequest, readId } from './request.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Uploads } from './uploads.ts'

/** What all requests share. */
export interface Graph {
  world: World
  login: Login
  /** With `/v1.0`, without a slash at the end. */
  url: string
  subscriptions: Subscriptions
  uploads: Uploads
}

/** One request with everything that handlers need. */
export interface Context extends Graph {
  request: GraphRequest
  caller: Caller
  /** Ids and names in the path, by the names the route gives them. */
  params: Readonly<Record<string, string>>
  /** Injected: the cursor of this request is lost. */
  cursorLost: boolean
}

/** A request to a mailbox. */
export interface MailboxContext extends Context {
  user: User
  mailbox: Mailbox
  /** Who acts there, where that is not its owner. */
  by?: User
  /** Address of the mailbox below `/v1.0`, e.g. `users/anna@x.example`. */
  root: string
}

/** By id or by its well-known name. */
export function folderOf({ mailbox }: MailboxContext, written: string | undefined): Folder {
  const name = (written ?? '').toLowerCase()
  const known = PLANTED.find(({ wellKnown }) => wellKnown === name)
  if (known) return mailbox.wellKnown(known.wellKnown)
  try {
    return mailbox.folder(readId(written ?? ''))
  } catch (error) {
    if (error instanceof GraphError) throw error
    throw new GraphError(404, 'ErrorItemNotFound', 'The specified folder could not be found in the store.')
  }
}

/** @throws GraphError 404 when it is of another kind */
export function itemOf<K extends ItemKind>(
  { mailbox }: MailboxContext,
  kind: K,
  written: string | undefined,
): Extract<Item, { kind: K }> {
  const item = mailbox.given(readId(written ?? ''))
  if (item.kind !== kind)
    throw new GraphError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.')
  return item as Extract<Item, { kind: K }>
}
