import { createAttachment, deleteAttachment, getAttachment } from './attachments.ts'
import { createItem } from './createItem.ts'
import { deleteItem } from './deleteItem.ts'
import { createFolder, deleteFolder, emptyFolder, findFolder, getFolder, moveFolder, updateFolder } from './folders.ts'
import { copyItem, findItem, getItem, moveItem } from './items.ts'
import { convertId, resolveNames } from './names.ts'
import type { Operation } from './operation.ts'
import { sendItem } from './sendItem.ts'
import { getEvents, subscribe, unsubscribe } from './subscriptions.ts'
import { syncFolderHierarchy, syncFolderItems } from './sync.ts'
import { updateItem } from './updateItem.ts'
import { getUserConfiguration, updateUserConfiguration } from './userConfiguration.ts'

/** By the name of the request's element. */
export const operations: Readonly<Record<string, Operation>> = {
  GetFolder: getFolder,
  FindFolder: findFolder,
  CreateFolder: createFolder,
  UpdateFolder: updateFolder,
  MoveFolder: moveFolder,
  DeleteFolder: deleteFolder,
  EmptyFolder: emptyFolder,
  SyncFolderHierarchy: syncFolderHierarchy,
  SyncFolderItems: syncFolderItems,
  FindItem: findItem,
  GetItem: getItem,
  CreateItem: createItem,
  UpdateItem: updateItem,
  DeleteItem: deleteItem,
  MoveItem: moveItem,
  CopyItem: copyItem,
  SendItem: sendItem,
  GetAttachment: getAttachment,
  CreateAttachment: createAttachment,
  DeleteAttachment: deleteAttachment,
  ResolveNames: resolveNames,
  ConvertId: convertId,
  GetUserConfiguration: getUserConfiguration,
  UpdateUserConfiguration: updateUserConfiguration,
  Subscribe: subscribe,
  Unsubscribe: unsubscribe,
  GetEvents: getEvents,
}
