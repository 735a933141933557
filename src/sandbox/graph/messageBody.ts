import { z } from 'zod'
import type { Address, NewAttachment } from '#mime'
import type { Composition, Flag, User, World } from '../model/index.ts'
import {
  bodySchema,
  categoriesSchema,
  dateTimeSchema,
  importanceSchema,
  propertiesSchema,
  recipientSchema,
} from './body.ts'

const recipients = z.array(recipientSchema).max(1_000).optional()

const attachment = z.strictObject({
  name: z.string().min(1).max(255),
  contentType: z.string().max(255).nullish(),
  contentBytes: z.base64(),
  contentId: z.string().nullish(),
  contentLocation: z.string().nullish(),
  isInline: z.boolean().optional(),
  size: z.number().optional(),
})
export const attachmentSchema = attachment

/** What may be written of a message. Properties that only the server sets are read and passed over, as Graph does. */
export const messageSchema = z.strictObject({
  subject: z.string().max(255).nullish(),
  body: bodySchema.optional(),
  importance: importanceSchema.optional(),
  from: recipientSchema.nullish(),
  sender: recipientSchema.nullish(),
  toRecipients: recipients,
  ccRecipients: recipients,
  bccRecipients: recipients,
  replyTo: recipients,
  internetMessageId: z.string().max(998).optional(),
  internetMessageHeaders: z
    .array(z.strictObject({ name: z.string().regex(/^x-[\w-]+$/i), value: z.string().max(995) }))
    .max(50)
    .optional(),
  attachments: z.array(attachment).max(250).optional(),
  categories: categoriesSchema,
  isRead: z.boolean().optional(),
  isDraft: z.boolean().optional(),
  isReadReceiptRequested: z.boolean().nullish(),
  isDeliveryReceiptRequested: z.boolean().nullish(),
  inferenceClassification: z.enum(['focused', 'other']).optional(),
  flag: z
    .strictObject({
      flagStatus: z.enum(['notFlagged', 'flagged', 'complete']).optional(),
      startDateTime: dateTimeSchema.nullish(),
      dueDateTime: dateTimeSchema.nullish(),
      completedDateTime: dateTimeSchema.nullish(),
    })
    .optional(),
  receivedDateTime: z.string().optional(),
  sentDateTime: z.string().optional(),
  changeKey: z.string().optional(),
  id: z.string().optional(),
  ...propertiesSchema,
})

export type MessageBody = z.infer<typeof messageSchema>

/** Properties that only drafts let change. */
export const DRAFT_ONLY = [
  'subject',
  'body',
  'from',
  'sender',
  'toRecipients',
  'ccRecipients',
  'bccRecipients',
  'replyTo',
  'internetMessageId',
  'importance',
] as const satisfies readonly (keyof MessageBody)[]

/** A new message with nothing in it. */
export function blank(world: World, user: User): Composition {
  const from = { name: user.name, address: user.address }
  const messageId = world.ids.messageId(world.host)
  return { messageId, date: world.clock.now(), from, to: [], cc: [], bcc: [], subject: '' }
}

/** The composition with what the body says. */
export function written(before: Composition, body: MessageBody): Composition {
  const after: Composition = { ...before }
  if (body.subject !== undefined) after.subject = body.subject ?? ''
  if (body.body) {
    delete after.html
    delete after.text
    const content = body.body.content ?? ''
    if (body.body.contentType === 'html') after.html = content
    else after.text = content
  }
  const from = addressesOf(body.from ? [body.from] : [])[0]
  if (from) after.from = from
  const sender = addressesOf(body.sender ? [body.sender] : [])[0]
  if (sender) after.sender = sender
  if (body.toRecipients) after.to = addressesOf(body.toRecipients)
  if (body.ccRecipients) after.cc = addressesOf(body.ccRecipients)
  if (body.bccRecipients) after.bcc = addressesOf(body.bccRecipients)
  if (body.replyTo) after.replyTo = addressesOf(body.replyTo)
  if (body.importance) after.importance = body.importance
  if (body.internetMessageId) after.messageId = body.internetMessageId
  if (body.internetMessageHeaders)
    after.headers = {
      ...after.headers,
      ...Object.fromEntries(body.internetMessageHeaders.map(({ name, value }) => [name, value])),
    }
  if (body.attachments) after.attachments = [...(after.attachments ?? []), ...body.attachments.map(attachmentOf)]
  return after
}

export function attachmentOf(given: z.infer<typeof attachment>): NewAttachment & { content: Uint8Array } {
  return {
    fileName: given.name,
    content: Buffer.from(given.contentBytes, 'base64'),
    ...(given.contentType && { contentType: given.contentType }),
    ...(given.isInline && given.contentId && { contentId: given.contentId }),
  }
}

export function flagOf({ flag }: MessageBody, before: Flag): Flag {
  if (!flag) return before
  return {
    status: flag.flagStatus ?? before.status,
    start: timeOf(flag.startDateTime, before.start),
    due: timeOf(flag.dueDateTime, before.due),
    completed: timeOf(flag.completedDateTime, before.completed),
  }
}

function timeOf(value: { dateTime: string } | null | undefined, otherwise: Date | undefined): Date | undefined {
  if (value === undefined) return otherwise
  return value === null ? undefined : new Date(`${value.dateTime.replace(/Z$/, '')}Z`)
}

export function addressesOf(list: readonly z.infer<typeof recipientSchema>[]): Address[] {
  return list.flatMap(({ emailAddress: { name, address } }) => (address ? [{ name: name ?? '', address }] : []))
}
