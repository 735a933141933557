import type { Folder, Task } from '../model/index.ts'
import { folderOf, itemOf, type MailboxContext } from './context.ts'
import { notFound } from './error.ts'

export function listOf(context: MailboxContext): Folder {
  const folder = folderOf(context, context.params['list'])
  if (folder.kind !== 'task') throw notFound('The specified list could not be found.')
  return folder
}

export function taskOf(context: MailboxContext): Task {
  const task = itemOf(context, 'task', context.params['task'])
  if (task.folder !== listOf(context).id) throw notFound()
  return task
}
