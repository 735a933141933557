import { z } from 'zod'
import { compose, decompose, type Message, newMessage, submit } from '../model/index.ts'
import { bodySchema, readJson, recipientSchema } from './body.ts'
import type { MailboxContext } from './context.ts'
import { badRequest, GraphError } from './error.ts'
import { addressesOf, blank, messageSchema, written } from './messageBody.ts'
import { messageOf, one } from './messages.ts'
import { readMime } from './mimeBody.ts'
import type { GraphAnswer } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { writtenProperties } from './writeProperties.ts'

export const sendRoutes: MailboxRoutes = {
  'POST sendMail': sendMail,
  'POST messages/{message}/send': async (context) => {
    const message = messageOf(context)
    if (!message.draft) throw badRequest('The message is no draft.', 'ErrorInvalidRequest')
    return accepted(context, { mime: message.mime, draft: message })
  },
  'POST messages/{message}/createReply': (context) => answer(context, 'reply'),
  'POST messages/{message}/createReplyAll': (context) => answer(context, 'replyAll'),
  'POST messages/{message}/createForward': (context) => answer(context, 'forward'),
}

/** The message as JSON, or its MIME source in base64. */
async function sendMail(context: MailboxContext): Promise<GraphAnswer> {
  const { world, user, request } = context
  const mime = readMime(request)
  if (mime) return accepted(context, { mime })
  const save = z.preprocess(
    (value) => (typeof value === 'string' ? value.toLowerCase() === 'true' : value),
    z.boolean().nullish(),
  )
  const schema = z.strictObject({
    message: messageSchema.optional(),
    Message: messageSchema.optional(),
    saveToSentItems: save,
    SaveToSentItems: save,
  })
  const given = readJson(request, schema, 'microsoft.graph.sendMailAction')
  const body = given.message ?? given.Message
  if (!body) throw badRequest("The parameter 'message' is missing.", 'ErrorInvalidParameter')
  const keeps = given.saveToSentItems ?? given.SaveToSentItems ?? true
  return accepted(context, {
    mime: await compose(written(blank(world, user), body)),
    properties: writtenProperties([], body),
    categories: body.categories ?? [],
    ...(keeps ? {} : { saveTo: false as const }),
  })
}

type Submitted = Omit<Parameters<typeof submit>[1], 'user'>

async function accepted({ world, user }: MailboxContext, submission: Submitted): Promise<GraphAnswer> {
  try {
    await submit(world, { user, ...submission })
  } catch (error) {
    throw sendError(error)
  }
  return { status: 202 }
}

function sendError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'denied')
    return new GraphError(
      403,
      'ErrorSendAsDenied',
      `The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account. ${error.message}`,
    )
  if (error.code === 'invalid')
    return new GraphError(400, 'ErrorInvalidRecipients', `At least one recipient is not valid. ${error.message}`)
  return error
}

/** A draft that answers a message or sends it on. */
async function answer(context: MailboxContext, how: 'reply' | 'replyAll' | 'forward'): Promise<GraphAnswer> {
  const { world, user, mailbox, request } = context
  const schema = z.strictObject({
    comment: z.string().nullish(),
    message: messageSchema.nullish(),
    toRecipients: z.array(recipientSchema).optional(),
    body: bodySchema.optional(),
  })
  const body = readJson(request, schema, 'microsoft.graph.replyAction')
  const original = messageOf(context)
  const before = await decompose(original)
  const { headers } = original
  const sender = headers.replyTo[0] ?? headers.from[0]
  const others = [...headers.to, ...headers.cc].filter(
    ({ address }) => address.toLowerCase() !== user.address.toLowerCase(),
  )
  const id = headers.messageId
  const quoted = `${body.comment ?? ''}\n\n${before.text ?? ''}`
  const draft = {
    ...blank(world, user),
    subject: prefixed(headers.subject, how === 'forward' ? 'Fw' : 'Re'),
    to: how === 'forward' ? addressesOf(body.toRecipients ?? []) : sender ? [sender] : [],
    cc: how === 'replyAll' ? others : [],
    ...(before.html === undefined ? { text: quoted } : { html: `${body.comment ?? ''}<hr>${before.html}` }),
    ...(how === 'forward' ? { attachments: before.attachments ?? [] } : {}),
    ...(id && { inReplyTo: id, references: [...headers.references, id] }),
  }
  const mime = await compose(body.message ? written(draft, body.message) : draft)
  const received = world.clock.now()
  const made = await newMessage(mailbox, mime, { draft: true, read: true, received })
  return one(context, mailbox.add<Message>(mailbox.wellKnown('drafts').id, made), 201)
}

function prefixed(subject: string, prefix: string): string {
  return new RegExp(`^${prefix}:`, 'i').test(subject) ? subject : `${prefix}: ${subject}`
}
