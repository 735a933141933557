import { MailboxError } from '../errors.ts'
import { folderNotFound } from '../failures.ts'
import type { FolderId } from '../port.ts'
import type { EwsClient } from './client.ts'
import { folderId } from './pieces.ts'
import { xml } from './xml.ts'

/** One mailbox as its operations see it: the connection, and whose folders the well-known names mean. */
export interface Place {
  client: EwsClient
  /** The address of somebody else's mailbox that is opened as a delegate. */
  owner?: string | undefined
}

/** Runs what is asked about one folder: whatever Exchange cannot find then is the folder. */
export async function inFolder<T>(folder: FolderId, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') throw folderNotFound(folder, error)
    throw error
  }
}

/** @throws MailboxError `notFound` when there is no such folder */
export async function checkFolder({ client }: Place, folder: FolderId): Promise<void> {
  const shape = xml`<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>`
  const body = xml`<m:GetFolder>${shape}<m:FolderIds>${folderId(folder)}</m:FolderIds></m:GetFolder>`
  await inFolder(folder, client.callOne({ name: 'GetFolder', body, doing: 'Looking for a folder' }, { again: true }))
}
