import type * as graph from '@microsoft/microsoft-graph-types'
import { z } from 'zod'
import { type Contact, type Folder, NO_CONTACT } from '../model/index.ts'
import { readJson } from './body.ts'
import { contactPatch, contactSchema, withNames } from './contactBody.ts'
import { contactJson } from './contactJson.ts'
import { folderOf, itemOf, type MailboxContext } from './context.ts'
import { delta } from './delta.ts'
import { badRequest, GraphError, notFound } from './error.ts'
import { propertiesOf } from './expandedProperties.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, ifMatch, writtenId } from './request.ts'
import type { MailboxRoutes } from './router.ts'

const inDefault = (context: MailboxContext) => context.mailbox.wellKnown('contacts')
const MAX_PHOTO_BYTES = 4 * 1024 * 1024

export const contactRoutes: MailboxRoutes = {
  'GET contacts': (context) => listContacts(context, inDefault(context)),
  'GET contactFolders/{folder}/contacts': (context) => listContacts(context, contactFolderOf(context)),
  'POST contacts': (context) => create(context, inDefault(context)),
  'POST contactFolders/{folder}/contacts': (context) => create(context, contactFolderOf(context)),
  'GET contacts/delta': (context) => contactDelta(context, inDefault(context)),
  'GET contactFolders/{folder}/contacts/delta': (context) => contactDelta(context, contactFolderOf(context)),
  'GET contacts/{contact}': (context) => one(context, contactOf(context)),
  'GET contactFolders/{folder}/contacts/{contact}': (context) => one(context, contactOf(context)),
  'PATCH contacts/{contact}': patch,
  'PATCH contactFolders/{folder}/contacts/{contact}': patch,
  'DELETE contacts/{contact}': remove,
  'DELETE contactFolders/{folder}/contacts/{contact}': remove,
  'POST contacts/{contact}/permanentDelete': (context) => {
    context.mailbox.purge(contactOf(context).id)
    return { status: 204 }
  },
  'GET contacts/{contact}/photo': (context) => {
    const { contentType } = photoOf(context)
    return { status: 200, body: { '@odata.mediaContentType': contentType, id: '240X240', height: 240, width: 240 } }
  },
  'GET contacts/{contact}/photo/$value': (context) => {
    const { contentType, content } = photoOf(context)
    return { status: 200, headers: { 'content-type': contentType }, body: Buffer.from(content) }
  },
  'PUT contacts/{contact}/photo/$value': writePhoto,
  'PATCH contacts/{contact}/photo/$value': writePhoto,
  'GET contactFolders': (context) => {
    const items = context.mailbox
      .folders()
      .filter(({ kind, wellKnown }) => kind === 'contact' && wellKnown !== 'contacts')
    return list(context.request, context.url, {
      items,
      brief: folderJson,
      full: folderJson,
      context: `${context.root}/contactFolders`,
    })
  },
  'POST contactFolders': (context) => {
    const body = readJson(context.request, z.strictObject({ displayName: z.string() }), 'microsoft.graph.contactFolder')
    return {
      status: 201,
      body: folderJson(context.mailbox.createFolder(inDefault(context).id, body.displayName, 'contact')),
    }
  },
  'GET contactFolders/delta': (context) =>
    delta(context, {
      name: 'hierarchy',
      log: context.mailbox.hierarchy,
      context: 'Collection(contactFolder)',
      type: '#microsoft.graph.contactFolder',
      reason: () => 'deleted',
      tell: ({ id }) => {
        const folder = context.mailbox.folder(id)
        return folder.kind === 'contact' ? folderJson(folder) : undefined
      },
    }),
  'GET contactFolders/{folder}': (context) => ({ status: 200, body: folderJson(contactFolderOf(context)) }),
  'PATCH contactFolders/{folder}': (context) => {
    const body = readJson(context.request, z.strictObject({ displayName: z.string() }), 'microsoft.graph.contactFolder')
    return {
      status: 200,
      body: folderJson(context.mailbox.renameFolder(contactFolderOf(context).id, body.displayName)),
    }
  },
  'DELETE contactFolders/{folder}': (context) => {
    context.mailbox.deleteFolder(contactFolderOf(context).id)
    return { status: 204 }
  },
}

