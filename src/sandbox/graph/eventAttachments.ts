import { type CalendarEvent, eventById, type FileAttachment } from '../model/index.ts'
import { readJson } from './body.ts'
import type { MailboxContext } from './context.ts'
import { badRequest, notFound } from './error.ts'
import type { Entity } from './filter.ts'
import { attachmentSchema } from './messageBody.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, readId, writtenId } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { uploadSchema } from './uploads.ts'

/** Larger ones need an upload session. */
const MAX_DIRECT_BYTES = 3 * 1024 * 1024

export const eventAttachmentRoutes: MailboxRoutes = {
  'GET events/{event}/attachments': (context) => {
    const items = eventOf(context).attachments
    return list(context.request, context.url, {
      items,
      brief: json,
      full: json,
      context: `${context.root}/events/attachments`,
    })
  },
  'GET events/{event}/attachments/{attachment}': (context) => answer(context, attachmentIn(context)),
  'GET events/{event}/attachments/{attachment}/$value': (context) => {
    const { contentType, content } = attachmentIn(context)
    return { status: 200, headers: { 'content-type': contentType }, body: Buffer.from(content) }
  },
  'POST events/{event}/attachments': (context) => {
    const body = readJson(context.request, attachmentSchema, 'microsoft.graph.fileAttachment')
    const content = Buffer.from(body.contentBytes, 'base64')
    if (content.length > MAX_DIRECT_BYTES)
      throw badRequest('The attachment is larger than 3 MB.', 'ErrorAttachmentSizeLimitExceeded')
    return answer(context, attach(context, { ...body, content }), 201)
  },
  'DELETE events/{event}/attachments/{attachment}': (context) => {
    const event = eventOf(context)
    const { id } = attachmentIn(context)
    const attachments = event.attachments.filter((each) => each.id !== id)
    context.mailbox.update<CalendarEvent>(event.id, { attachments })
    return { status: 204 }
  },
  'POST events/{event}/attachments/createUploadSession': (context) => {
    const body = readJson(context.request, uploadSchema, 'microsoft.graph.attachmentItem')
    const item = body.AttachmentItem ?? body.attachmentItem
    if (!item) throw badRequest("The parameter 'AttachmentItem' is missing.", 'ErrorInvalidParameter')
    eventOf(context)
    return context.uploads.begin(item, (content) => {
      const made = attach(context, { ...item, content, isInline: item.isInline ?? undefined })
      return Promise.resolve(`${context.url}/${context.root}/events/attachments('${writtenId(made.id)}')`)
    })
  },
}

interface Given {
  name: string
  contentType?: string | null | undefined
  contentId?: string | null | undefined
  isInline?: boolean | undefined
  content: Uint8Array
}

function attach(context: MailboxContext, { name, contentType, contentId, isInline, content }: Given): FileAttachment {
  const { world, mailbox } = context
  const event = eventOf(context)
  const made: FileAttachment = {
    id: world.ids.next('attachment'),
    name,
    contentType: contentType ?? 'application/octet-stream',
    content,
    contentId: contentId ?? undefined,
    inline: isInline ?? false,
    modified: world.clock.now(),
  }
  mailbox.update<CalendarEvent>(event.id, { attachments: [...event.attachments, made] })
  return made
}

function eventOf({ mailbox, params }: MailboxContext): CalendarEvent {
  return eventById(mailbox, readId(params['event'] ?? '')).event
}

function attachmentIn(context: MailboxContext): FileAttachment {
  const id = readId(context.params['attachment'] ?? '')
  const found = eventOf(context).attachments.find((each) => each.id === id)
  if (!found) throw notFound()
  return found
}

function json(file: FileAttachment): Entity {
  return {
    '@odata.type': '#microsoft.graph.fileAttachment',
    '@odata.mediaContentType': file.contentType,
    id: writtenId(file.id),
    lastModifiedDateTime: file.modified.toISOString(),
    name: file.name,
    contentType: file.contentType,
    size: file.content.length,
    isInline: file.inline,
    contentId: file.contentId ?? null,
    contentBytes: Buffer.from(file.content).toString('base64'),
  }
}

function answer(context: MailboxContext, file: FileAttachment, status = 200): GraphAnswer {
  return { status, body: project(json(file), readQuery(context.request).select) }
}
