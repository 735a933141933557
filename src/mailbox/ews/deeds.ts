import { MailboxError } from '../errors.ts'
import { folderNotFound } from '../failures.ts'
import type { Folder, FolderId, ItemId } from '../port.ts'
import { ExchangeError, failureOf } from './failures.ts'
import type { Folders } from './folders.ts'
import { idOf } from './item.ts'
import { childOf, childrenOf } from './node.ts'
import { folderId, groups, itemIds, wellKnown } from './pieces.ts'
import { checkFolder, type Place } from './place.ts'
import { xml } from './xml.ts'

const AT_ONCE = 100

/** See `Mailbox.move`. A move gives a new id. */
export async function move(
  place: Place,
  folder: FolderId,
  ids: readonly ItemId[],
  to: FolderId,
): Promise<Map<ItemId, ItemId>> {
  const doing = 'Moving messages'
  if (to === folder) {
    await checkFolder(place, to)
    return new Map(ids.map((id) => [id, id]))
  }
  const moved = new Map<ItemId, ItemId>()
  let done = 0
  // Without this word, servers since 2010 SP1 keep the new ids to themselves.
  const tell = place.client.knows('Exchange2010_SP1') ? xml`<m:ReturnNewItemIds>true</m:ReturnNewItemIds>` : undefined
  for (const group of groups([...new Set(ids)], AT_ONCE)) {
    const body = xml`<m:MoveItem><m:ToFolderId>${folderId(to)}</m:ToFolderId>${itemIds(group)}${tell}</m:MoveItem>`
    const messages = await place.client.call({ name: 'MoveItem', body, doing })
    for (const [index, message] of messages.entries()) {
      const failure = failureOf(message, doing)
      if (failure?.code === 'FolderNotFound') throw folderNotFound(to, failure)
      if (failure && failure.kind !== 'notFound') throw failure
      if (failure) continue
      done++
      const now = idOf(childrenOf(message, 'Items')[0])
      if (now !== undefined) moved.set(group[index] as ItemId, now)
    }
  }
  if (done === 0) for (const checked of [folder, to]) await checkFolder(place, checked) // SC-57
  return moved
}

/** See `Mailbox.remove`. */
export async function remove(place: Place, folder: FolderId, ids: readonly ItemId[]): Promise<void> {
  const doing = 'Deleting messages'
  let done = 0
  // A message that is deleted unread would tell its sender so.
  const quietly = place.client.knows('Exchange2013_SP1') ? xml` SuppressReadReceipts="true"` : undefined
  for (const group of groups([...new Set(ids)], AT_ONCE)) {
    const body = xml`<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone"${quietly}>${itemIds(group)}</m:DeleteItem>`
    for (const message of await place.client.call({ name: 'DeleteItem', body, doing }, { again: true })) {
      const failure = failureOf(message, doing)
      if (failure && failure.kind !== 'notFound') throw failure
      if (!failure) done++
    }
  }
  if (done === 0) await checkFolder(place, folder) // SC-57
}

/** See `Mailbox.createFolder`. */
export async function createFolder(place: Place, folders: Folders, name: string, parent?: FolderId): Promise<Folder> {
  checkName(name)
  const doing = 'Creating a folder'
  const above = parent === undefined ? wellKnown('msgfolderroot', place.owner) : folderId(parent)
  const folder = xml`<t:Folder><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>${name}</t:DisplayName></t:Folder>`
  const body = xml`<m:CreateFolder><m:ParentFolderId>${above}</m:ParentFolderId><m:Folders>${folder}</m:Folders></m:CreateFolder>`
  let created: FolderId | undefined
  try {
    const message = await place.client.callOne({ name: 'CreateFolder', body, doing })
    created = childOf(childrenOf(message, 'Folders')[0], 'FolderId')?.attributes['Id']
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error
    if (error.kind === 'notFound') throw folderNotFound(parent ?? name, error)
    if (error.responseCode !== 'ErrorFolderExists') throw error
  }
  const list = await folders.list()
  const path = [...(list.find(({ id }) => id === parent)?.path ?? []), name]
  const same = path.join('\0').toLowerCase()
  const found = list.find(({ id, path }) =>
    created === undefined ? path.join('\0').toLowerCase() === same : id === created,
  )
  if (!found) throw folderNotFound(name)
  return found
}

function checkName(name: string): void {
  // oxlint-disable-next-line no-control-regex
  if (name.length > 0 && name.length <= 200 && !/[\0-\x1f\x7f]/.test(name) && name.isWellFormed()) return
  const shown = JSON.stringify(name.slice(0, 200))
  throw new MailboxError(
    'unsupported',
    'NotSupported',
    `A folder cannot be named ${shown} here. Use 1 to 200 characters without line breaks and controls.`,
    { scope: 'item' },
  )
}
