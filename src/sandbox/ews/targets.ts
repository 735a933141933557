import { type Folder, type Item, mayOpen, mayOpenSome, type User, type WellKnown } from '../model/index.ts'
import type { Call } from './call.ts'
import { EwsFailure } from './failure.ts'
import { child, type Element, textOf } from './xml.ts'

export interface FolderTarget {
  owner: User
  folder: Folder
}

export interface ItemTarget {
  owner: User
  item: Item
}

const WELL_KNOWN: ReadonlySet<string> = new Set<WellKnown>([
  'root',
  'msgfolderroot',
  'inbox',
  'sentitems',
  'drafts',
  'deleteditems',
  'junkemail',
  'archive',
  'outbox',
  'conversationhistory',
  'calendar',
  'contacts',
  'tasks',
  'recoverableitemsdeletions',
])

/** The folder that stands within an element such as ToFolderId. */
export function folderIn(call: Call, element: Element, missing = 'ErrorFolderNotFound'): FolderTarget {
  return folderOf(call, element.children[0] as Element, missing)
}

/**
 * The folder of a FolderId or DistinguishedFolderId, of one's own mailbox or one that is open to him.
 * @throws EwsFailure with the code `missing`, ErrorAccessDenied, ErrorNonExistentMailbox
 */
export function folderOf(call: Call, element: Element, missing = 'ErrorFolderNotFound'): FolderTarget {
  const id = element.attributes.get('Id') ?? ''
  if (element.name !== 'DistinguishedFolderId') return byId(call, id, missing)
  const owner = mailboxOf(call, element)
  if (!WELL_KNOWN.has(id)) throw new EwsFailure(missing)
  const folder = owner.mailbox.wellKnown(id as WellKnown)
  if (!mayOpen(call.user, owner, folder)) throw new EwsFailure('ErrorAccessDenied')
  return { owner, folder }
}

function mailboxOf(call: Call, element: Element): User {
  const address = textOf(child(element, 'Mailbox'), 'EmailAddress')
  if (address === undefined) return call.user
  const owner = call.world.find(address)
  if (!owner || owner.home === 'graph') throw new EwsFailure('ErrorNonExistentMailbox')
  return owner
}

function byId(call: Call, id: string, missing: string): FolderTarget {
  checkForm(id)
  for (const owner of readable(call)) {
    const folder = owner.mailbox.folders().find((other) => other.id === id)
    if (folder && mayOpen(call.user, owner, folder)) return { owner, folder }
  }
  throw new EwsFailure(missing)
}

/** @throws EwsFailure ErrorItemNotFound, ErrorInvalidIdMalformed */
export function itemById(call: Call, id: string): ItemTarget {
  checkForm(id)
  for (const owner of readable(call)) {
    if (!owner.mailbox.has(id)) continue
    const item = owner.mailbox.given(id)
    // The lasting id of Graph is none of EWS.
    if (item.entryId === id && isOpen(call, owner, item)) return { owner, item }
  }
  throw new EwsFailure('ErrorItemNotFound')
}

/** Whose mailboxes are open to who asks, be it for one folder: `isOpen` tells which items are. */
export function readable(call: Call): User[] {
  return call.world.users.filter((owner) => owner.home !== 'graph' && mayOpenSome(call.user, owner))
}

export function isOpen({ user }: Call, owner: User, { folder }: Item): boolean {
  return mayOpen(user, owner, owner.mailbox.folder(folder))
}

function checkForm(id: string): void {
  if (!/^[A-Za-z0-9+/=]{8,1024}$/.test(id)) throw new EwsFailure('ErrorInvalidIdMalformed')
}
