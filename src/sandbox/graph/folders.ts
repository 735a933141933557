import type * as graph from '@microsoft/microsoft-graph-types'
import { z } from 'zod'
import type { Folder, Message } from '../model/index.ts'
import { propertiesSchema, readJson } from './body.ts'
import { folderOf, type MailboxContext } from './context.ts'
import { expandedProperties } from './expandedProperties.ts'
import type { Entity } from './filter.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, writtenId } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { writtenProperties } from './writeProperties.ts'

export const folderRoutes: MailboxRoutes = {
  'GET mailFolders': (context) => listFolders(context, 'msgfolderroot'),
  'GET mailFolders/{folder}': (context) => one(context, folderOf(context, context.params['folder'])),
  'GET mailFolders/{folder}/childFolders': (context) => listFolders(context, context.params['folder'] as string),
  'POST mailFolders': (context) => create(context, 'msgfolderroot'),
  'POST mailFolders/{folder}/childFolders': (context) => create(context, context.params['folder'] as string),
  'PATCH mailFolders/{folder}': (context) => {
    const schema = z.strictObject({ displayName: z.string().optional(), ...propertiesSchema })
    const { displayName, ...properties } = readJson(context.request, schema, 'microsoft.graph.mailFolder')
    const folder = folderOf(context, context.params['folder'])
    if (displayName !== undefined) context.mailbox.renameFolder(folder.id, displayName)
    if (properties.singleValueExtendedProperties ?? properties.multiValueExtendedProperties)
      context.mailbox.setFolderProperties(folder.id, writtenProperties(folder.properties ?? [], properties))
    return one(context, context.mailbox.folder(folder.id))
  },
  'POST mailFolders/{folder}/move': (context) => {
    const target = destinationOf(context)
    const folder = folderOf(context, context.params['folder'])
    return one(context, context.mailbox.moveFolder(folder.id, target.id), 201)
  },
  'DELETE mailFolders/{folder}': (context) => {
    context.mailbox.deleteFolder(folderOf(context, context.params['folder']).id)
    return { status: 204 }
  },
  'POST mailFolders/{folder}/permanentDelete': (context) => {
    context.mailbox.purgeFolder(folderOf(context, context.params['folder']).id)
    return { status: 204 }
  },
}

/** Where a move or a copy goes: `{ "destinationId": … }`. */
export function destinationOf(context: MailboxContext): Folder {
  const schema = z.strictObject({ destinationId: z.string().optional(), DestinationId: z.string().optional() })
  const body = readJson(context.request, schema, 'microsoft.graph.moveAction')
  return folderOf(context, body.destinationId ?? body.DestinationId)
}

function listFolders(context: MailboxContext, parent: string): Promise<GraphAnswer> {
  const hidden = context.request.query.get('includeHiddenFolders')?.toLowerCase() === 'true'
  const items = context.mailbox
    .children(folderOf(context, parent).id)
    .filter((folder) => folder.kind === 'message' && (hidden || !folder.hidden))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const json = (folder: Folder) => folderJson(context, folder)
  return list(context.request, context.url, { items, brief: json, full: json, context: `${context.root}/mailFolders` })
}

function create(context: MailboxContext, parent: string): GraphAnswer {
  const schema = z.strictObject({ displayName: z.string(), isHidden: z.boolean().optional() })
  const body = readJson(context.request, schema, 'microsoft.graph.mailFolder')
  const under = folderOf(context, parent)
  return one(context, context.mailbox.createFolder(under.id, body.displayName, 'message', body.isHidden), 201)
}

function one(context: MailboxContext, folder: Folder, status = 200): GraphAnswer {
  const { select, expand } = readQuery(context.request)
  const all = { ...folderJson(context, folder), ...expandedProperties(folder.properties ?? [], expand) }
  const body = project(all, select)
  return { status, body: { '@odata.context': `${context.url}/$metadata#${context.root}/mailFolders/$entity`, ...body } }
}

export function folderJson({ mailbox }: MailboxContext, folder: Folder): Entity {
  const messages = mailbox.items(folder.id).filter((item): item is Message => item.kind === 'message')
  return {
    id: writtenId(folder.id),
    displayName: folder.name,
    parentFolderId: writtenId(folder.parent ?? folder.id),
    childFolderCount: mailbox.children(folder.id).filter(({ hidden, kind }) => !hidden && kind === 'message').length,
    unreadItemCount: messages.filter(({ read }) => !read).length,
    totalItemCount: messages.length,
    sizeInBytes: messages.reduce((sum, { mime }) => sum + mime.length, 0),
    isHidden: folder.hidden,
  } satisfies graph.MailFolder & { sizeInBytes: number }
}
