import type { Call } from '../call.ts'
import { type FolderTarget, folderIn } from '../targets.ts'
import { child, type Element } from '../xml.ts'

/** The folder that a request names for what it makes. */
export function savedIn(call: Call, request: Element): FolderTarget | undefined {
  const element = child(request, 'SavedItemFolderId')
  return element && folderIn(call, element, 'ErrorSavedItemFolderNotFound')
}
