import { compose, decompose, type Message, newMessage, type Patch, withSource } from '../model/index.ts'
import { readJson } from './body.ts'
import { folderOf, itemOf, type MailboxContext } from './context.ts'
import { badRequest } from './error.ts'
import { destinationOf } from './folders.ts'
import { blank, DRAFT_ONLY, flagOf, type MessageBody, messageSchema, written } from './messageBody.ts'
import { messageBrief, messageFilterable, messageJson } from './messageJson.ts'
import { readMime } from './mimeBody.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, ifMatch } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { writtenProperties } from './writeProperties.ts'

const get = (context: MailboxContext) => one(context, messageOf(context))
const value = (context: MailboxContext): GraphAnswer => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from(messageOf(context).mime),
})

export const messageRoutes: MailboxRoutes = {
  'GET messages': (context) => listMessages(context, everywhere(context)),
  'GET mailFolders/{folder}/messages': (context) =>
    listMessages(context, messagesIn(context, folderOf(context, context.params['folder']).id)),
  'GET messages/{message}': get,
  'GET mailFolders/{folder}/messages/{message}': get,
  'GET messages/{message}/$value': value,
  'GET mailFolders/{folder}/messages/{message}/$value': value,
  'POST messages': (context) => create(context, context.mailbox.wellKnown('drafts').id),
  'POST mailFolders/{folder}/messages': (context) => create(context, folderOf(context, context.params['folder']).id),
  'PATCH messages/{message}': patch,
  'PATCH mailFolders/{folder}/messages/{message}': patch,
  'DELETE messages/{message}': remove,
  'DELETE mailFolders/{folder}/messages/{message}': remove,
  'POST messages/{message}/permanentDelete': (context) => {
    context.mailbox.purge(messageOf(context).id)
    return { status: 204 }
  },
  'POST messages/{message}/move': (context) => {
    const target = destinationOf(context)
    return one(context, context.mailbox.move(messageOf(context).id, target.id) as Message, 201)
  },
  'POST messages/{message}/copy': (context) => {
    const target = destinationOf(context)
    return one(context, context.mailbox.copy(messageOf(context).id, target.id) as Message, 201)
  },
}

export function messageOf(context: MailboxContext): Message {
  return itemOf(context, 'message', context.params['message'])
}

export async function one(context: MailboxContext, message: Message, status = 200): Promise<GraphAnswer> {
  const query = readQuery(context.request)
  const json = project(await messageJson(context.request, message, query), query.select, EXTRAS)
  return { status, body: { '@odata.context': `${context.url}/$metadata#${context.root}/messages/$entity`, ...json } }
}

/** Not told where there is none. */
const EXTRAS = new Set(['internetMessageHeaders', 'uniqueBody', 'from', 'sender'])

function everywhere(context: MailboxContext): Message[] {
  const { mailbox } = context
  const recoverable = mailbox.wellKnown('recoverableitemsdeletions').id
  return mailbox.folders().flatMap(({ id }) => (id === recoverable ? [] : messagesIn(context, id)))
}

function messagesIn({ mailbox }: MailboxContext, folder: string): Message[] {
  return mailbox.items(folder).filter((item): item is Message => item.kind === 'message')
}

function listMessages(context: MailboxContext, messages: Message[]): Promise<GraphAnswer> {
  const { request } = context
  const query = readQuery(request)
  // Exchange sorts by the whole instant, although it tells seconds.
  const direction = query.order[0]?.path === 'receivedDateTime' && !query.order[0].descending ? 1 : -1
  const items = messages.sort((a, b) => direction * (a.received.getTime() - b.received.getTime()))
  const extended = query.filter?.paths.has('singleValueExtendedProperties')
  return list(request, context.url, {
    items,
    brief: (message) => (extended ? messageFilterable : messageBrief)(request, message),
    full: (message) => messageJson(request, message, query),
    extras: EXTRAS,
    context: `${context.root}/messages`,
  })
}

/** PidTagMessageDeliveryTime. */
const DELIVERED = /^systemtime 0x0?e06$/i

/** From JSON, or from MIME in base64. It is a draft unless its `PidTagMessageFlags` (0x0E07) says otherwise. */
async function create(context: MailboxContext, folder: string): Promise<GraphAnswer> {
  const { mailbox, world, user } = context
  const received = world.clock.now()
  const mime = readMime(context.request)
  if (mime)
    return one(
      context,
      mailbox.add<Message>(folder, await newMessage(mailbox, mime, { draft: true, read: true, received })),
      201,
    )
  const body = readJson(context.request, messageSchema, 'microsoft.graph.message')
  const flags = body.singleValueExtendedProperties?.find(({ id }) => /^integer 0x0e07$/i.test(id))?.value
  const properties = writtenProperties([], body).filter(({ property }) => property.tag !== '0x0e07')
  const source = await compose(written(blank(world, user), body))
  const draft = flags === undefined || (Number(flags) & 8) !== 0
  const delivered = new Date(
    body.singleValueExtendedProperties?.find(({ id }) => DELIVERED.test(id))?.value ?? received,
  )
  const notes = { draft, read: body.isRead ?? true, received: delivered, properties, categories: body.categories ?? [] }
  const message = await newMessage(mailbox, source, notes)
  return one(context, mailbox.add<Message>(folder, { ...message, flag: flagOf(body, message.flag) }), 201)
}

async function patch(context: MailboxContext): Promise<GraphAnswer> {
  const { mailbox, request } = context
  const body = readJson(request, messageSchema, 'microsoft.graph.message')
  const message = messageOf(context)
  const draftOnly = DRAFT_ONLY.filter((name) => name in body)
  if (!message.draft && draftOnly.length && !(draftOnly.length === 1 && draftOnly[0] === 'importance'))
    throw badRequest(
      `Update operation is invalid for property '${draftOnly[0]}' of a sent message.`,
      'ErrorInvalidPropertyUpdateSentMessage',
    )
  const change = patchOf(message, body)
  if (draftOnly.length)
    Object.assign(change, await withSource(await compose(written(await decompose(message), body)), message.received))
  return one(context, mailbox.update<Message>(message.id, change, ifMatch(request)))
}

function patchOf(message: Message, body: MessageBody): Patch<Message> {
  return {
    ...(body.categories && { categories: body.categories }),
    ...(body.isRead !== undefined && { read: body.isRead }),
    ...(body.flag && { flag: flagOf(body, message.flag) }),
    ...((body.singleValueExtendedProperties ?? body.multiValueExtendedProperties) && {
      properties: writtenProperties(message.properties, body),
    }),
  }
}

function remove(context: MailboxContext): GraphAnswer {
  const message = messageOf(context)
  const expected = ifMatch(context.request)
  if (expected !== undefined && expected !== message.changeKey)
    context.mailbox.update<Message>(message.id, {}, expected)
  context.mailbox.delete(message.id)
  return { status: 204 }
}
