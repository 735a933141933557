import type { Change, User } from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import { type Call, rendered } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { readFolderShape, writeFolder } from '../properties/folder.ts'
import { type ItemShape, readShape } from '../properties/shape.ts'
import { readSyncState, writeSyncState } from '../syncState.ts'
import { folderIn } from '../targets.ts'
import { child, type Element, tag, textOf, type Xml } from '../xml.ts'
import { descendants } from './folders.ts'
import type { Operation } from './operation.ts'

/** MaxChangesReturned of the schema. */
const MOST_CHANGES = 512

export const syncFolderItems: Operation = async (call, request) => {
  const messages = await forEach('SyncFolderItems', [request], async () => {
    const limit = Number(textOf(request, 'MaxChangesReturned'))
    if (limit < 1 || limit > MOST_CHANGES)
      throw new EwsFailure('ErrorInvalidMaxChangesReturned', 'MaxChangesReturned must be between 1 and 512.')
    const { owner, folder } = folderIn(call, child(request, 'SyncFolderId') as Element, 'ErrorSyncFolderNotFound')
    const position = positionOf(call, request, folder.id)
    const page = owner.mailbox.log(folder.id).after(position, limit)
    const shape = readShape(child(request, 'ItemShape'), false)
    const ignored = new Set(child(request, 'Ignore')?.children.map(({ attributes }) => attributes.get('Id')))
    const shown = page.changes.filter(({ entryId }) => !ignored.has(entryId))
    const changes: (Xml | undefined)[] = []
    for (const change of shown) changes.push(await itemChange(call, owner, change, shape))
    return [
      tag('m:SyncState', {}, writeSyncState(folder.id, page.next)),
      tag('m:IncludesLastItemInRange', {}, page.complete),
      tag('m:Changes', {}, changes),
    ]
  })
  return answer('SyncFolderItems', messages)
}

/** Where a client stopped reading; the beginning without a SyncState. */
function positionOf(call: Call, request: Element, folder: string): number {
  const state = textOf(request, 'SyncState')
  if (!state) return 0
  if (call.faults.some(({ kind }) => kind === 'cursorLost')) throw new EwsFailure('ErrorInvalidSyncStateData')
  return readSyncState(state, folder)
}

async function itemChange(call: Call, owner: User, change: Change, shape: ItemShape): Promise<Xml | undefined> {
  const { entryId, kind } = change
  if (kind === 'removed') return tag('t:Delete', {}, tag('t:ItemId', { Id: entryId, ChangeKey: 'CQAAAA==' }))
  const item = owner.mailbox.item(change.id)
  if (kind === 'read' && item.kind === 'message')
    return tag(
      't:ReadFlagChange',
      {},
      tag('t:ItemId', { Id: item.entryId, ChangeKey: item.changeKey }),
      tag('t:IsRead', {}, item.read),
    )
  return tag(kind === 'created' ? 't:Create' : 't:Update', {}, await rendered(call, owner, item, shape))
}

export const syncFolderHierarchy: Operation = async (call, request) => {
  const messages = await forEach('SyncFolderHierarchy', [request], () => {
    const parent = child(request, 'SyncFolderId')
    const { owner, folder } = parent
      ? folderIn(call, parent, 'ErrorSyncFolderNotFound')
      : { owner: call.user, folder: call.user.mailbox.wellKnown('msgfolderroot') }
    const { mailbox } = owner
    const page = mailbox.hierarchy.after(positionOf(call, request, folder.id))
    const below = new Set(descendants(mailbox, folder.id).map(({ id }) => id))
    const shape = readFolderShape(child(request, 'FolderShape'))
    const changes = page.changes.flatMap((change) => {
      if (change.kind === 'removed') return [tag('t:Delete', {}, tag('t:FolderId', { Id: change.id }))]
      if (!below.has(change.id)) return []
      const one = writeFolder(mailbox.folder(change.id), mailbox, shape)
      return [tag(change.kind === 'created' ? 't:Create' : 't:Update', {}, one)]
    })
    return [
      tag('m:SyncState', {}, writeSyncState(folder.id, page.next)),
      tag('m:IncludesLastFolderInRange', {}, true),
      tag('m:Changes', {}, changes),
    ]
  })
  return answer('SyncFolderHierarchy', messages)
}
