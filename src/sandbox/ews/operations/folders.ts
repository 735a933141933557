import { type Folder, type Mailbox, withProperties } from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { folderKind, folderValue, readFolderShape, writeFolder } from '../properties/folder.ts'
import { pathIn } from '../properties/path.ts'
import { isTrue } from '../properties/shape.ts'
import { pageOf } from '../query/page.ts'
import { readRestriction } from '../query/restriction.ts'
import { type FolderTarget, folderIn, folderOf } from '../targets.ts'
import { readExtended } from '../writing/draft.ts'
import { child, type Element, tag, textOf } from '../xml.ts'
import type { Operation } from './operation.ts'

const FAILED = { empty: tag('m:Folders') }

const children = (element: Element, name: string): Element[] => child(element, name)?.children ?? []

const written = ({ owner, folder }: FolderTarget, shape = readFolderShape(undefined)) =>
  tag('m:Folders', {}, writeFolder(folder, owner.mailbox, shape))

export const getFolder: Operation = async (call, request) => {
  const shape = readFolderShape(child(request, 'FolderShape'))
  const ids = children(request, 'FolderIds')
  return answer('GetFolder', await forEach('GetFolder', ids, (id) => written(folderOf(call, id), shape), FAILED))
}

export const findFolder: Operation = async (call, request) => {
  const shape = readFolderShape(child(request, 'FolderShape'))
  const restriction = readRestriction(child(request, 'Restriction'))
  const deep = request.attributes.get('Traversal') === 'Deep'
  const messages = await forEach('FindFolder', children(request, 'ParentFolderIds'), (id) => {
    const { owner, folder } = folderOf(call, id)
    const { mailbox } = owner
    const found = (deep ? descendants(mailbox, folder.id) : mailbox.children(folder.id)).filter((each) =>
      restriction({
        value: (path) => folderValue(each, mailbox, path),
        exists: (path) => folderValue(each, mailbox, path) !== undefined,
      }),
    )
    const page = pageOf(found, child(request, 'IndexedPageFolderView'))
    const folders = page.entries.map((each) => writeFolder(each, mailbox, shape))
    return tag('m:RootFolder', page.attributes, tag('t:Folders', {}, folders))
  })
  return answer('FindFolder', messages)
}

/** Parents before their children. */
export function descendants(mailbox: Mailbox, id: string): Folder[] {
  return mailbox.children(id).flatMap((folder) => [folder, ...descendants(mailbox, folder.id)])
}

export const createFolder: Operation = async (call, request) => {
  const messages = await forEach(
    'CreateFolder',
    children(request, 'Folders'),
    (element) => {
      const { owner, folder: parent } = parentIn(call, request, 'ParentFolderId')
      const name = textOf(element, 'DisplayName')
      if (!name) throw new EwsFailure('ErrorFolderSave', 'The folder save operation failed.')
      return written({ owner, folder: owner.mailbox.createFolder(parent.id, name, folderKind(element)) })
    },
    FAILED,
  )
  return answer('CreateFolder', messages)
}

function parentIn(call: Call, request: Element, name: string): FolderTarget {
  const missing = name === 'ToFolderId' ? 'ErrorToFolderNotFound' : 'ErrorParentFolderNotFound'
  return folderIn(call, child(request, name) as Element, missing)
}

export const updateFolder: Operation = async (call, request) => {
  const messages = await forEach(
    'UpdateFolder',
    children(request, 'FolderChanges'),
    (change) => {
      const { owner, folder } = folderOf(call, change.children[0] as Element)
      let changed = folder
      for (const update of children(change, 'Updates')) changed = updated(owner.mailbox, changed, update)
      return written({ owner, folder: changed })
    },
    { ...FAILED, codes: { notFound: 'ErrorFolderNotFound', denied: 'ErrorAccessDenied' } },
  )
  return answer('UpdateFolder', messages)
}

function updated(mailbox: Mailbox, folder: Folder, update: Element): Folder {
  const path = pathIn(update)
  if (path.kind === 'extended') {
    const element = child(update.children[1], 'ExtendedProperty')
    const value = update.name === 'SetFolderField' && element ? readExtended(element).value : undefined
    const properties = withProperties(folder.properties ?? [], [{ property: path.property, value }])
    return mailbox.setFolderProperties(folder.id, properties)
  }
  if (update.name !== 'SetFolderField' || path.kind !== 'field' || path.uri !== 'folder:DisplayName')
    throw new EwsFailure(update.name === 'DeleteFolderField' ? 'ErrorInvalidPropertyDelete' : 'ErrorInvalidPropertySet')
  const value = textOf(update.children[1], 'DisplayName') ?? ''
  return value === folder.name ? folder : mailbox.renameFolder(folder.id, value)
}

export const moveFolder: Operation = async (call, request) => {
  const messages = await forEach(
    'MoveFolder',
    children(request, 'FolderIds'),
    (id) => {
      const { owner, folder } = folderOf(call, id)
      const target = parentIn(call, request, 'ToFolderId')
      if (target.owner !== owner) throw new EwsFailure('ErrorMoveCopyFailed', 'The move or copy operation failed.')
      return written({ owner, folder: owner.mailbox.moveFolder(folder.id, target.folder.id) })
    },
    { ...FAILED, codes: { denied: 'ErrorMoveDistinguishedFolder', invalid: 'ErrorMoveCopyFailed' } },
  )
  return answer('MoveFolder', messages)
}

export const deleteFolder: Operation = async (call, request) => {
  const forGood = request.attributes.get('DeleteType') !== 'MoveToDeletedItems'
  const messages = await forEach(
    'DeleteFolder',
    children(request, 'FolderIds'),
    (id) => {
      const { owner, folder } = folderOf(call, id)
      if (forGood) owner.mailbox.purgeFolder(folder.id)
      else owner.mailbox.deleteFolder(folder.id)
      return undefined
    },
    { codes: { denied: 'ErrorDeleteDistinguishedFolder', notFound: 'ErrorFolderNotFound' } },
  )
  return answer('DeleteFolder', messages)
}

export const emptyFolder: Operation = async (call, request) => {
  const type = request.attributes.get('DeleteType')
  const messages = await forEach('EmptyFolder', children(request, 'FolderIds'), (id) => {
    const { mailbox } = folderOf(call, id).owner
    const { folder } = folderOf(call, id)
    for (const item of mailbox.items(folder.id))
      if (type === 'HardDelete') mailbox.purge(item.id)
      else mailbox.delete(item.id)
    if (isTrue(request.attributes.get('DeleteSubFolders')))
      for (const below of mailbox.children(folder.id)) mailbox.purgeFolder(below.id)
    return undefined
  })
  return answer('EmptyFolder', messages)
}
