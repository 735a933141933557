import type { Folder, Message } from '../model/index.ts'
import { folderOf, type MailboxContext } from './context.ts'
import { delta } from './delta.ts'
import { badRequest } from './error.ts'
import { parseFilter } from './filter.ts'
import { folderJson } from './folders.ts'
import { messageBrief, messageJson } from './messageJson.ts'
import { project } from './query.ts'
import { etagOf, type GraphAnswer, idOf } from './request.ts'
import type { MailboxRoutes } from './router.ts'

export const deltaRoutes: MailboxRoutes = {
  'GET mailFolders/delta': folderDelta,
  'GET mailFolders/{folder}/messages/delta': (context) =>
    messageDelta(context, folderOf(context, context.params['folder'])),
}

function messageDelta(context: MailboxContext, folder: Folder): Promise<GraphAnswer> {
  const { mailbox, request } = context
  const bin = mailbox.wellKnown('deleteditems').id
  return delta(context, {
    name: folder.id,
    log: mailbox.log(folder.id),
    context: 'Collection(message)',
    type: '#microsoft.graph.message',
    // What lies in Deleted Items can be restored.
    reason: ({ id }) => (mailbox.has(id) && mailbox.item(id).folder === bin ? 'changed' : 'deleted'),
    async tell(change, query) {
      const message = mailbox.item(change.id)
      if (message.kind !== 'message' || !passes(context, message, query)) return undefined
      // Exchange says no more than that when only that changed.
      if (change.kind === 'read')
        return {
          '@odata.type': '#microsoft.graph.message',
          '@odata.etag': etagOf(message),
          id: idOf(request, message),
          isRead: message.read,
        }
      const select = query.get('$select')
      const names = select === null ? undefined : new Set(select.split(',').map((name) => name.trim()))
      const json = await messageJson(request, message, { select: names, expand: query.get('$expand') ?? '' })
      return { '@odata.type': '#microsoft.graph.message', ...project(json, names, EXTRAS) }
    },
  })
}

const EXTRAS = new Set(['internetMessageHeaders', 'uniqueBody', 'from', 'sender'])

/** Delta knows no other filter than on the time of receipt. */
function passes({ request }: MailboxContext, message: Message, query: URLSearchParams): boolean {
  const written = query.get('$filter')
  if (written === null) return true
  const filter = parseFilter(written)
  if ([...filter.paths].some((path) => path !== 'receivedDateTime'))
    throw badRequest("The filter of a delta query is 'receivedDateTime ge' or 'gt'.", 'ErrorInvalidUrlQueryFilter')
  return filter.matches(messageBrief(request, message))
}

function folderDelta(context: MailboxContext): Promise<GraphAnswer> {
  const { mailbox } = context
  return delta(context, {
    name: 'hierarchy',
    log: mailbox.hierarchy,
    context: 'Collection(mailFolder)',
    type: '#microsoft.graph.mailFolder',
    reason: () => 'deleted',
    tell(change, query) {
      const folder = mailbox.folder(change.id)
      const hidden = folder.hidden && query.get('includeHiddenFolders')?.toLowerCase() !== 'true'
      if (folder.kind !== 'message' || hidden || folder.wellKnown === 'root' || folder.wellKnown === 'msgfolderroot')
        return undefined
      const select = query.get('$select')
      return project(folderJson(context, folder), select === null ? undefined : new Set(select.split(',')))
    },
  })
}
