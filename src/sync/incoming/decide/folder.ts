import type { ChosenRegarding, KnownEmail, Mapping, TraceStep } from '../model.ts'
import { folderRegarding } from './regarding.ts'
import { sameRecord } from './trace.ts'

/** Mappings of one mailbox at most (FT-13). */
export const MOST_MAPPINGS = 25

/** A folder as the server lists it; `Folder` of the mailbox port has this shape. */
export interface ListedFolder {
  id: string
  path: readonly string[]
  use?: string
  fingerprint?: string
}

/** What a mapping remembers of its folder. */
export interface MappedFolder {
  folderId: string
  folderName: string
  /** Of the folder when it was mapped; another one under the same id is another folder (FT-45). */
  fingerprint?: string
}

export type MappingState =
  /** The folder is processed. */
  | { state: 'valid' }
  /** As valid; the stored name is to be refreshed (FT-44). */
  | { state: 'renamed'; folderName: string }
  /** The folder lies outside the Inbox; it counts again when it is moved back (FT-43). */
  | { state: 'disabled' }
  /** No such folder (FT-18, FT-41, FT-45). */
  | { state: 'invalid' }

/** What has become of a mapping's folder. */
export function mappingState(mapping: MappedFolder, folders: readonly ListedFolder[]): MappingState {
  const folder = folders.find((listed) => listed.id === mapping.folderId)
  if (!folder) return { state: 'invalid' }
  const isSame =
    mapping.fingerprint === undefined || folder.fingerprint === undefined || mapping.fingerprint === folder.fingerprint
  if (!isSame) return { state: 'invalid' }
  if (!isBelowInbox(folder, folders)) return { state: 'disabled' }
  const folderName = nameOf(folder)
  return folderName === mapping.folderName ? { state: 'valid' } : { state: 'renamed', folderName }
}

/** The folder's own name, at most 256 characters (FT-17). */
function nameOf(folder: ListedFolder): string {
  return (folder.path.at(-1) ?? '').slice(0, 256)
}

/** Below the Inbox, the Inbox itself excluded (FT-12). */
export function isBelowInbox(folder: ListedFolder, folders: readonly ListedFolder[]): boolean {
  const inbox = folders.find((listed) => listed.use === 'inbox')
  return (
    inbox !== undefined &&
    folder.path.length > inbox.path.length &&
    inbox.path.every((name, depth) => name === folder.path[depth])
  )
}

/** Folders that may still be mapped, by path (FT-12, FT-14). */
export function mappableFolders<F extends ListedFolder>(
  folders: readonly F[],
  mappings: readonly { folderId: string }[],
): F[] {
  return folders
    .filter((folder) => isBelowInbox(folder, folders) && !mappings.some((mapping) => mapping.folderId === folder.id))
    .sort((a, b) => (a.path.join('\0') < b.path.join('\0') ? -1 : 1))
}

/** Why a mailbox cannot have these mappings; undefined when it can (FT-13, FT-14, FT-17). */
export function validateMappings(mappings: readonly Pick<Mapping, 'folderId' | 'folderName'>[]): string | undefined {
  if (mappings.length > MOST_MAPPINGS)
    return `A mailbox has at most ${MOST_MAPPINGS} folder mappings; remove ${mappings.length - MOST_MAPPINGS}`
  const doubled = mappings.find((mapping, index) =>
    mappings.slice(0, index).some((other) => other.folderId === mapping.folderId),
  )
  if (doubled) return `The folder "${doubled.folderName}" is mapped twice; keep one of the mappings`
  const unusable = mappings.find((mapping) => mapping.folderId === '' || mapping.folderId.length > MOST_FOLDER_ID)
  if (unusable) return `The folder id of "${unusable.folderName}" has not 1 to ${MOST_FOLDER_ID} characters`
  return undefined
}

/** Characters of a stored folder id: more than FT-17's 120, since ids of other servers than Exchange are paths. */
const MOST_FOLDER_ID = 512

export interface EmailInFolder {
  email: Pick<KnownEmail, 'id' | 'regarding' | 'folderRule'>
  /** A person chose what the email or its conversation regards (B-50). */
  chosenByPerson: boolean
}

/**
 * The emails of a mapped folder whose regarding changes in this cycle (FT-22…FT-27, FT-46…FT-49). Those that the
 * mapping itself had set follow it; an empty regarding changes nothing.
 */
export function reapply(
  mapping: Mapping,
  emails: readonly EmailInFolder[],
): { emailId: string; regarding: ChosenRegarding; trace: TraceStep[] }[] {
  return emails.flatMap(({ email, chosenByPerson }) => {
    const { regarding, trace } = folderRegarding(email, mapping, chosenByPerson)
    return regarding && !sameRecord(regarding.record, email.regarding) ? [{ emailId: email.id, regarding, trace }] : []
  })
}
