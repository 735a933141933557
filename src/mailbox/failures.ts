import { MailboxError } from './errors.ts'
import type { FolderId } from './port.ts'

/** Failures that every connector words alike. */

export function folderNotFound(folder: FolderId, cause?: unknown): MailboxError {
  return new MailboxError(
    'notFound',
    'FolderNotFound',
    `The folder ${JSON.stringify(folder.slice(0, 200))} does not exist in the mailbox. It was deleted or never existed; read the folders again.`,
    { scope: 'item', cause },
  )
}

export function cursorLost(folder: FolderId, why: string): MailboxError {
  return new MailboxError(
    'cursorLost',
    'CursorLost',
    `Changes of the folder ${JSON.stringify(folder.slice(0, 200))} cannot be continued: ${why}. List the folder again.`,
    { scope: 'item' },
  )
}

export function unsupported(deed: string, kind: string): MailboxError {
  return new MailboxError('unsupported', 'NotSupported', `A mailbox of kind ${kind} cannot ${deed}.`)
}

export function closed(): MailboxError {
  return new MailboxError('permanent', 'ConnectFailure', 'The mailbox was closed by its user. Open it again.')
}

export function checkPageSize(pageSize: number): void {
  if (Number.isInteger(pageSize) && pageSize > 0) return
  throw new MailboxError(
    'permanent',
    'SettingsInvalid',
    `A page cannot hold ${pageSize} messages. Ask for a whole number of 1 or more.`,
  )
}

/** @throws MailboxError `transient` whose cause is the signal's reason, when the signal has been aborted. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new MailboxError('transient', 'Timeout', 'The caller stopped reading the mailbox.', { cause: signal.reason })
}

export function itemNotFound(id: string, cause?: unknown): MailboxError {
  const message = `The item ${JSON.stringify(id.slice(0, 200))} is not in the folder. It was moved or deleted; list the folder again.`
  return new MailboxError('notFound', 'ItemNotFound', message, { scope: 'item', cause })
}

export function itemChanged(id: string, cause?: unknown): MailboxError {
  const message = `The item ${JSON.stringify(id.slice(0, 200))} was changed by somebody else meanwhile. Read it again and decide anew.`
  return new MailboxError('conflict', 'ItemChanged', message, { scope: 'item', cause })
}

/** An item names a part that its server then says is not there: the next time it may, or be told anew. */
export function partMissing(id: string, cause?: unknown): MailboxError {
  const message = `The item ${JSON.stringify(id.slice(0, 200))} has an occurrence or attachment that the mailbox lists, and says is not there when it is read. Nothing is done about the item. If this lasts, open it in Outlook and save it again.`
  return new MailboxError('transient', 'ItemNotFound', message, { scope: 'item', cause })
}

/** `why` names what is wrong and the remedy. */
export function itemRefused(why: string, cause?: unknown): MailboxError {
  return new MailboxError('permanent', 'ItemRefused', why, { scope: 'item', cause })
}