function contactFolderOf(context: MailboxContext): Folder {
  const folder = folderOf(context, context.params['folder'])
  if (folder.kind !== 'contact') throw notFound('The specified folder could not be found in the store.')
  return folder
}

function contactOf(context: MailboxContext): Contact {
  return itemOf(context, 'contact', context.params['contact'])
}

function listContacts(context: MailboxContext, folder: Folder): Promise<GraphAnswer> {
  const { expand } = readQuery(context.request)
  const items = context.mailbox.items(folder.id).filter((item): item is Contact => item.kind === 'contact')
  const json = (contact: Contact) => contactJson(context.request, contact, expand)
  return list(context.request, context.url, {
    items,
    brief: (contact) => ({ ...json(contact), ...propertiesOf(contact) }),
    full: json,
    context: `${context.root}/contacts`,
  })
}

function contactDelta(context: MailboxContext, folder: Folder): Promise<GraphAnswer> {
  const { mailbox, request } = context
  const type = '#microsoft.graph.contact'
  return delta(context, {
    name: folder.id,
    log: mailbox.log(folder.id),
    context: 'Collection(contact)',
    type,
    reason: () => 'deleted',
    tell({ id }, query) {
      const contact = mailbox.item(id)
      if (contact.kind !== 'contact') return undefined
      const select = query.get('$select')
      const json = contactJson(request, contact, query.get('$expand') ?? '')
      return { '@odata.type': type, ...project(json, select === null ? undefined : new Set(select.split(','))) }
    },
  })
}

function one(context: MailboxContext, contact: Contact, status = 200): GraphAnswer {
  const { select, expand } = readQuery(context.request)
  const body = project(contactJson(context.request, contact, expand), select)
  return { status, body: { '@odata.context': `${context.url}/$metadata#${context.root}/contacts/$entity`, ...body } }
}

function create(context: MailboxContext, folder: Folder): GraphAnswer {
  const body = readJson(context.request, contactSchema, 'microsoft.graph.contact')
  const contact = withNames({ ...NO_CONTACT, ...contactPatch(NO_CONTACT, body) })
  return one(context, context.mailbox.add<Contact>(folder.id, contact), 201)
}

function patch(context: MailboxContext): GraphAnswer {
  const body = readJson(context.request, contactSchema, 'microsoft.graph.contact')
  const contact = contactOf(context)
  return one(
    context,
    context.mailbox.update<Contact>(contact.id, contactPatch(contact, body), ifMatch(context.request)),
  )
}

function remove(context: MailboxContext): GraphAnswer {
  const contact = contactOf(context)
  const expected = ifMatch(context.request)
  if (expected !== undefined && expected !== contact.changeKey)
    context.mailbox.update<Contact>(contact.id, {}, expected)
  context.mailbox.delete(contact.id)
  return { status: 204 }
}

function photoOf(context: MailboxContext) {
  const { photo } = contactOf(context)
  if (!photo) throw new GraphError(404, 'ImageNotFound', "The photo wasn't found.")
  return photo
}

function writePhoto(context: MailboxContext): GraphAnswer {
  const { body, headers } = context.request
  const contentType = headers['content-type'] ?? 'image/jpeg'
  if (!contentType.startsWith('image/') || !body.length || body.length > MAX_PHOTO_BYTES)
    throw badRequest('The photo is an image of at most 4 MB.', 'ErrorInvalidImage')
  context.mailbox.update<Contact>(contactOf(context).id, { photo: { contentType, content: body } })
  return { status: 200 }
}

function folderJson(folder: Folder) {
  return {
    id: writtenId(folder.id),
    displayName: folder.name,
    parentFolderId: writtenId(folder.parent ?? folder.id),
  } satisfies graph.ContactFolder
}
