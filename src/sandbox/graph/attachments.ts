import { type AttachedPart, compose, decompose, type Message, viewOf, withSource } from '../model/index.ts'
import { attachmentJson } from './attachmentJson.ts'
import { readJson } from './body.ts'
import type { MailboxContext } from './context.ts'
import { badRequest, notFound } from './error.ts'
import { attachmentOf, attachmentSchema } from './messageBody.ts'
import { messageOf } from './messages.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, readId } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { uploadSchema } from './uploads.ts'

/** Larger ones need an upload session. */
const MAX_DIRECT_BYTES = 3 * 1024 * 1024

export const attachmentRoutes: MailboxRoutes = {
  'GET messages/{message}/attachments': listAttachments,
  'GET messages/{message}/attachments/{attachment}': async (context) => {
    const message = messageOf(context)
    return answer(context, message, await partOf(context, message))
  },
  'GET messages/{message}/attachments/{attachment}/$value': async (context) => {
    const { contentType, content } = await partOf(context, messageOf(context))
    return { status: 200, headers: { 'content-type': contentType }, body: Buffer.from(content) }
  },
  'POST messages/{message}/attachments': add,
  'DELETE messages/{message}/attachments/{attachment}': remove,
  'POST messages/{message}/attachments/createUploadSession': createUploadSession,
}

async function listAttachments(context: MailboxContext): Promise<GraphAnswer> {
  const message = messageOf(context)
  const { attachments } = await viewOf(message.mime)
  const json = (part: AttachedPart) => attachmentJson(part, message.modified)
  return list(context.request, context.url, {
    items: attachments,
    brief: json,
    full: json,
    context: `${context.root}/messages/attachments`,
  })
}

async function partOf({ params }: MailboxContext, message: Message): Promise<AttachedPart> {
  const id = readId(params['attachment'] ?? '')
  const part = (await viewOf(message.mime)).attachments.find((each) => each.id === id)
  if (!part) throw notFound()
  return part
}

async function add(context: MailboxContext): Promise<GraphAnswer> {
  const body = readJson(context.request, attachmentSchema, 'microsoft.graph.fileAttachment')
  const attachment = attachmentOf(body)
  if (attachment.content.length > MAX_DIRECT_BYTES)
    throw badRequest(
      'The attachment is larger than 3 MB: create an upload session.',
      'ErrorAttachmentSizeLimitExceeded',
    )
  const message = messageOf(context)
  const changed = await attach(context, message.id, attachment)
  const part = (await viewOf(changed.mime)).attachments.at(-1) as AttachedPart
  return answer(context, changed, part, 201)
}

async function remove(context: MailboxContext): Promise<GraphAnswer> {
  const message = messageOf(context)
  const part = await partOf(context, message)
  const { attachments } = await viewOf(message.mime)
  const composition = await decompose(message)
  const kept = (composition.attachments ?? []).filter((_, index) => attachments[index]?.id !== part.id)
  const mime = await compose({ ...composition, attachments: kept })
  context.mailbox.update<Message>(message.id, await withSource(mime, message.received))
  return { status: 204 }
}

async function createUploadSession(context: MailboxContext): Promise<GraphAnswer> {
  const body = readJson(context.request, uploadSchema, 'microsoft.graph.attachmentItem')
  const item = body.AttachmentItem ?? body.attachmentItem
  if (!item) throw badRequest("The parameter 'AttachmentItem' is missing.", 'ErrorInvalidParameter')
  if (item.size < MAX_DIRECT_BYTES)
    throw badRequest(
      'Attachment size must be greater than the minimum size.',
      'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize',
    )
  const { id } = messageOf(context)
  return context.uploads.begin(item, async (content) => {
    const changed = await attach(context, id, {
      fileName: item.name,
      content,
      ...(item.contentType && { contentType: item.contentType }),
      ...(item.isInline && item.contentId && { contentId: item.contentId }),
    })
    const part = (await viewOf(changed.mime)).attachments.at(-1) as AttachedPart
    return `${context.url}/${context.root}/messages('${context.params['message']}')/attachments('${part.id}')`
  })
}

async function attach(
  { mailbox }: MailboxContext,
  id: string,
  attachment: ReturnType<typeof attachmentOf>,
): Promise<Message> {
  const message = mailbox.item(id) as Message
  const composition = await decompose(message)
  const mime = await compose({ ...composition, attachments: [...(composition.attachments ?? []), attachment] })
  return mailbox.update<Message>(id, await withSource(mime, message.received))
}

function answer(context: MailboxContext, message: Message, part: AttachedPart, status = 200): GraphAnswer {
  const { select } = readQuery(context.request)
  return { status, body: project(attachmentJson(part, message.modified), select) }
}
